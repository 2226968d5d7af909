import assert from 'node:assert/strict';
import { join } from 'node:path';
import { noJob } from '../../../../server/core/job.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { commandLine } from '../../../kit/commandLine.ts';
import { KerasFolder, type TestLayer, type TestWeight } from '../../../kit/kerasFiles.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, runGraph } from '../../../kit/run.ts';

/** Float32 through three layers of a few products each. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

const conv = (name: string, activation: string): TestLayer => [
  'Conv2D',
  { name, activation, use_bias: true },
];
const layers = [conv('first', 'relu6'), conv('second', 'relu6'), conv('third', 'linear')];
const weight = (name: string, shape: readonly number[], values: readonly number[]): TestWeight => ({
  name,
  shape,
  values,
});
/**
 * Between 0 and 6 behind the first layer, so that the second's channel 0 is at most 6 (0.04 + 0.01)
 * + 0.2 = 0.5: it may be divided by 1/12 at least. Its channel 1 reaches 6 (9 + 1), over the bound.
 */
const weights = [
  weight('first/kernel', [1, 1, 1, 2], [1, 1]),
  weight('first/bias', [2], [0, 0]),
  weight('second/kernel', [1, 1, 2, 2], [0.04, 9, 0.01, 1]),
  weight('second/bias', [2], [0.2, 0]),
  weight('third/kernel', [1, 1, 2, 1], [4, 0.25]),
  weight('third/bias', [1], [1]),
];

interface Equalized {
  readonly sets: readonly {
    layers: string[];
    scale: number[][];
    capsAdded: number;
    clamped: number;
  }[];
  readonly skipped: readonly { node: string; code: string; remedy?: string }[];
  readonly proof: { exact: boolean };
  readonly error?: { code: string; remedy: string };
}

describe('ReLU6 in models that have no bound for each channel', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());
  const line = commandLine();
  const model = folder.sequential([1, 1, 1], layers, weights);

  const outputs = async (path: string): Promise<number[][]> => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    const random = new Random(4);
    const all: number[][] = [];
    for (const x of random.normal(8, 10)) {
      const feed = { dims: [1, 1, 1, 1], values: Float32Array.of(x) };
      const [result] = (await runGraph(opened.value.graph, { x: feed })).values();
      all.push(Array.from(result?.values ?? []));
    }
    opened.value.dispose();
    return all;
  };
  const same = async (path: string): Promise<void> => {
    const [got, wanted] = [await outputs(path), await outputs(model)];
    closeTo(got.flat(), wanted.flat(), tolerance, 'outputs');
  };

  it('holds factors where the bound could be reached, and stays exact', async () => {
    const target = join(folder.path, 'bounded.json');
    const { exit, answer } = await line.ask<Equalized>('equalize', model, '-o', target);
    assert.equal(exit, 0);
    const [set] = answer.sets;
    assert.deepEqual(set?.layers, ['second', 'third']);
    // Wanted for channel 0: sqrt(0.04 / 4) = 0.1, above 0.5 / 6 = 0.083; channel 1 is held.
    closeTo(set.scale[0] ?? [], [0.1, 1], tolerance, 'factors');
    assert.equal(set.capsAdded, 0);
    assert.equal(set.clamped, 1);
    const held = answer.skipped.find(({ code }) => code === 'held');
    assert.equal(held?.node, 'first, second');
    assert.match(held.remedy ?? '', /ONNX/);
    assert.ok(answer.proof.exact);
    await same(target);
  });

  it('says in a repair how many sets the format holds back, and what can gain more', async () => {
    const heldIn = async (...options: readonly string[]): Promise<readonly string[]> => {
      const { answer } = await line.ask<{ issues: readonly { code: string; message: string }[] }>(
        ...['repair', model, '--granularity', 'tensor', ...options],
      );
      return answer.issues.flatMap(({ code, message }) =>
        code === 'held-by-format' ? [message] : [],
      );
    };
    const told =
      '2 sets could not be scaled as far as the ranges ask for: in this format ReLU6 has one bound for all channels. Export it first (export --to onnx), and repair that file: it can gain more.';
    assert.deepEqual(await heldIn(), [told]);
    assert.deepEqual(await heldIn('--data', 'synthetic'), [told]);
    assert.deepEqual(await heldIn('--steps', 'fold,clear'), []);
    assert.deepEqual(await heldIn('-o', join(folder.path, 'free.onnx')), []);
  });

  it('refuses caps that were asked for, and names what can hold them', async () => {
    const target = join(folder.path, 'refused.json');
    const { exit, answer } = await line.ask<Equalized>(
      ...['equalize', model, '--relu6', 'cap', '-o', target],
    );
    assert.equal(exit, 4);
    assert.equal(answer.error?.code, 'cannot-express');
    assert.match(answer.error.remedy, /\.onnx.*--relu6 relu/);
  });

  it('keeps exact caps on the way to ONNX', async () => {
    const target = join(folder.path, 'capped.onnx');
    const { exit, answer } = await line.ask<Equalized>('equalize', model, '-o', target);
    assert.equal(exit, 0);
    assert.deepEqual(
      answer.sets.map((set) => [set.layers.join(), set.capsAdded]),
      [
        ['first,second', 1],
        ['second,third', 1],
      ],
    );
    await same(target);
  });

  it('writes ReLU where that is asked for', async () => {
    const target = join(folder.path, 'relu.json');
    const { exit, answer } = await line.ask<Equalized>(
      ...['equalize', model, '--relu6', 'relu', '-o', target],
    );
    assert.equal(exit, 0);
    assert.equal(answer.sets.length, 2);
  });

  it('repairs with bounded factors', async () => {
    const target = join(folder.path, 'repaired.json');
    const said = await line.run('repair', model, '--no-stop-rule', '-o', target);
    assert.ok(said.exit === 0 || said.exit === 1, said.err);
    await same(target);
  });
});
