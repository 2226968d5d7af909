import assert from 'node:assert/strict';
import { noJob } from '../../server/core/job.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { makeProbes } from '../../server/probes.ts';
import { valueShapes } from '../../server/valueShapes.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { graphOf, node, tensor } from '../kit/graphs.ts';

describe('valueShapes', () => {
  let engine: ChildEngine;
  before(() => {
    engine = createOnnxRuntimeEngine({
      childPath: engineChild,
      threads: 1,
      compareBudgetBytes: 500,
    });
  });
  after(() => engine.dispose());

  const graph = graphOf({
    inputs: { x: ['n', 3, 8, 8] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }),
      node('Shape', ['c'], ['s']),
      node('Greater', ['c', 'zero'], ['g']),
      node('Flatten', ['c'], ['y']),
    ],
    tensors: [tensor('w', [5, 3, 3, 3], 0.1), tensor('zero', [], 0)],
  });
  const feeds = makeProbes(graph, { seed: 1, count: 1 }).feeds[0] ?? new Map();

  it('tells type and shape of every value, in several runs where memory is short', async () => {
    const shapes = await valueShapes(engine, documentOf(graph), graph, feeds, noJob);
    assert.ok(shapes.ok);
    assert.deepEqual(
      [...shapes.value.values()],
      [
        { name: 'c', type: 'float32', dims: [1, 5, 3, 3] },
        { name: 's', type: 'int64', dims: [4] },
        { name: 'g', type: 'bool', dims: [1, 5, 3, 3] },
        { name: 'y', type: 'float32', dims: [1, 45] },
      ],
    );
  });

  it('says why the network cannot be run', async () => {
    const shapes = await valueShapes(engine, documentOf(graph), graph, new Map(), noJob);
    assert.ok(!shapes.ok);
    assert.match(shapes.error, /Nothing was given for the input "x"/);
  });
});
