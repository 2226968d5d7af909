import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { equalize } from '../../../kit/equalizing.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { closeTo } from '../../../kit/run.ts';

/** The vectors of algorithms.md 13.2 have six digits; weights are float32. */
const sixDigits = { relative: 1e-6, absolute: 5e-7 };

const valuesOf = (graph: Graph, name: string): ArrayLike<number> => {
  const found = graph.tensors.get(name);
  assert.ok(found, `no tensor ${name}`);
  return readFloats(found);
};

const w1 = tensor('w1', [2, 2, 1, 1], [4, -2, 0.5, 0.25]);
const b1 = tensor('b1', [2], [8, -1]);
const w2 = tensor('w2', [2, 2, 1, 1], [1, -8, 0.5, 2]);
const b2 = tensor('b2', [2], [0, 1]);

describe('equalizeLayers', () => {
  describe('golden vectors (algorithms.md 13.2)', () => {
    it('scales a pair', async () => {
      const graph = graphOf({
        inputs: { x: [1, 2, 3, 3] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'w1', 'b1'], ['a'], {}, 'c1'),
          node('Relu', ['a'], ['r']),
          node('Conv', ['r', 'w2', 'b2'], ['y'], {}, 'c2'),
        ],
        tensors: [w1, b1, w2, b2],
      });
      const { graph: after, applied, edits, isExact } = await equalize(graph);
      assert.deepEqual(applied[0]?.layers, ['c1', 'c2']);
      assert.deepEqual(applied[0]?.reluBetween, [true]);
      closeTo(applied[0]?.scale[0] ?? [], [2, 0.25], sixDigits, 's');
      closeTo(valuesOf(after, 'w1'), [2, -1, 2, 1], sixDigits, 'w1');
      closeTo(valuesOf(after, 'b1'), [4, -4], sixDigits, 'b1');
      closeTo(valuesOf(after, 'w2'), [2, -2, 1, 0.5], sixDigits, 'w2');
      assert.equal(after.tensors.get('b2'), b2);
      assert.ok(isExact);
      assert.deepEqual(checkGraph(after), []);
      assert.deepEqual(applyEdits(after, invertAll(edits)), graph);
    });

    it('scales a depthwise triple', async () => {
      const graph = graphOf({
        inputs: { x: [1, 2, 3, 3] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'w1', 'b1'], ['a'], {}, 'c1'),
          node('Relu', ['a'], ['r']),
          node('Conv', ['r', 'd', 'bd'], ['e'], { group: 2 }, 'dw'),
          node('Conv', ['e', 'w3', 'b2'], ['y'], {}, 'c3'),
        ],
        tensors: [
          w1,
          b1,
          tensor('d', [2, 1, 1, 1], [2, 0.125]),
          tensor('bd', [2], [1, -2]),
          tensor('w3', [2, 2, 1, 1], [1, -8, 0.5, 2]),
          b2,
        ],
      });
      const { graph: after, applied } = await equalize(graph);
      assert.deepEqual(applied[0]?.layers, ['c1', 'dw', 'c3']);
      assert.deepEqual(applied[0]?.reluBetween, [true, false]);
      closeTo(applied[0]?.scale[0] ?? [], [2, 0.629961], sixDigits, 's12');
      closeTo(applied[0]?.scale[1] ?? [], [2, 0.099213], sixDigits, 's23');
      closeTo(valuesOf(after, 'w1'), [2, -1, 0.793701, 0.39685], sixDigits, 'w1');
      closeTo(valuesOf(after, 'b1'), [4, -1.587401], sixDigits, 'b1');
      closeTo(valuesOf(after, 'd'), [2, 0.793701], sixDigits, 'd');
      closeTo(valuesOf(after, 'bd'), [0.5, -20.158737], sixDigits, 'bd');
      closeTo(valuesOf(after, 'w3'), [2, -0.793701, 1, 0.198425], sixDigits, 'w3');
    });
  });
});
