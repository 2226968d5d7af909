import assert from 'node:assert/strict';
import { toFloat32 } from '../../../../server/core/graph/toFloat32.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import type { ElementType } from '../../../../server/core/graph/tensor.ts';
import { graphOf, intTensor, node, tensor, valueInfo, type NodeSpec } from '../../../kit/graphs.ts';

/** x -> Cast -> Add -> ConstantOfShape beside it; everything of this type. */
function stored(type: ElementType, dataType: number, more: readonly NodeSpec[] = []): Graph {
  return graphOf({
    inputs: { x: valueInfo('x', [2], type), i: valueInfo('i', [1], 'int64') },
    outputs: [valueInfo('y', [2], type)],
    nodes: [
      node('Cast', ['x'], ['c'], { to: dataType }),
      node('ConstantOfShape', ['i'], ['f'], {
        value: { kind: 'tensor', value: tensor('v', [1], [0.5], type) },
      }),
      node('Add', ['c', 'w'], ['y']),
      ...more,
    ],
    tensors: [tensor('w', [2], [1.5, -3], type), intTensor('k', [7])],
    values: [valueInfo('c', [2], type)],
  });
}

describe('toFloat32', () => {
  for (const [type, dataType] of [
    ['float16', 10],
    ['bfloat16', 16],
    ['float64', 11],
  ] as const) {
    it(`puts float32 in the place of ${type}, and keeps the rest`, () => {
      const result = toFloat32(stored(type, dataType));
      assert.ok(result.ok);
      const { inputs, outputs, values, tensors, nodes } = result.value;
      assert.deepEqual(
        [...inputs, ...outputs, ...values.values()].map((value) => [value.name, value.type]),
        [
          ['x', 'float32'],
          ['i', 'int64'],
          ['y', 'float32'],
          ['c', 'float32'],
        ],
      );
      const w = tensors.get('w');
      assert.ok(w);
      assert.equal(w.type, 'float32');
      assert.deepEqual([...readFloats(w)], [1.5, -3]);
      assert.equal(tensors.get('k')?.type, 'int64');
      assert.deepEqual(nodes[0]?.attributes.get('to'), { kind: 'int', value: 1 });
      const value = nodes[1]?.attributes.get('value');
      assert.ok(value?.kind === 'tensor');
      assert.equal(value.value.type, 'float32');
      assert.deepEqual(
        nodes.map(({ id }) => id),
        [0, 1, 2],
      );
    });
  }

  it('leaves other casts and other domains alone', () => {
    const foreign = { ...node('Pack', ['y'], ['p'], { to: 10 }), domain: 'my.ops' };
    const result = toFloat32(stored('float16', 7, [foreign]));
    assert.ok(result.ok);
    const to = [result.value.nodes[0], result.value.nodes[3]].map((at) => at?.attributes.get('to'));
    assert.deepEqual(to, [
      { kind: 'int', value: 7 },
      { kind: 'int', value: 10 },
    ]);
  });

  it('names a node whose inside is not known', () => {
    const branch = node('If', ['x'], ['p'], { then_branch: { kind: 'opaque' } }, 'choice');
    const result = toFloat32(stored('float16', 10, [branch]));
    assert.ok(!result.ok);
    assert.match(result.error, /inside of "choice"/);
  });
});
