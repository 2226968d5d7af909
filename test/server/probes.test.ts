import assert from 'node:assert/strict';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { makeProbes, runnableProbes } from '../../server/probes.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { graphOf, intTensor, node, tensor, valueInfo } from '../kit/graphs.ts';

const options = { seed: 1, count: 4 };

/** x -> Conv(3x3, 3 -> 2), with whatever shape x has. */
const convOf = (shape: readonly (number | string | undefined)[]) =>
  graphOf({
    inputs: { x: shape },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w'], ['y'])],
    tensors: [tensor('w', [2, 3, 3, 3], 0.1)],
  });

/** A network that takes images of one size only, and does not say which: 64 x 64 inside. */
const only64 = graphOf({
  inputs: { x: ['n', 3, 'h', 'w'] },
  outputs: ['y'],
  nodes: [
    node('Conv', ['x', 'w'], ['c'], { strides: [64, 64], pads: [1, 1, 0, 0] }),
    node('Reshape', ['c', 's'], ['r']),
    node('Gemm', ['r', 'g'], ['y']),
  ],
  tensors: [tensor('w', [2, 3, 3, 3], 0.1), intTensor('s', [1, 2]), tensor('g', [2, 2], 1)],
});

describe('makeProbes', () => {
  const dimsOf = (shape: readonly (number | string | undefined)[]): readonly number[] =>
    makeProbes(convOf(shape), options).feeds[0]?.get('x')?.dims ?? [];

  it('takes the sizes that the file states, and 1 for the batch', () => {
    assert.deepEqual(dimsOf([1, 3, 32, 48]), [1, 3, 32, 48]);
    assert.deepEqual(dimsOf(['N', 3, 32, 48]), [1, 3, 32, 48]);
    assert.deepEqual(dimsOf([undefined, 3, 32, 48]), [1, 3, 32, 48]);
  });

  it('takes the channels from the first layer and guesses a usual image', () => {
    assert.deepEqual(dimsOf(['n', 'c', 'h', 'w']), [1, 3, 224, 224]);
    assert.deepEqual(dimsOf([undefined, undefined, undefined, undefined]), [1, 3, 224, 224]);
  });

  it('is the same for the same seed, and differs from probe to probe and seed to seed', () => {
    const graph = convOf([1, 3, 4, 4]);
    assert.deepEqual(makeProbes(graph, options), makeProbes(graph, options));
    const values = (seed: number, at: number): unknown =>
      makeProbes(graph, { seed, count: 4 }).feeds[at]?.get('x')?.values;
    assert.notDeepEqual(values(1, 0), values(1, 1));
    assert.notDeepEqual(values(1, 0), values(2, 0));
    assert.equal(makeProbes(graph, options).source, 'synthetic, seed 1');
  });

  it('gives floats of several scales', () => {
    const { feeds } = makeProbes(convOf([1, 3, 16, 16]), options);
    const [normal, unit, centred] = feeds.map((feed) => feed.get('x')?.values as Float32Array);
    assert.ok(normal?.some((value) => value < -1) && normal.every((value) => Math.abs(value) < 10));
    assert.ok(unit?.every((value) => value >= 0 && value < 1));
    assert.ok(
      centred?.some((value) => value < 0) && centred.every((value) => Math.abs(value) <= 1),
    );
  });

  it('gives integers that stay within the table they index, ones for a mask, and bools', () => {
    const graph = graphOf({
      inputs: {
        ids: valueInfo('ids', ['n', 50], 'int64'),
        attention_mask: valueInfo('attention_mask', ['n', 50], 'int64'),
        free: valueInfo('free', [50], 'int32'),
        image: valueInfo('image', [1, 8, 8, 3], 'uint8'),
        flag: valueInfo('flag', [50], 'bool'),
      },
      outputs: ['e'],
      nodes: [node('Gather', ['table', 'ids'], ['e'])],
      tensors: [tensor('table', [7, 2], 0)],
    });
    const feed = makeProbes(graph, options).feeds[0] ?? assert.fail('no probe');
    const numbers = (name: string): number[] =>
      Array.from(feed.get(name)?.values as ArrayLike<number>, Number);
    const isWithin = (name: string, low: number, high: number): void =>
      assert.deepEqual([Math.min(...numbers(name)), Math.max(...numbers(name))], [low, high], name);
    isWithin('ids', 0, 6);
    isWithin('attention_mask', 1, 1);
    isWithin('free', 0, 3);
    isWithin('flag', 0, 1);
    assert.ok(Math.max(...numbers('image')) > 200);
    assert.ok(feed.get('ids')?.values instanceof BigInt64Array);
  });
});

