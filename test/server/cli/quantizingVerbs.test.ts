import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { elementBytes, floatNpy, makeNpz, npyBytes } from '../../kit/npy.ts';
import { Random } from '../../kit/random.ts';
import { graphOf, intTensor, node, tensor } from '../../kit/graphs.ts';

interface Scores {
  readonly sqnrDb: number | string;
  readonly agreement?: number;
  readonly top1?: number;
}

interface Corrected {
  readonly layers: readonly {
    readonly name: string;
    readonly method: string;
    readonly errorBefore: number;
    readonly errorAfter: number;
    readonly deviation: number;
    readonly biasAdded: boolean;
    readonly channels: number;
  }[];
  readonly proof: { readonly exact: boolean; readonly maxAbs: number } | null;
  readonly samples: number;
  readonly issues: readonly { readonly code: string }[];
}

/** Of the deviation of a layer; what issue 6 asks for. */
const meanTolerance = 1e-5;

describe('the verbs that quantize', () => {
  const cli = commandLine();
  const names = ['conv1', 'dw', 'pw', 'fc'];
  let small = '';
  let data = '';
  before(async () => {
    small = cli.model(smallMobileNet());
    data = cli.at('data.npz');
    const random = new Random(5);
    const dims = [40, 3, 12, 12];
    const labels = Int32Array.from({ length: 40 }, () => random.int(0, 3));
    await makeNpz(data, {
      x: floatNpy(dims, Array.from(random.normal(40 * 3 * 12 * 12))),
      y: npyBytes('<i4', [40], elementBytes(labels)),
    });
  });

  it('evaluate compares float and quantized on the same samples', async () => {
    const { exit, answer } = await cli.ask<{
      float: { top1: number; interval95: [number, number] };
      quantized: Scores & { top1: number };
      paired: { onlyFirst: number; onlySecond: number; p: number };
      samples: number;
      calibration: { indices: number[] };
      judge: number[];
    }>('evaluate', small, '--data', data, '--calibration', '0..16', '--judge', '16..40');
    assert.equal(exit, 0);
    const { float, quantized, paired, samples, calibration, judge } = answer;
    assert.equal(samples, 24);
    assert.deepEqual([calibration.indices[0], calibration.indices.at(-1)], [0, 15]);
    assert.deepEqual([judge[0], judge.at(-1)], [16, 39]);
    const [low, high] = float.interval95;
    assert.ok(low < float.top1 && float.top1 < high);
    const apart = Math.round(24 * (float.top1 - quantized.top1));
    assert.equal(paired.onlyFirst - paired.onlySecond, apart);
    assert.ok(Number(quantized.sqnrDb) > 20, 'eight bits leave this much of a small network');
  });

  it('evaluate --activation-bits float needs no calibration, and 16 bits are near exact', async () => {
    const { answer } = await cli.ask<{ quantized: Scores; samples: number }>(
      ...['evaluate', small, '--data', data, '--bits', '16', '--activation-bits', 'float'],
    );
    assert.equal(answer.samples, 40);
    // 16 bits: 6.02 dB a bit, less the ratio of range to deviation
    assert.ok(Number(answer.quantized.sqnrDb) > 75, `${answer.quantized.sqnrDb}`);
    assert.equal(answer.quantized.agreement, 1);
  });

  it('evaluate --reference takes the float outputs of another file, input names apart', async () => {
    const renamed = smallMobileNet();
    const other = cli.model({
      ...renamed,
      inputs: renamed.inputs.map((info) => ({ ...info, name: 'picture' })),
      nodes: renamed.nodes.map((one) => ({
        ...one,
        inputs: one.inputs.map((name) => (name === 'x' ? 'picture' : name)),
      })),
    });
    const words = ['--data', data, '--judge', '16..40', '--calibration', '0..16'];
    const own = await cli.ask<{ quantized: Scores }>('evaluate', small, ...words);
    const { answer } = await cli.ask<{ quantized: Scores }>(
      ...['evaluate', small, '--reference', other, ...words],
    );
    assert.deepEqual(answer.quantized, own.answer.quantized);
  });

  it('calibrate tells the grid of every tensor and what was seen of it', async () => {
    const { answer } = await cli.ask<{
      tensors: {
        name: string;
        kind: string;
        bits: number;
        scale: number[];
        offset: number[];
        min: number[];
        max: number[];
        seen?: { min: number; max: number; count: number };
      }[];
      samples: number;
    }>('calibrate', small, '--data', data, '--activation-range', 'minmax');
    assert.equal(answer.samples, 40);
    const rectified = answer.tensors.find(({ name }) => name === 'r2');
    assert.ok(rectified?.seen);
    assert.equal(rectified.kind, 'activation');
    assert.equal(rectified.seen.min, 0);
    assert.equal(rectified.seen.max, 6);
    assert.equal(rectified.offset[0], 0);
    // the largest level of a min-max grid is the largest value seen
    assert.ok(Math.abs((rectified.max[0] ?? 0) - 6) < 1e-6);
    // conv1's output is 8 channels of 10 x 10, padding none
    const first = answer.tensors.find(({ name }) => name === 'c1');
    assert.equal(first?.seen?.count, 40 * 8 * 100);
    const weight = answer.tensors.find(({ name }) => name === 'conv1.w');
    assert.equal(weight?.scale.length, 8);
    for (const { scale, offset, min } of answer.tensors) {
      scale.forEach((one, c) => assert.equal(min[c], one * (offset[c] ?? NaN)));
    }
  });

  it('measure tells of each layer alone, its shares, and what came before', async () => {
    type Errors = { sqnrDb: number };
    const { answer } = await cli.ask<{
      layers: { name: string; local: Errors; weights: Errors; activations: Errors }[];
      model: Scores & { worstSamples: { index: number }[] };
    }>('measure', small, '--data', data, '--layers', 'dw,fc');
    assert.deepEqual(
      answer.layers.map(({ name }) => name),
      ['dw', 'fc'],
    );
    for (const { local, weights, activations } of answer.layers) {
      assert.ok(local.sqnrDb <= Math.max(weights.sqnrDb, activations.sqnrDb));
    }
    assert.equal(answer.model.worstSamples.length, 8);
  });

  it('sensitivity: a network of which one layer is rounded is better than one of all', async () => {
    const { answer } = await cli.ask<{
      layers: { name: string; onlyThis: Scores; allButThis: Scores }[];
      quantized: Scores;
    }>('sensitivity', small, '--data', data);
    const { answer: whole } = await cli.ask<{ quantized: Scores }>(
      ...['evaluate', small, '--data', data],
    );
    assert.deepEqual(
      answer.layers.map(({ name }) => name),
      names,
    );
    const least = Number(whole.quantized.sqnrDb);
    assert.equal(answer.quantized.sqnrDb, least);
    for (const { onlyThis } of answer.layers) assert.ok(Number(onlyThis.sqnrDb) > least);
  });

  it('say first that batch norms are not folded, then how the samples are split', async () => {
    for (const [verb, parts] of [
      ['evaluate', '14 calibrate, 26 judge (dealt by labels and --seed)'],
      ['evaluate --judge 10..40', '10 calibrate, 30 judge'],
      ['measure', '14 calibrate, 26 judge (dealt by labels and --seed)'],
      ['sensitivity', '14 calibrate, 26 judge (dealt by labels and --seed)'],
      ['calibrate', '40 calibrate'],
      ['repair', '10 calibrate, 10 correct, 20 judge (dealt by labels and --seed)'],
    ] as const) {
      const [name = '', ...ranges] = verb.split(' ');
      const { out } = await cli.run(name, small, '--data', data, ...ranges);
      const lines = out.split('\n');
      const warned = lines.findIndex((line) =>
        /^warning: .*not those that you will get/.test(line),
      );
      assert.equal(warned, verb === 'repair' ? -1 : 0, out);
      assert.equal(
        lines.find((line) => line.includes(' samples from ')),
        `40 samples from data.npz, labels found: ${parts}.`,
      );
    }
  });

  it('say first that float itself is at chance', async () => {
    const labels = cli.at('any.txt');
    writeFileSync(labels, Array.from({ length: 400 }, (_, at) => (3 * at + 1) % 10).join('\n'));
    const own = sample.replace('sample.onnx', 'samples.npz');
    const ranges = ['--calibration', '0..4', '--judge', '4..34'];
    const words = ['evaluate', sample, '--data', own, '--labels', labels, ...ranges];
    const lines = (await cli.run(...words)).out.split('\n');
    const warned = lines.findIndex((line) => /^warning: Float itself is at chance/.test(line));
    assert.ok(warned >= 0, lines.join('\n'));
    assert.ok(warned < lines.findIndex((line) => /^Target:/.test(line)), lines.join('\n'));
  });

  it('warn of few samples that judge, repair as well', async () => {
    for (const verb of ['evaluate', 'measure', 'sensitivity', 'repair']) {
      const ranges = ['--calibration', '0..20', '--correction', '20..39', '--judge', '39..40'];
      const given = verb === 'repair' ? ranges : [...ranges.slice(0, 2), ...ranges.slice(4)];
      const { out } = await cli.run(verb, small, '--data', data, ...given);
      assert.match(out, /\nwarning: 1 sample decides top-1 to within 98\.0 points at best\.\n/);
      assert.doesNotMatch(out, /\b1 samples\b/);
    }
  });

  it('correct leaves no mean error, --remove brings the file back', async () => {
    const to = cli.at('corrected.onnx');
    const { exit, answer } = await cli.ask<Corrected>('correct', small, '--data', data, '-o', to);
    assert.equal(exit, 0);
    assert.equal(answer.samples, 40);
    assert.deepEqual(
      answer.layers.map(({ name, biasAdded }) => [name, biasAdded]),
      names.map((name) => [name, name !== 'fc']),
    );
    for (const { errorBefore, errorAfter, deviation, method } of answer.layers) {
      assert.equal(method, 'empirical');
      assert.ok(errorBefore > 100 * errorAfter);
      assert.ok(errorAfter < meanTolerance * deviation, `${errorAfter} of ${deviation}`);
    }
    assert.ok(answer.proof && !answer.proof.exact && answer.proof.maxAbs > 0);
    assert.ok(answer.issues.some(({ code }) => code === 'few-samples'));

    const back = cli.at('back.onnx');
    const removed = await cli.ask<{ layers: { name: string; biasRemoved: boolean }[] }>(
      ...['correct', to, '--remove', '-o', back],
    );
    assert.equal(removed.exit, 0);
    assert.deepEqual(
      removed.answer.layers.map(({ biasRemoved }) => biasRemoved),
      [true, true, true, false],
    );
    const [before, after] = await Promise.all([small, back].map((file) => cli.folder.open(file)));
    assert.deepEqual(
      [...(after?.graph.tensors.keys() ?? [])],
      [...(before?.graph.tensors.keys() ?? [])],
    );
    for (const [name, { data: bytes }] of before?.graph.tensors ?? []) {
      assert.deepEqual(after?.graph.tensors.get(name)?.data.read(), bytes.read(), name);
    }
    assert.deepEqual(
      after?.graph.nodes.map(({ inputs }) => inputs),
      before?.graph.nodes.map(({ inputs }) => inputs),
    );
    const again = await cli.ask('correct', back, '--remove');
    assert.equal(again.exit, 4);
    assert.equal((again.answer['error'] as { code: string }).code, 'no-correction');
  });

  it('evaluate and measure say that a corrected file is not its own original', async () => {
    const to = cli.at('hinted.onnx');
    await cli.ask('correct', small, '--data', data, '-o', to);
    const isHinted = async (...words: readonly string[]): Promise<boolean> => {
      const { exit, answer } = await cli.ask<Corrected>(...words, '--data', data);
      assert.equal(exit, 0);
      return answer.issues.some(({ code }) => code === 'corrected-reference');
    };
    assert.equal(await isHinted('evaluate', to), true);
    assert.equal(await isHinted('measure', to), true);
    assert.equal(await isHinted('evaluate', to, '--reference', small), false);
    assert.equal(await isHinted('evaluate', small), false);
    const { out, err } = await cli.run('evaluate', to, '--data', data);
    assert.match(out + err, /give --reference with the file as it was before/);
  });

  it('a step that changes what was corrected forgets the biases from before, and says so', async () => {
    const [corrected, scaled] = ['forgets.onnx', 'scaled.onnx'].map((name) => cli.at(name));
    assert.ok(corrected !== undefined && scaled !== undefined);
    await cli.ask('correct', small, '--data', data, '-o', corrected);
    const { exit, answer } = await cli.ask<Corrected>('equalize', corrected, '-o', scaled);
    assert.equal(exit, 0);
    assert.ok(answer.issues.some(({ code }) => code === 'correction-forgotten'));
    assert.equal((await cli.ask('correct', scaled, '--remove')).exit, 4);
    // The grid is not forgotten: on another one the biases may still be wrong.
    const warns = async (granularity: string): Promise<boolean> => {
      const words = ['evaluate', scaled, '--data', data, '--granularity', granularity];
      const { issues } = (await cli.ask<Corrected>(...words)).answer;
      return issues.some(({ code }) => code === 'other-grid');
    };
    assert.deepEqual([await warns('channel'), await warns('tensor')], [false, true]);
  });

  it('correct --layers and --ignore choose; --method none changes nothing', async () => {
    const asked = async (...words: string[]): Promise<string[]> =>
      (await cli.ask<Corrected>('correct', small, '--data', data, ...words)).answer.layers.map(
        ({ name }) => name,
      );
    assert.deepEqual(await asked('--layers', 'dw,pw'), ['dw', 'pw']);
    assert.deepEqual(await asked('--ignore', 'dw,pw'), ['conv1', 'fc']);
    assert.deepEqual(await asked('--method', 'none'), []);
  });

  it('correct --method given takes the mean of each input channel', async () => {
    const model = cli.model(
      graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [node('Gemm', ['x', 'w', 'b'], ['y'], { transB: 1 }, 'fc')],
        // algorithms 13.4: the step is 1.13 / 127
        tensors: [tensor('w', [2, 2], [0.31, -0.72, 1.13, 0.05]), tensor('b', [2], [0, 0])],
      }),
    );
    const means = cli.at('means.npz');
    await makeNpz(means, { fc: floatNpy([2], [1.083315, 0.398942]) });
    const to = cli.at('given.onnx');
    const { answer } = await cli.ask<Corrected>(
      ...['correct', model, '--method', 'given', '--input-mean', means, '-o', to],
      ...['--granularity', 'tensor', '--symmetry', 'strict', '--data', 'synthetic'],
    );
    assert.equal(answer.layers[0]?.method, 'given');
    const { graph } = await cli.folder.open(to);
    const bias = graph.tensors.get('b')?.data.read();
    assert.ok(bias);
    const [first = NaN, second = NaN] = new Float32Array(bias.slice().buffer);
    assert.ok(Math.abs(first + 0.00125269) < 1e-8, `${first}`);
    assert.ok(Math.abs(second + 0.00135075) < 1e-8, `${second}`);
  });

  it('repair tells the score of the very file that it saves', async () => {
    const saved = cli.at('scored.onnx');
    const grid = ['--data', data, '--granularity', 'tensor', '--calibration', '0..10'];
    const judged = [...grid, '--judge', '20..40'];
    interface Scores {
      readonly sqnrDb: number;
    }
    const repaired = await cli.ask<{ after: { quantized: Scores }; gained: boolean }>(
      ...['repair', small, ...judged, '--correction', '10..20', '--no-stop-rule', '-o', saved],
    );
    const evaluated = await cli.ask<{ quantized: Scores }>(
      ...['evaluate', saved, ...judged, '--reference', small],
    );
    assert.equal(evaluated.answer.quantized.sqnrDb, repaired.answer.after.quantized.sqnrDb);
    const measured = await cli.ask<{ model: Scores }>(
      ...['measure', saved, ...judged, '--reference', small],
    );
    assert.equal(measured.answer.model.sqnrDb, evaluated.answer.quantized.sqnrDb);
  });

  it('repair --no-stop-rule takes every step that was asked for', async () => {
    const { answer } = await cli.ask<{ steps: { id: string; kept: boolean; places?: number }[] }>(
      ...['repair', small, '--data', data, '--steps', 'fold,equalize,correct', '--no-stop-rule'],
    );
    for (const { id, kept, places } of answer.steps) assert.equal(kept, places !== 0, id);
    assert.deepEqual(
      answer.steps.map(({ id }) => id),
      ['fold', 'equalize', 'correct'],
    );
  });

  it('repair with samples never ends below where it began', async () => {
    const { exit, answer } = await cli.ask<{
      before: { quantized: { logitsSqnrDb?: number; sqnrDb: number } };
      after: { quantized: { sqnrDb: number } };
      gained: boolean;
      verdict: string;
      indices: Record<string, number[]>;
    }>('repair', small, '--data', data, '--granularity', 'tensor', '--no-proof');
    assert.equal(exit, answer.gained ? 0 : 1);
    assert.ok(answer.after.quantized.sqnrDb >= answer.before.quantized.sqnrDb);
    const all = Object.values(answer.indices).flat();
    assert.equal(new Set(all).size, 40, 'every sample has one purpose');
    assert.equal(all.length, 40);
  });
});

describe('agreement with the answer of float', () => {
  const cli = commandLine();
  const agreementOf = async (shape: number[], outputs = ['y']): Promise<number | undefined> => {
    const net = cli.model(
      graphOf({
        inputs: { x: [1, 6] },
        outputs,
        nodes: [
          node('Relu', ['x'], ['r']),
          node('Reshape', ['r', 'shape'], ['y']),
          node('Abs', ['r'], ['z']),
        ],
        tensors: [intTensor('shape', shape)],
      }),
    );
    const { answer } = await cli.ask<{ quantized: Scores }>('evaluate', net, '--data', 'synthetic');
    return answer.quantized.agreement;
  };

  it('is told of scores of classes', async () => {
    assert.equal(typeof (await agreementOf([1, 6])), 'number');
  });

  it('is not told of boxes, or of several outputs', async () => {
    assert.equal(await agreementOf([1, 3, 2]), undefined);
    assert.equal(await agreementOf([1, 6], ['y', 'z']), undefined);
  });
});
