import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { runSamples, type RunOptions } from '../../../server/data/runSamples.ts';
import type { SampleSet } from '../../../server/data/samples.ts';
import type { ChildEngine } from '../../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { documentOf, engineChild } from '../../kit/documents.ts';
import { graphOf, node, tensor, valueInfo } from '../../kit/graphs.ts';

/** y = 2x per sample; mean over all of the batch, a scalar; two rows that are not the batch. */
const graph = graphOf({
  inputs: { x: ['n', 2] },
  outputs: ['y', 'mean', 'rows'],
  nodes: [
    node('Mul', ['x', 'two'], ['y']),
    node('ReduceMean', ['y'], ['mean'], { keepdims: 0 }),
    node('Concat', ['first', 'first'], ['rows'], { axis: 0 }),
    node('ReduceMax', ['y'], ['first'], { axes: [0], keepdims: 1 }),
  ].sort((a, b) => Number(a.op === 'Concat') - Number(b.op === 'Concat')),
  tensors: [tensor('two', [], 2)],
});

const samplesOf = (count: number, fixedBatch?: number): SampleSet => ({
  count,
  source: 'test',
  fixedBatch,
  feeds: (at, batch = 1) => {
    const index = typeof at === 'number' ? at : (at[0] ?? 0);
    const taken = Math.min(batch, count - index);
    const values = Float32Array.from({ length: 2 * taken }, (_, i) => 2 * index + i);
    return Promise.resolve(new Map([['x', { type: 'float32', dims: [taken, 2], values }]]));
  },
  dispose: () => Promise.resolve(),
});

describe('runSamples', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  const run = async (samples: SampleSet, options: RunOptions) => {
    const results = await runSamples(engine, documentOf(graph), graph, samples, options, noJob);
    return new Map(results.map(({ name, dims, values }) => [name, { dims, values: [...values] }]));
  };

  it('joins along the batch, and stacks what is not per sample', async () => {
    const results = await run(samplesOf(3), { batch: 1 });
    assert.deepEqual(results.get('y'), { dims: [3, 2], values: [0, 2, 4, 6, 8, 10] });
    assert.deepEqual(results.get('mean'), { dims: [3], values: [1, 5, 9] });
    assert.deepEqual(results.get('rows')?.dims, [3, 2, 2]);
  });

  it('runs batches, the last one shorter', async () => {
    const results = await run(samplesOf(3), { batch: 2, outputs: ['y', 'mean'] });
    assert.deepEqual(results.get('y'), { dims: [3, 2], values: [0, 2, 4, 6, 8, 10] });
    assert.deepEqual(results.get('mean'), { dims: [2], values: [3, 9] });
  });

  it('keeps to the batch the model insists on', async () => {
    const results = await run(samplesOf(4, 4), { batch: 1, outputs: ['mean'] });
    assert.deepEqual(results.get('mean'), { dims: [1], values: [7] });
  });

  it('hands out intermediate values by name, and refuses names there are not', async () => {
    const results = await run(samplesOf(2), { batch: 1, outputs: ['first'] });
    assert.deepEqual(results.get('first'), { dims: [2, 2], values: [0, 2, 4, 6] });
    await assert.rejects(
      run(samplesOf(2), { batch: 1, outputs: ['nowhere'] }),
      /no value called "nowhere"/,
    );
  });

  it('says that outputs of different shapes cannot be joined', async () => {
    const found = graphOf({
      inputs: { x: ['n', 2] },
      outputs: [valueInfo('at', undefined, 'int64')],
      nodes: [node('NonZero', ['x'], ['at'])],
    });
    // The first sample is 0, 1: one element is not zero; the second has two.
    const ran = runSamples(engine, documentOf(found), found, samplesOf(2), { batch: 1 }, noJob);
    await assert.rejects(ran, /"at" has another shape in run 2: \[2, 2\], not \[2, 1\]/);
  });

  it('tells how far it is', async () => {
    const seen: string[] = [];
    const job = {
      checkpoint: (done: number, total: number, what?: string) => {
        seen.push(`${what ?? ''} ${done}/${total}`);
        return Promise.resolve();
      },
    };
    await runSamples(engine, documentOf(graph), graph, samplesOf(3), { batch: 1 }, job);
    assert.deepEqual(
      [...new Set(seen)],
      ['Running samples 0/3', 'Running samples 1/3', 'Running samples 2/3'],
    );
  });
});