describe('runnableProbes', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  it('tries sizes until the network runs', async () => {
    const probes = await runnableProbes(engine, documentOf(only64), options, noJob);
    assert.ok(probes.ok);
    assert.equal(probes.value.feeds.length, 4);
    // 64 and 32 give one position; 64 comes first among the usual sizes.
    assert.deepEqual(probes.value.feeds[0]?.get('x')?.dims, [1, 3, 64, 64]);
  });

  it('asks nothing of the engine where no size is free', async () => {
    const idle = createOnnxRuntimeEngine({ childPath: '/nowhere.js' });
    const probes = await runnableProbes(idle, documentOf(convOf([1, 3, 8, 8])), options, noJob);
    assert.ok(probes.ok);
    assert.equal(idle.pid, undefined);
  });

  it('takes two probes of a fixed size that costs much', async () => {
    const idle = createOnnxRuntimeEngine({ childPath: '/nowhere.js' });
    const graph = (kernel: number) =>
      graphOf({
        inputs: { x: [1, 8, 64, 64] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'w1'], ['a']),
          node('Conv', ['a', 'w2'], ['y'], { auto_pad: 'SAME_UPPER' }),
        ],
        tensors: [tensor('w1', [512, 8, 1, 1], 0), tensor('w2', [512, 512, kernel, kernel], 0)],
      });
    const countOf = async (kernel: number): Promise<number> => {
      const probes = await runnableProbes(idle, documentOf(graph(kernel)), options, noJob);
      return probes.ok ? probes.value.feeds.length : 0;
    };
    assert.equal(await countOf(3), 4); // 9.7 GMAC a run
    assert.equal(await countOf(5), 2); // 26.8 GMAC
  });

  it('says why a network cannot be run', async () => {
    const custom = graphOf({
      inputs: { x: ['n', 'm'] },
      outputs: ['y'],
      nodes: [{ ...node('Foo', ['x'], ['y']), domain: 'my.ops' }],
    });
    const graph = { ...custom, opsets: new Map([...custom.opsets, ['my.ops', 1]]) };
    const probes = await runnableProbes(engine, documentOf(graph), options, noJob);
    assert.ok(!probes.ok);
    assert.match(probes.error, /no operator Foo of the domain my\.ops/);
  });

  it('says that no size was found', async () => {
    const never = graphOf({
      inputs: { x: ['n', 'm'] },
      outputs: ['y'],
      nodes: [node('Reshape', ['x', 's'], ['y'])],
      tensors: [intTensor('s', [7, 11])],
    });
    const probes = await runnableProbes(engine, documentOf(never), options, noJob);
    assert.ok(!probes.ok);
    assert.match(probes.error, /No input size was found.*Reshape/);
  });

  it('says which input no probes can be made for', async () => {
    const words = graphOf({
      inputs: { words: valueInfo('words', [1], 'string') },
      outputs: ['y'],
      nodes: [node('Identity', ['words'], ['y'])],
    });
    const probes = await runnableProbes(engine, documentOf(words), options, noJob);
    assert.ok(!probes.ok);
    assert.match(probes.error, /"words" is string/);
  });

  const never = createOnnxRuntimeEngine({ childPath: '/nowhere.js' });
  const refusal = async (graph: Graph): Promise<string> => {
    const probes = await runnableProbes(never, documentOf(graph), options, noJob);
    assert.ok(!probes.ok);
    assert.equal(never.pid, undefined, 'nothing is asked of the engine');
    return probes.error;
  };

  it('makes none that memory has no room for, and names the input', async () => {
    for (const shape of [
      [1, 3, 20000, 20000],
      [1, 3, 16384, 16384],
      [100_000_000, 3, 8, 8],
      [1, 3, 8, 2 ** 62],
    ]) {
      const said = await refusal(convOf(shape));
      assert.match(said, /too large to be run here: the input "x" of \[[\d, ]+\] takes [\d,.]+ GB/);
    }
  });

  it('makes none where a value of the network would be too large', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1, 64, 64] },
      outputs: ['y'],
      nodes: [node('Tile', ['x', 'times'], ['t']), node('Relu', ['t'], ['y'])],
      tensors: [intTensor('times', [1, 1, 1000, 1000])],
    });
    assert.match(
      await refusal(graph),
      /: "t" takes 16 GB where the input "x" is \[1, 1, 64, 64\]\./,
    );
  });

  it('makes fewer where four take too much', async () => {
    const shape = [1, 3, 5000, 5000]; // 300 MB
    const graph = graphOf({
      inputs: { x: valueInfo('x', shape) },
      outputs: ['y'],
      nodes: [node('ReduceMean', ['x'], ['y'])],
    });
    const probes = await runnableProbes(never, documentOf(graph), options, noJob);
    assert.ok(probes.ok);
    assert.equal(probes.value.feeds.length, 3);
  });

  it('takes the rank of an input without a shape from the layer that takes it', async () => {
    const graph = { ...convOf([]), inputs: [valueInfo('x')] };
    const probes = await runnableProbes(engine, documentOf(graph), options, noJob);
    assert.ok(probes.ok, probes.ok ? '' : probes.error);
    assert.deepEqual(probes.value.feeds[0]?.get('x')?.dims, [1, 3, 224, 224]);
  });

  it('says that no shape is stated where none can be told and none fits', async () => {
    const graph = graphOf({
      inputs: { x: valueInfo('x') },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['r']), node('Conv', ['r', 'w'], ['y'])],
      tensors: [tensor('w', [2, 3, 3, 3], 0.1)],
    });
    const probes = await runnableProbes(engine, documentOf(graph), options, noJob);
    assert.ok(!probes.ok);
    assert.match(probes.error, /does not state the shape of its input "x".*Export it with one/);
  });

  it('says what an input is that is no tensor', async () => {
    const graph = graphOf({
      inputs: { s: { ...valueInfo('s', undefined, 'other'), kind: 'a sequence' } },
      outputs: ['y'],
      nodes: [node('SequenceLength', ['s'], ['y'])],
    });
    assert.match(await refusal(graph), /"s" is a sequence, .* Export the model with tensors/);
  });

  it('hands nothing to a runtime that would never come back from it', async () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['a'],
      nodes: [node('Split', ['x'], ['a', 'b'], { num_outputs: 2 ** 31, axis: 1 }, 'parts')],
      opset: 18,
    });
    assert.match(await refusal(graph), /Split "parts": num_outputs is too large: 2147483648/);
  });
});
