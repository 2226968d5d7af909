import assert from 'node:assert/strict';
import type { WeightLayout } from '../../../../server/core/graph/layer.ts';
import {
  axisRows,
  channelRows,
  gatherChannels,
  turnAt,
} from '../../../../server/core/kernels/channelRows.ts';
import { patternLayer } from '../../../kit/patternWeights.ts';

/** The output channel of every element, by walking the rows from row `from` on. */
function channelsFrom(layout: WeightLayout, from: number): number[] {
  const rows = channelRows(layout);
  const found: number[] = [];
  for (let row = from; row < rows.count;) {
    const turn = turnAt(rows, row);
    for (let c = turn.channel; c < turn.end; c++) {
      for (let k = 0; k < rows.length; k++) found.push(c);
    }
    row = turn.next;
  }
  return found;
}

/** The output channel of every element, by the definition of a layout. */
function channelsByDefinition(layout: WeightLayout): number[] {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const found: number[] = [];
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      for (let i = 0; i < inPerGroup; i++) {
        for (let k = 0; k < taps; k++) {
          found[g * stride.g + o * stride.o + i * stride.i + k] = g * outPerGroup + o;
        }
      }
    }
  }
  return found;
}

describe('channelRows', () => {
  const specs = [
    { op: 'Conv', dims: [6, 2, 3], group: 3, transB: 0 },
    { op: 'Conv', dims: [5, 1, 3], group: 5, transB: 0 },
    { op: 'ConvTranspose', dims: [6, 4, 2], group: 3, transB: 0 },
    { op: 'ConvTranspose', dims: [6, 1, 2], group: 6, transB: 0 },
    { op: 'ConvTranspose', dims: [3, 4, 1], group: 1, transB: 0 },
    { op: 'Gemm', dims: [3, 4], group: 1, transB: 1 },
    { op: 'Gemm', dims: [3, 4], group: 1, transB: 0 },
    { op: 'MatMul', dims: [4, 1], group: 1, transB: 0 },
    { op: 'MatMul', dims: [1, 4], group: 1, transB: 0 },
  ];
  for (const spec of specs) {
    it(`follows ${spec.op} [${spec.dims.join(', ')}], from any row`, () => {
      const { layout } = patternLayer(spec, [1]);
      const all = channelsByDefinition(layout);
      const rows = channelRows(layout);
      for (let row = 0; row < rows.count; row++) {
        assert.deepEqual(channelsFrom(layout, row), all.slice(row * rows.length), `from ${row}`);
      }
    });
  }

  it('refuses a layout that is not packed', () => {
    const stride = { g: 0, o: 100, i: 7 };
    const layout = { groups: 1, outPerGroup: 2, inPerGroup: 3, taps: 4, stride };
    assert.throws(() => channelRows(layout), /not packed/);
  });
});

describe('axisRows and gatherChannels', () => {
  it('put the elements of each channel together, in their order', () => {
    const dims = [2, 3, 2];
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    const gathered = (axis: number | undefined): number[] => [
      ...gatherChannels(values, axisRows(dims, axis)),
    ];
    assert.deepEqual(gathered(undefined), [...values]);
    assert.deepEqual(gathered(0), [...values]);
    assert.deepEqual(gathered(1), [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
    assert.deepEqual(gathered(2), [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    assert.throws(() => axisRows(dims, 3), /3 dimensions have no axis 3/);
  });

  it('know the groups of a ConvTranspose', () => {
    const layer = patternLayer({ op: 'ConvTranspose', dims: [4, 2, 1], group: 2, transB: 0 }, [1]);
    const values = Float32Array.from({ length: 8 }, (_, i) => i);
    // inputs 0, 1 of group 0: outputs 0, 1; inputs 2, 3 of group 1: outputs 2, 3
    const gathered = gatherChannels(values, channelRows(layer.layout));
    assert.deepEqual([...gathered], [0, 2, 1, 3, 4, 6, 5, 7]);
  });
});
