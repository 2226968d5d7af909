import assert from 'node:assert/strict';
import { commandLine } from '../../kit/commandLine.ts';
import { graphOf, node, randomTensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { Random } from '../../kit/random.ts';

interface Told {
  readonly issues: readonly { readonly code: string; readonly message: string }[];
}

/** Layers in a row, so many channels each; the outputs have another shape than the small network's. */
function dense(
  channels: readonly number[],
  seed: number,
  shape: readonly number[] = [1, 3, 12, 12],
) {
  const random = new Random(seed);
  const sizes = [shape.slice(1).reduce((a, b) => a * b), ...channels];
  return graphOf({
    inputs: { x: [...shape] },
    outputs: [{ name: 'y', type: 'float32', shape: [1, channels.at(-1) ?? 0] }],
    tensors: channels.map((own, at) => randomTensor(random, `w${at}`, [own, sizes[at] ?? 0])),
    nodes: [
      node('Flatten', ['x'], ['v0'], {}, 'flatten'),
      ...channels.map((_, at) =>
        node(
          'Gemm',
          [`v${at}`, `w${at}`],
          [at === channels.length - 1 ? 'y' : `v${at + 1}`],
          { transB: 1 },
          `fc${at}.${seed}`,
        ),
      ),
    ],
  });
}

describe('a model that another one is held against', () => {
  const cli = commandLine();
  const on = ['--data', 'synthetic'];
  let net = '';
  before(() => (net = cli.model(smallMobileNet(), 'net.onnx')));

  it('is refused by its name where its inputs or outputs are others', async () => {
    const flat = cli.model(dense([4], 1, [1, 7]), 'flat.onnx');
    const many = cli.model(dense([9], 1), 'many.onnx');
    const own = cli.model(dense([4], 2), 'own.onnx');
    for (const verb of ['evaluate', 'measure', 'sensitivity']) {
      for (const [other, why] of [
        [flat, /"x" is \[1, 3, 12, 12\] in one, and \[1, 7\] in the other/],
        [many, /the output "y" is 9 there, and "y" is 4 in the model/],
      ] as const) {
        const { exit, err } = await cli.run(verb, own, ...on, '--reference', other);
        assert.equal(exit, 3, err);
        assert.ok(err.includes(`--reference ${other} seems to be another network than own.onnx`));
        assert.match(err, why);
      }
    }
  });

  it('is taken with a warning where it is quantized itself', async () => {
    const quantized = cli.at('int8.onnx');
    await cli.run('export', net, ...on, '--to', 'qdq', '-o', quantized);
    const words = ['evaluate', net, ...on, '--reference'];
    const told = await cli.ask<Told>(...words, quantized);
    const [first] = told.answer.issues.filter(({ code }) => code === 'quantized-reference');
    assert.ok(first?.message.includes(`--reference ${quantized} is quantized itself`));
    const plain = await cli.ask<Told>(...words, net);
    assert.ok(plain.answer.issues.every(({ code }) => code !== 'quantized-reference'));
  });

  it('compare names the target only where it judges by one', async () => {
    const { out } = await cli.run('compare', net, net);
    assert.doesNotMatch(out, /^Target/m);
    const page = await cli.run('compare', net, net, '--report', cli.at('page.html'));
    assert.match(page.out, /^Target: .*, for --report; /m);
  });

  it('compare says of two with hardly a layer in common that they seem to be others', async () => {
    const said = async (first: string, second: string): Promise<string | undefined> => {
      const { answer } = await cli.ask<Told>('compare', first, second);
      return answer.issues.find(({ code }) => code === 'other-network')?.message;
    };
    const one = cli.model(dense([16, 15, 14, 13, 12, 11], 1), 'one.onnx');
    const other = cli.model(dense([16, 9, 8, 7, 6, 5], 2), 'other.onnx');
    const again = cli.model(dense([16, 15, 14, 13, 12, 11], 3), 'again.onnx');
    assert.equal(
      await said(one, other),
      'These seem to be different networks: 1 of 6 and 6 layers have a twin in the other, and the weights of none of them are alike.',
    );
    assert.equal(await said(one, again), undefined);
    assert.equal(await said(one, one), undefined);
    assert.equal(await said(net, net), undefined);
  });
});
