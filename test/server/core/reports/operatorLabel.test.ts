import assert from 'node:assert/strict';
import { operatorLabel } from '../../../../server/core/reports/operatorLabel.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { graphOf, node, tensor, type AttributeSpec } from '../../../kit/graphs.ts';

interface Case {
  readonly op: string;
  readonly dims: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  readonly label: string;
}

describe('operatorLabel', () => {
  const cases: readonly Case[] = [
    { op: 'Conv', dims: [8, 4, 1, 1], attributes: {}, label: 'Conv 1×1' },
    {
      op: 'Conv',
      dims: [8, 1, 3, 3],
      attributes: { group: 8, strides: [2, 2] },
      label: 'DW 3×3 /2',
    },
    { op: 'Conv', dims: [8, 2, 3, 3], attributes: { group: 4 }, label: 'Conv 3×3 g4' },
    { op: 'Conv', dims: [8, 4, 3, 1], attributes: { strides: [2, 1] }, label: 'Conv 3×1 /2×1' },
    { op: 'Conv', dims: [8, 4, 5], attributes: { strides: [1] }, label: 'Conv 5' },
    {
      op: 'ConvTranspose',
      dims: [4, 8, 4, 4],
      attributes: { strides: [2, 2] },
      label: 'ConvT 4×4 /2',
    },
    { op: 'Gemm', dims: [4, 8], attributes: {}, label: 'Gemm' },
    { op: 'MatMul', dims: [4, 8], attributes: {}, label: 'MatMul' },
  ];
  for (const { op, dims, attributes, label } of cases) {
    it(label, () => {
      const graph = graphOf({
        inputs: { x: ['N'] },
        outputs: ['y'],
        nodes: [node(op, ['x', 'w'], ['y'], attributes)],
        tensors: [tensor('w', dims, 1)],
      });
      const [layer] = layersOf(graph, wiringOf(graph));
      assert.ok(layer);
      assert.equal(operatorLabel(layer.node, layer), label);
    });
  }
});
