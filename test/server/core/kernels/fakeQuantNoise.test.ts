import assert from 'node:assert/strict';
import type { ChannelRows } from '../../../../server/core/kernels/channelRows.ts';
import { NoiseCollector } from '../../../../server/core/kernels/fakeQuantNoise.ts';

/** Values on a tensor's grid of step 1 from -2 to 1, and channels' of steps 1, 0.5 and 2. */
const tensor = { bits: 2, min: -2, max: 1, scale: 1, lowest: -2, highest: 1 };
const channels = {
  bits: 2,
  scale: Float64Array.of(1, 0.5, 2),
  lowest: Float64Array.of(-2, -4, -1),
  highest: Float64Array.of(1, 2, 3),
};

/** Errors by hand, of one element: what it is less what it becomes. */
const inside = {
  values: [0.25, 0.25, 0.25, -0.75, -0.75, -0.75],
  tensor: [0.25, 0.25, 0.25, 0.25, 0.25, 0.25],
  channel: [0.25, 0.25, 0.25, 0.25, 0.25, -0.75], // 0.5 and -1.5 steps: halves to even, 0 and -2
};
const outside = {
  values: [3, 3, 8, -4, -4, -4],
  tensor: [2, 2, 7, -2, -2, -2],
  channel: [2, 2, 2, -2, -2, -2],
};
const squares = (errors: readonly number[]): number => errors.reduce((sum, e) => sum + e * e, 0);

/** Two elements a channel: side by side, or a channel in every third place. */
const orders: readonly (readonly [string, ChannelRows, readonly number[]])[] = [
  ['rows', { length: 2, count: 3, channels: 3, turn: 3, repeats: 1 }, [0, 3, 1, 4, 2, 5]],
  [
    'scattered elements',
    { length: 1, count: 6, channels: 3, turn: 3, repeats: 2 },
    [0, 1, 2, 3, 4, 5],
  ],
];

describe('NoiseCollector', () => {
  for (const [name, rows, order] of orders) {
    for (const clips of [false, true]) {
      it(`adds up squared errors of ${name}${clips ? ', which may clip' : ''}`, () => {
        const { values, ...errors } = clips ? outside : inside;
        const collector = new NoiseCollector(rows, tensor, channels, clips);
        collector.add(
          Float32Array.from(order, (at) => values[at] ?? NaN),
          0,
        );
        assert.deepEqual(collector.finish(), {
          tensor: squares(errors.tensor),
          channel: squares(errors.channel),
        });
      });
    }
  }
});
