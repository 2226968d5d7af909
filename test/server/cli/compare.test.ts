import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isQuantizedModel } from '../../../server/core/quant/quantizedModel.ts';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';

const models = process.env['RANGEFINDER_MODELS'] ?? '../shared/models';
const data = process.env['RANGEFINDER_DATA'] ?? '../shared/data';

interface Compared {
  readonly layers: readonly {
    readonly name: string;
    readonly other: string;
    readonly match: string;
    readonly weight: { readonly sqnrDb: number | string };
    readonly output?: { readonly sqnrDb: number | string };
  }[];
  readonly unmatched: { readonly first: readonly string[]; readonly second: readonly string[] };
  readonly findings: readonly { readonly code: string; readonly value: string; factor: number }[];
  readonly model: {
    readonly others?: readonly { readonly sqnrDb: number; readonly agreement: number }[];
    readonly unavailable?: string;
  };
}

interface Exported {
  readonly opset: number;
  readonly agreement: { readonly sqnrDb: number | string; readonly mostSteps: number };
}

describe('export --to qdq, and compare', () => {
  const cli = commandLine();
  let small = '';
  before(() => (small = cli.model(smallMobileNet())));

  it('writes a quantized model that runs as simulated, and that analyze sees as one', async () => {
    const to = cli.at('qdq.onnx');
    const words = ['--data', 'synthetic', '-o', to];
    const { exit, answer } = await cli.ask<Exported>('export', small, '--to', 'qdq', ...words);
    assert.equal(exit, 0);
    assert.ok(answer.agreement.mostSteps <= 1.001, `${answer.agreement.mostSteps} steps`);
    assert.ok(isQuantizedModel((await cli.folder.open(to)).graph));
    const { out } = await cli.run('analyze', to);
    assert.match(out, /The model is already quantized/);
    const again = await cli.run('export', to, '--to', 'qdq', '-o', cli.at('twice.onnx'));
    assert.equal(again.exit, 4);
  });

  it('needs no data for the weights alone, and asks for it where activations are rounded', async () => {
    const to = cli.at('weights.onnx');
    const words = ['--to', 'qdq', '--activation-bits', 'float', '-o', to];
    const { exit, answer } = await cli.ask<Exported>('export', small, ...words);
    assert.deepEqual([exit, answer.agreement.mostSteps], [0, 0]);
    const asked = await cli.run('export', small, '--to', 'qdq', '-o', cli.at('none.onnx'));
    assert.equal(asked.exit, 2);
    assert.match(asked.err, /needs --data/);
    assert.ok(!existsSync(cli.at('none.onnx')));
  });

  it('evaluate and measure show what integer kernels do, and refuse other widths', async () => {
    const words = ['--data', 'synthetic', '--simulate', 'integer'];
    const { answer } = await cli.ask<{
      quantized: { sqnrDb: number };
      integer: { sqnrDb: number; difference: { sqnrDb: number | string; mostSteps: number } };
    }>('evaluate', small, ...words);
    // The kernels round sums once more: far less than the eight bits themselves.
    assert.ok(Math.abs(answer.integer.sqnrDb - answer.quantized.sqnrDb) < 3);
    assert.ok(answer.integer.difference.mostSteps <= 4);
    const { answer: measured } = await cli.ask<{ layers: { integerSteps: number }[] }>(
      ...['measure', small, ...words],
    );
    assert.ok(measured.layers.every(({ integerSteps }) => integerSteps <= 4));
    const refused = await cli.run('evaluate', small, ...words, '--bits', '4');
    assert.equal(refused.exit, 4);
    assert.match(refused.err, /integers of 8 bits only, and the target has W4 A8/);
  });

  it('compare finds the layers of a quantized model in its float twin', async () => {
    const to = cli.at('twin.onnx');
    await cli.run('export', small, '--to', 'qdq', '--data', 'synthetic', '-o', to);
    const { exit, answer } = await cli.ask<Compared>('compare', small, to, '--data', 'synthetic');
    assert.equal(exit, 0);
    assert.deepEqual(
      answer.layers.map(({ name, other, match }) => [name, other, match]),
      ['conv1', 'dw', 'pw', 'fc'].map((name) => [name, name, 'name']),
    );
    for (const { weight, output } of answer.layers) {
      // Eight bits per channel: about 40 dB and more.
      assert.ok(Number(weight.sqnrDb) > 35);
      assert.ok(output);
    }
    assert.deepEqual(answer.findings, []);
    assert.equal(answer.model.others?.[0]?.agreement, 1);
  });

  it('finds no fault with what our own calibration cut off on purpose', async () => {
    const [folded, to] = [cli.at('sampleFolded.onnx'), cli.at('sampleQdq.onnx')];
    const on = ['--data', sample.replace(/sample\.onnx$/, 'samples.npz')];
    await cli.run('fold', sample, '--no-proof', '-o', folded);
    await cli.run('export', folded, '--to', 'qdq', ...on, '-o', to);
    const { answer } = await cli.ask<Compared>('compare', folded, to, ...on);
    assert.deepEqual(answer.findings, []);
  });

  it('compare says of a folded or an equalized twin what its weights differ by', async () => {
    const [folded, equalized] = [cli.at('folded.onnx'), cli.at('equalized.onnx')];
    await cli.run('fold', small, '--no-proof', '-o', folded);
    await cli.run('equalize', small, '--no-proof', '-o', equalized);
    const fold = (await cli.run('compare', small, folded)).out;
    assert.match(
      fold,
      /^info: The weights of 3 layers differ by one factor for each output channel/m,
    );
    const scale = (await cli.run('compare', folded, equalized)).out;
    assert.match(
      scale,
      /^info: The weights of \d layers? differ by factors for each output and input/m,
    );
    assert.match(scale, / A factor for each$/m);
    assert.doesNotMatch((await cli.run('compare', small, small)).out, /factor/);
  });

  it('compare has a column for the other names only where there are some', async () => {
    const graph = smallMobileNet();
    const nodes = graph.nodes.map((one) => ({ ...one, name: `other_${one.name ?? ''}` }));
    const renamed = cli.model({ ...graph, nodes });
    assert.doesNotMatch((await cli.run('compare', small, small)).out, /In the other/);
    const { out } = await cli.run('compare', small, renamed);
    assert.match(out, /^Layer +In the other +Found by /m);
    assert.match(out, /^conv1 +other_conv1 +/m);
  });

  it('compare says so where nothing is in common, and ends with 1', async () => {
    const other = cli.model(
      graphOf({
        inputs: { x: [1, 5] },
        outputs: ['y'],
        nodes: [node('Gemm', ['x', 'w'], ['y'])],
        tensors: [tensor('w', [5, 3], 0.5)],
      }),
    );
    const { exit, answer } = await cli.ask<Compared>(
      'compare',
      small,
      other,
      '--data',
      'synthetic',
    );
    assert.equal(exit, 1);
    assert.deepEqual(answer.layers, []);
    assert.match(answer.model.unavailable ?? '', /is \[/);
    assert.equal((await cli.run('compare', small)).exit, 2);
  });

  it('names the grids of the badly calibrated micro-kws-m that cut off what its twin computes', async function () {
    const [float, qdq] = ['fp32', 'qdq'].map((kind) =>
      path.join(models, `micro-kws-m/micro_kws_m_static_${kind}.onnx`),
    );
    const bytes = path.join(data, 'micro-speech-features/data.u8');
    if (!float || !qdq || ![float, qdq, bytes].every(existsSync)) return this.skip();
    const features = Array.from(readFileSync(bytes), (byte) => byte * 0.10171568393707275);
    const samples = cli.at('kws.npz');
    await makeNpz(samples, { x: floatNpy([12, 1960], features) });
    const { answer } = await cli.ask<Compared>('compare', float, qdq, '--data', samples);
    const clipped = answer.findings.filter(({ code }) => code === 'clipped-range');
    const factors = new Map(clipped.map(({ value, factor }) => [value, factor]));
    // Ranges of the twin by ONNX Runtime's Python package on the same samples, by the file's grids.
    assert.ok(Math.abs((factors.get('Relu__11:0') ?? 0) - 36.665554 / 3.7631447) < 0.01);
    assert.ok(Math.abs((factors.get('Relu__5:0') ?? 0) - 55.89492 / 10.5723906) < 0.01);
    assert.equal(answer.layers.length, 6);
    assert.ok((answer.model.others?.[0]?.sqnrDb ?? 99) < 5);
  });
});
