import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { highBias } from '../../kit/highBias.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { runModel } from '../../kit/onnxFiles.ts';
import { closeTo } from '../../kit/run.ts';

interface Skipped {
  readonly node: string;
  readonly code: string;
  readonly reason: string;
}
interface Corrected {
  readonly applied: readonly Record<string, unknown>[];
  readonly sets: readonly {
    readonly layers: readonly string[];
    readonly scale: readonly number[][];
    readonly before: { readonly spread: number };
    readonly after: { readonly spread: number };
  }[];
  readonly skipped: readonly Skipped[];
  readonly proof: {
    readonly exact: boolean;
    readonly exercised: boolean;
    readonly samples: number;
  };
  readonly output: string;
}

/** Products of float32 weights are rounded once more, and the network is a few layers deep. */
const exactly = { relative: 1e-5, absolute: 1e-7 };

describe('the verbs of the command line', () => {
  const cli = commandLine();
  let small = '';
  before(() => (small = cli.model(smallMobileNet())));

  it('analyze tells layers, findings and counts, in the names of the file', async () => {
    const { exit, answer } = await cli.ask<{
      layers: { name: string; batchNorm: string | null; weight: Record<string, unknown> }[];
      findings: { code: string; layer: string | null }[];
      counts: Record<string, number>;
    }>('analyze', small, '--granularity', 'tensor');
    assert.equal(exit, 0);
    const names = answer.layers.map(({ name, batchNorm }) => [name, batchNorm]);
    assert.deepEqual(names, [
      ['conv1', 'bn1'],
      ['dw', 'bn2'],
      ['pw', 'bn3'],
      ['fc', null],
    ]);
    assert.equal(answer.counts['batchNorms'], 3);
    assert.equal(answer.counts['foldable'], 3);
    assert.ok(answer.findings.some(({ code }) => code === 'unfolded-batch-norm'));
    assert.ok(answer.layers.every(({ weight }) => !('histogram' in weight)));
  });

  it('analyze finds in a model with batch norms what it finds in the folded one', async () => {
    type Finding = { code: string; layers: string[]; message: string };
    const tensor = ['--target', 'tensor-int8'];
    const findingsOf = async (path: string): Promise<Finding[]> =>
      (await cli.ask<{ findings: Finding[] }>('analyze', path, ...tensor)).answer.findings;
    const folded = cli.at('small-folded.onnx');
    assert.equal((await cli.run('fold', small, '-o', folded)).exit, 0);
    const [first, ...others] = await findingsOf(small);
    const found = [first, ...others].filter((one) => one?.code !== 'unfolded-batch-norm');
    const expected = await findingsOf(folded);
    assert.ok(expected.some(({ code }) => code === 'tiny-channels'));
    assert.deepEqual(found, expected);
    // A limit is held against the same weights.
    const says = async (path: string): Promise<unknown> => {
      const args = ['analyze', path, ...tensor, '--fail-on', 'sqnr<200'];
      const { answer } = await cli.ask<{ issues: { code: string; message: string }[] }>(...args);
      return answer.issues.find(({ code }) => code === 'fail-on')?.message;
    };
    assert.ok(await says(folded));
    assert.equal(await says(small), await says(folded));
  });

  it('analyze --verbose adds what each channel reaches, and a histogram of all weights', async () => {
    type Weight = { channelAbsmax: number[]; histogram: { counts: number[] }; absmax: number };
    const { answer } = await cli.ask<{ layers: { name: string; weight: Weight }[] }>(
      ...['analyze', small, '--verbose', '--layers', 'fc'],
    );
    const [layer] = answer.layers;
    assert.equal(answer.layers.length, 1);
    const graph = smallMobileNet();
    const fc = layersOf(graph, wiringOf(graph)).find(({ name }) => name === 'fc');
    assert.ok(layer && fc);
    const values = readFloats(fc.weight);
    const perChannel = values.length / 4;
    const largest = [0, 1, 2, 3].map((o) =>
      Math.max(...values.slice(o * perChannel, (o + 1) * perChannel).map(Math.abs)),
    );
    assert.deepEqual(layer.weight.channelAbsmax, largest);
    assert.equal(layer.weight.absmax, Math.max(...largest));
    const counted = layer.weight.histogram.counts.reduce((sum, count) => sum + count, 0);
    assert.equal(counted, values.length);
  });

  it('analyze leaves ignored layers out', async () => {
    const { answer } = await cli.ask<{ layers: { name: string }[] }>(
      ...['analyze', small, '--ignore', 'fc,dw'],
    );
    assert.deepEqual(
      answer.layers.map(({ name }) => name),
      ['conv1', 'pw'],
    );
  });

  for (const [verb, makes] of [
    ['fold', highBias],
    ['clear', smallMobileNet],
    ['equalize', smallMobileNet],
    ['absorb', highBias],
    ['repair', smallMobileNet],
  ] as const) {
    it(`${verb} saves a model that the real runtime gives the same outputs of`, async () => {
      const from = cli.model(makes());
      const to = cli.at(`${verb}.onnx`);
      const { exit, answer } = await cli.ask<Corrected>(
        ...[verb, from, '-o', to, '--no-proof', '--granularity', 'tensor'],
      );
      assert.ok(exit === 0 || (verb === 'repair' && exit === 1));
      assert.equal(answer.output, to);
      const expected = await runModel(from);
      const actual = await runModel(to);
      for (const name of Object.keys(expected)) {
        closeTo(actual[name] ?? [], expected[name] ?? [], exactly, name);
      }
    });
  }

  it('fold takes what is named and leaves the rest', async () => {
    const folded = async (...options: string[]): Promise<unknown[]> => {
      const { answer } = await cli.ask<Corrected>('fold', small, '--no-proof', ...options);
      return answer.applied.map(({ batchNorm }) => batchNorm);
    };
    assert.deepEqual(await folded(), ['bn1', 'bn2', 'bn3']);
    assert.deepEqual(await folded('--layers', 'dw'), ['bn2']);
    assert.deepEqual(await folded('--layers', 'bn3'), ['bn3']);
    assert.deepEqual(await folded('--ignore', 'conv1,bn3'), ['bn2']);
    assert.deepEqual(await folded('--pairs', 'pw:bn3'), ['bn3']);
  });

  it('equalize gives factors that even the ranges out, and leaves ignored layers as they are', async () => {
    const { answer } = await cli.ask<Corrected>('equalize', small, '--no-proof');
    const [set] = answer.sets;
    assert.deepEqual(set?.layers, ['conv1', 'dw', 'pw']);
    assert.equal(set?.scale.length, 2);
    assert.ok(set.after.spread < set.before.spread);
    const to = cli.at('ignored.onnx');
    const ignoring = ['--ignore', 'dw', '--no-fold', '--no-clear', '--no-proof', '-o', to];
    const { answer: none } = await cli.ask<Corrected>('equalize', small, ...ignoring);
    assert.deepEqual(none.sets, []);
    const { graph } = await cli.folder.open(to);
    const before = smallMobileNet().tensors.get('dw.w');
    const after = graph.tensors.get('dw.w');
    assert.ok(before && after);
    assert.deepEqual(readFloats(after), readFloats(before));
  });

  it('equalize --relu6 relu says that it is not exact', async () => {
    const { answer } = await cli.ask<Corrected>('equalize', sample, '--relu6', 'relu');
    assert.equal(answer.proof.exact, false);
  });

  it('proves on the engine, and says on how many inputs', async () => {
    const { answer } = await cli.ask<Corrected>('fold', small);
    const { exact, exercised, samples } = answer.proof;
    assert.deepEqual({ exact, exercised, samples }, { exact: true, exercised: true, samples: 4 });
  });

  it('absorb on a file folded and saved before equals absorb on the original', async () => {
    const original = cli.model(highBias());
    const [folded, late, direct] = ['folded.onnx', 'late.onnx', 'direct.onnx'].map((f) =>
      cli.at(f),
    );
    assert.ok(folded && late && direct);
    await cli.ask('fold', original, '-o', folded, '--no-proof');
    const { answer } = await cli.ask<Corrected>('absorb', folded, '-o', late, '--no-proof');
    const [applied] = answer.applied;
    assert.deepEqual(applied?.['layers'], ['one', 'two']);
    // beta - 3 |gamma| of the batch norm: 10 - 3, 8 - 6, nothing, nothing.
    assert.deepEqual(applied['absorbed'], [7, 2, 0, 0]);
    await cli.ask('absorb', original, '-o', direct, '--no-proof');
    const weights = async (path: string): Promise<[string, number[]][]> => {
      const { graph } = await cli.folder.open(path);
      return [...graph.tensors].map(([name, value]) => [name, Array.from(readFloats(value))]);
    };
    assert.deepEqual(new Map(await weights(late)), new Map(await weights(direct)));
  });

  it('a saved file remembers what was done to it', async () => {
    const to = cli.at('noted.onnx');
    await cli.ask('equalize', small, '-o', to, '--no-proof');
    const { info } = await cli.folder.open(to);
    const changes = JSON.parse(info.metadata.get('rangefinder.changes') ?? '[]') as {
      step: string;
      label: string;
    }[];
    assert.deepEqual(
      changes.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    assert.match(changes[1]?.label ?? '', /^Equalize \d+ sets?$/);
    const later = cli.at('noted-later.onnx');
    await cli.ask('absorb', to, '-o', later, '--no-proof', '--no-fold');
    const after = (await cli.folder.open(later)).info.metadata.get('rangefinder.changes') ?? '[]';
    assert.deepEqual((JSON.parse(after) as object[]).slice(0, 2), changes); // kept, not replaced
  });

  it('what finds nothing to do says so, and writes the file as it was', async () => {
    const plain = cli.at('plain.onnx');
    await cli.ask('fold', small, '-o', plain, '--no-proof');
    const again = cli.at('again.onnx');
    const { exit, answer } = await cli.ask<Corrected>('fold', plain, '-o', again);
    assert.equal(exit, 0);
    assert.deepEqual(answer.applied, []);
    assert.equal(answer.proof, null);
    assert.deepEqual(readFileSync(again), readFileSync(plain));
    const { out } = await cli.run(...['fold', plain]);
    assert.match(out, /No batch norm to fold/);
    assert.match(out, /Nothing changed/);
  });

  it('run writes each output under its name', async () => {
    const to = cli.at('outputs.json');
    const { answer } = await cli.ask<{
      outputs: { name: string; shape: number[] }[];
      samples: number;
    }>(...['run', small, '--data', 'synthetic:3', '-o', to, '--outputs', 'r1,y']);
    assert.equal(answer.samples, 8);
    assert.deepEqual(
      answer.outputs.map(({ name, shape }) => [name, shape[0], shape[1]]),
      [
        ['r1', 8, 8],
        ['y', 8, 4],
      ],
    );
    const written = JSON.parse(readFileSync(to, 'utf8')) as { outputs: { data: number[] }[] };
    assert.equal(written.outputs[1]?.data.length, 8 * 4);
    const same = await cli.ask(
      'run',
      small,
      '--data',
      'synthetic',
      '--seed',
      '3',
      '-o',
      cli.at('b.json'),
    );
    assert.equal(same.exit, 0);
    assert.deepEqual(
      (JSON.parse(readFileSync(cli.at('b.json'), 'utf8')) as { outputs: unknown[] }).outputs[0],
      written.outputs[1],
    );
  });

  it('the sample tells its numbers as they are published', async () => {
    const { answer } = await cli.ask<{ counts: Record<string, number> }>('analyze', sample);
    const { layers, batchNorms, foldable } = answer.counts;
    assert.deepEqual(
      { layers, batchNorms, foldable },
      { layers: 13, batchNorms: 12, foldable: 12 },
    );
  });
});
