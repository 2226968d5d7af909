import assert from 'node:assert/strict';
import { layerOf, type WeightLayout } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { negligibleChannels } from '../../../../server/core/kernels/negligible.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';

const unit = 2 ** -24;
const always = (): boolean => true;

function layoutOf(op: string, dims: readonly number[], attributes = {}): WeightLayout {
  const graph = graphOf({
    inputs: { x: [1] },
    outputs: ['y'],
    nodes: [node(op, ['x', 'w'], ['y'], attributes)],
    tensors: [tensor('w', dims, 1)],
  });
  const [made = assert.fail()] = graph.nodes;
  return layerOf(made, wiringOf(graph))?.layout ?? assert.fail();
}

describe('negligibleChannels', () => {
  const cases: readonly (readonly [string, number[], number[]])[] = [
    ['at most the unit of each', [4, -1, 4 * unit, unit], [1]],
    ['more than the unit of one', [4, 1, 4 * unit, -1.5 * unit], []],
    ['nothing to compare with', [0, unit, 0, 0], []],
    ['compared with what is infinite', [Infinity, 1, 1, 0], []],
    ['not a number', [1, 1, NaN, 0], []],
    ['no weights at all', [1, 1, 0, 0], []],
  ];
  for (const [name, weights, expected] of cases) {
    it(name, () => {
      const layout = layoutOf('Gemm', [2, 2], { transB: 1 });
      const found = negligibleChannels(Float32Array.from(weights), layout, always, unit);
      assert.deepEqual(found, expected);
    });
  }

  it('looks at open inputs alone', () => {
    const layout = layoutOf('Gemm', [2, 2], { transB: 1 });
    const weights = Float32Array.of(1, 1, 2 ** -30, 4);
    assert.deepEqual(
      negligibleChannels(weights, layout, (input) => input === 0, unit),
      [1],
    );
  });

  it('does not compare channels of different groups: they read other inputs', () => {
    const layout = layoutOf('Conv', [2, 1, 1, 1], { group: 2 });
    assert.deepEqual(negligibleChannels(Float32Array.of(1, 1e-12), layout, always, unit), []);
  });
});
