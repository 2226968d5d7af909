import assert from 'node:assert/strict';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Score {
  readonly sqnrDb: number;
  readonly medianDb: number;
  readonly lowestLayer: string;
}
interface Scored {
  readonly before: Score;
  readonly after: Score;
}
interface Sqnrs {
  readonly layers: readonly { readonly name: string; readonly sqnr: { readonly chosen: number } }[];
}

const perTensor = ['--target', 'tensor-int8'];

describe('what the command line says to people', () => {
  const cli = commandLine();

  for (const verb of ['equalize', 'absorb']) {
    it(`${verb} tells what went before it, and how the weights fit before and after`, async () => {
      const folded = cli.at(`${verb}-folded.onnx`);
      const done = cli.at(`${verb}-done.onnx`);
      await cli.ask('fold', sample, '--no-proof', '-o', folded);
      const words = [verb, sample, '--no-proof', ...perTensor];
      const { answer } = await cli.ask<Scored>(...words, '-o', done);
      // Against what analyze says of the folded file and of the saved one.
      for (const [file, score] of [
        [folded, answer.before],
        [done, answer.after],
      ] as const) {
        const { layers } = (await cli.ask<Sqnrs>('analyze', file, ...perTensor)).answer;
        const sorted = [...layers].sort((a, b) => a.sqnr.chosen - b.sqnr.chosen);
        assert.equal(score.sqnrDb, sorted[0]?.sqnr.chosen);
        assert.equal(score.lowestLayer, sorted[0]?.name);
        assert.equal(score.medianDb, sorted[6]?.sqnr.chosen); // the middle of 13
      }
      const { out } = await cli.run(...words);
      const { before, after } = answer;
      const db = (value: number): string => `${value.toFixed(1)} dB`;
      const lowest = `lowest ${db(before.sqnrDb)} (${before.lowestLayer})`;
      // Absorbing moves biases only: what stays as it is is said once.
      const moved = verb === 'equalize' ? `${db(before.medianDb)} → ` : '';
      assert.ok(out.includes(`${lowest}${verb === 'equalize' ? ' → ' : ','}`));
      assert.ok(out.includes(`median ${moved}${db(after.medianDb)}`));
      assert.match(
        out,
        verb === 'equalize'
          ? /First: folded 12 batch norms, cleared dead or constant channels in \d+ places\./
          : /First: folded 12 batch norms\./,
      );
      const bare = (
        await cli.run(...words, '--no-fold', ...(verb === 'equalize' ? ['--no-clear'] : []))
      ).out;
      assert.doesNotMatch(bare, /First:/);
    });
  }

  it('repair says once what was judged together', async () => {
    const { out } = await cli.run('repair', sample, '--no-proof', ...perTensor);
    assert.equal(out.split('Clearing and equalizing together.').length, 2);
    assert.match(out, /✓ clear, equalize: /);
  });

  it('says that a file was saved unchanged', async () => {
    const [folded, again] = [cli.at('folded.onnx'), cli.at('again.onnx')];
    const first = await cli.run('fold', sample, '--no-proof', '-o', folded);
    assert.ok(first.out.includes(`Saved: ${folded}`));
    const second = await cli.run('fold', folded, '--no-proof', '-o', again);
    assert.ok(second.out.includes(`Saved unchanged: ${again}`));
    const steps = ['--steps', 'fold', '--force'];
    const repaired = await cli.run('repair', folded, '--no-proof', '-o', again, ...steps);
    assert.equal(repaired.exit, 1);
    assert.ok(repaired.out.includes(`Saved unchanged: ${again}`));
  });

  it('leaves out the path that all layers share, and says so once; JSON has it', async () => {
    const graph = smallMobileNet();
    const nodes = graph.nodes.map((one) => ({ ...one, name: `net/body/${one.name ?? ''}` }));
    const file = cli.model({ ...graph, nodes });
    for (const words of [['analyze'], ['repair', '--no-proof'], ['equalize', '--no-proof']]) {
      const [verb = '', ...options] = words;
      const { out } = await cli.run(verb, file, ...options);
      assert.equal(out.split('net/body/').length, 2, out);
      assert.match(out, /Names are shown without "net\/body\/"/);
    }
    const { answer } = await cli.ask<Sqnrs>('analyze', file);
    assert.equal(answer.layers[0]?.name, 'net/body/conv1');
    const plain = await cli.run('analyze', cli.model(graph));
    assert.doesNotMatch(plain.out, /Names are shown/);
  });

  it('analyze of a quantized model says so first, and gives no figures of another grid', async () => {
    const { out } = await cli.run('analyze', cli.model(quantized()));
    const [, second] = out.split('\n');
    assert.match(second ?? '', /already quantized/);
    assert.doesNotMatch(out, /dB|to equalize/);
    assert.match(out, /\nconv +Conv/);
  });
});

/** x -> QuantizeLinear -> DequantizeLinear -> Conv, whose weight is dequantized from int8. */
const quantized = (): ReturnType<typeof graphOf> =>
  graphOf({
    inputs: { x: [1, 1, 2, 2] },
    outputs: ['y'],
    nodes: [
      node('QuantizeLinear', ['x', 's'], ['q']),
      node('DequantizeLinear', ['q', 's'], ['d']),
      node('DequantizeLinear', ['w8', 's'], ['w']),
      node('Conv', ['d', 'w'], ['y'], {}, 'conv'),
    ],
    tensors: [
      tensor('s', [], [0.1]),
      { name: 'w8', type: 'int8', dims: [1, 1, 1, 1], data: new MemoryData(Uint8Array.of(10)) },
    ],
  });

describe('what calibrating says to people', () => {
  const cli = commandLine();
  const line =
    /^Ranges of activations are those of the network whose weights are rounded already\.$/m;

  for (const verb of ['calibrate', 'encodings']) {
    it(`${verb} says which network the ranges are of`, async () => {
      const { out } = await cli.run(verb, sample, '--data', 'synthetic');
      assert.match(out, line);
      const none = await cli.run(verb, sample, '--data', 'synthetic', '--activation-bits', 'float');
      assert.doesNotMatch(none.out, line);
    });
  }
});
