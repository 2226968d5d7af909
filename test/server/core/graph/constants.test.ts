import assert from 'node:assert/strict';
import { constantOf } from '../../../../server/core/graph/constants.ts';
import { readNumbers } from '../../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { graphOf, intTensor, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { runGraph } from '../../../kit/run.ts';

const values = Array.from({ length: 24 }, (_, at) => at);
const tensors = [
  tensor('k', [2, 3, 4], values),
  intTensor('to', [4, -1]),
  intTensor('axes', [0, 4]),
  tensor('thin', [1, 24, 1], values),
];

const cases: NodeSpec[][] = [
  [node('Identity', ['k'], ['y'])],
  [node('Transpose', ['k'], ['y'])],
  [node('Transpose', ['k'], ['y'], { perm: [1, 2, 0] })],
  [node('Transpose', ['k'], ['t'], { perm: [0, 2, 1] }), node('Reshape', ['t', 'to'], ['y'])],
  [node('Unsqueeze', ['k', 'axes'], ['y'])],
  [node('Squeeze', ['thin'], ['y'])],
  [node('Flatten', ['k'], ['y'], { axis: -1 })],
];

describe('constants seen through what rearranges them', () => {
  for (const nodes of cases) {
    it(`${nodes.map(({ op }) => op).join(', ')}, as ONNX Runtime has it`, async () => {
      const graph = graphOf({ inputs: {}, outputs: ['y'], nodes, tensors });
      const found = constantOf(wiringOf(graph), 'y');
      const expected = (await runGraph(graph, {})).get('y');
      assert.deepEqual(found?.dims, expected?.dims);
      assert.deepEqual(found && readNumbers(found), Array.from(expected?.values ?? []));
      assert.equal(found?.name, 'y');
    });
  }

  it('nothing that depends on an input', () => {
    const nodes = [node('Transpose', ['x'], ['t']), node('Add', ['k', 'k'], ['y'])];
    const graph = graphOf({ inputs: { x: [2, 2] }, outputs: ['y'], nodes, tensors });
    assert.equal(constantOf(wiringOf(graph), 't'), undefined);
    assert.equal(constantOf(wiringOf(graph), 'y'), undefined, 'what computes is no constant here');
  });

  it('reads a part of a transposed one', () => {
    const nodes = [node('Transpose', ['k'], ['y'])];
    const graph = graphOf({ inputs: {}, outputs: ['y'], nodes, tensors });
    const bytes = constantOf(wiringOf(graph), 'y')?.data.read(4, 8).slice();
    assert.deepEqual([...new Float32Array(bytes?.buffer ?? [])], [12]);
  });
});
