import assert from 'node:assert/strict';
import type { Graph } from '../../server/core/graph/graph.ts';
import type { QuantizationPlan, Quantizer } from '../../server/core/quant/plan.ts';
import { graphOf, node, tensor } from './graphs.ts';

/** The tensors that a plan has quantizers of one kind for. */
export const namesOf = (plan: QuantizationPlan, kind: Quantizer['kind']): string[] =>
  plan.quantizers.filter((one) => one.kind === kind).map((one) => one.tensor);

/** The quantizer of a tensor; there must be one. */
export const find = (plan: QuantizationPlan, name: string): Quantizer => {
  const found = plan.quantizers.find((one) => one.tensor === name);
  assert.ok(found, `no quantizer of ${name}`);
  return found;
};

/** Why a tensor has no quantizer; empty where none is given. */
export const reason = (plan: QuantizationPlan, name: string): string =>
  plan.unquantized.find((one) => one.tensor === name)?.reason ?? '';

/** conv1 -> relu1 -> conv2 -> + relu1 -> relu2 -> flatten -> fc: a small residual network. */
export function residual(): Graph {
  return graphOf({
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['conv1']),
      node('Relu', ['conv1'], ['relu1']),
      node('Conv', ['relu1', 'w2', 'b2'], ['conv2']),
      node('Add', ['conv2', 'relu1'], ['sum']),
      node('Relu', ['sum'], ['relu2']),
      node('Flatten', ['relu2'], ['flat']),
      node('Gemm', ['flat', 'w3', 'b3'], ['y'], { transB: 1 }),
    ],
    tensors: [
      tensor('w1', [4, 3, 1, 1], 1),
      tensor('b1', [4], 1),
      tensor('w2', [4, 4, 1, 1], 1),
      tensor('b2', [4], 1),
      tensor('w3', [10, 256], 1),
      tensor('b3', [10], 1),
    ],
  });
}
