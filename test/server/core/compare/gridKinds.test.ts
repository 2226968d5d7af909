import assert from 'node:assert/strict';
import {
  differencesFrom,
  gridKinds,
  gridWords,
  isSameKind,
} from '../../../../server/core/compare/gridKinds.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { MemoryData, type ElementType, type Tensor } from '../../../../server/core/graph/tensor.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';

const integers = (
  name: string,
  type: ElementType,
  dims: readonly number[],
  values: readonly number[],
): Tensor => {
  const bytes =
    type === 'int32' ? new Uint8Array(Int32Array.from(values).buffer) : Uint8Array.from(values);
  return { name, type, dims, data: new MemoryData(bytes) };
};

/** x -> Q -> DQ -> Conv(DQ(int8 weight)), with so many scales of the weight. */
const quantized = (scales: number): Graph =>
  graphOf({
    inputs: { x: [1, 2, 4, 4] },
    outputs: ['y'],
    nodes: [
      node('QuantizeLinear', ['x', 'xs', 'xz'], ['xq']),
      node('DequantizeLinear', ['xq', 'xs', 'xz'], ['xd']),
      node('DequantizeLinear', ['wq', 'ws', 'wz'], ['w'], { axis: 0 }),
      node('DequantizeLinear', ['bq', 'bs', 'bz'], ['b'], { axis: 0 }),
      node('Conv', ['xd', 'w', 'b'], ['y'], {}, 'conv'),
    ],
    tensors: [
      tensor('xs', [], [0.1]),
      integers('xz', 'uint8', [], [128]),
      integers('wq', 'int8', [2, 2, 1, 1], [1, 2, 3, 4]),
      tensor('ws', scales === 1 ? [] : [scales], Array<number>(scales).fill(0.5)),
      integers('wz', 'int8', scales === 1 ? [] : [scales], Array<number>(scales).fill(0)),
      integers('bq', 'int32', [2], [1, 2]),
      tensor('bs', [], [0.05]),
      integers('bz', 'int32', [], [0]),
    ],
  });

describe('gridKinds', () => {
  it('says what the weights and values of a quantized model are rounded to', () => {
    const kinds = gridKinds(quantized(2));
    assert.equal(gridWords(kinds), 'int8 weights with a scale for each channel, uint8 activations');
    assert.deepEqual(differencesFrom(kinds, defaultTarget), []);
  });

  it('names what is unlike the target, and unlike another model', () => {
    const kinds = gridKinds(quantized(1));
    assert.deepEqual(
      differencesFrom(kinds, { ...defaultTarget, weightBits: 4, activationBits: 'float' }),
      [
        '8 instead of 4 bits for weights',
        'scales of weights per tensor instead of per channel',
        'activations of 8 instead of float bits',
      ],
    );
    assert.equal(isSameKind(kinds, gridKinds(quantized(2))), false);
    assert.equal(isSameKind(kinds, gridKinds(quantized(1))), true);
  });

  it('knows nothing of a model without grids', () => {
    const none = gridKinds(graphOf({ inputs: { x: [1] }, outputs: ['x'], nodes: [], tensors: [] }));
    assert.deepEqual(none, { weights: undefined, activations: undefined });
    assert.equal(gridWords(none), 'weights of unknown grids, float activations');
  });
});
