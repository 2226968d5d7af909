import assert from 'node:assert/strict';
import { noJob } from '../../../../server/core/job.ts';
import {
  absorbHighBias,
  type AbsorbApplied,
} from '../../../../server/core/passes/absorbHighBias.ts';
import { intTensor } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** More than the float32 rounding of outputs of up to 36 products, some thousands large. */
const visible = 2e-3;
const float32 = { relative: 1e-5, absolute: visible };

/** Takes c = (20, -30, 40, 10) from the layer `a`, with no activation behind it. */
async function measured(
  net: Net,
): Promise<{ applied: AbsorbApplied; largest: number; share: number }> {
  const ones = [1, 1, 1, 1];
  const known = {
    batchNorm: 'n',
    gamma: ones,
    beta: [20, -30, 40, 10],
    scale: ones,
    absorbed: [0, 0, 0, 0],
  };
  const graph = { ...net.graph(), statistics: new Map([['a.y', known]]) };
  const options = { ...absorbHighBias.defaults, allowBorderEffect: true };
  const result = await absorbHighBias.run(graph, options, noJob);
  const [applied] = result.applied;
  assert.ok(applied);
  const feeds = randomFeeds(graph, new Random(9));
  const before = (await runGraph(graph, feeds)).get(net.value);
  const after = (await runGraph(result.graph, feeds)).get(net.value);
  assert.ok(before && after);
  const channels = before.dims[1] ?? 0;
  const positions = before.values.length / channels;
  let largest = 0;
  let count = 0;
  for (let p = 0; p < positions; p++) {
    let moved = 0;
    for (let o = 0; o < channels; o++) {
      const at = o * positions + p;
      moved = Math.max(moved, Math.abs((before.values[at] ?? 0) - (after.values[at] ?? 0)));
    }
    largest = Math.max(largest, moved);
    if (moved > visible) count++;
  }
  return { applied, largest, share: count / positions };
}

const first = (shape = [1, 3, 9, 8]): Net =>
  new Net(shape, 5).conv('a', [4, 3, ...shape.slice(2).map(() => 1)], 4);

describe('borderEffect', () => {
  const cases: readonly (readonly [string, Net])[] = [
    ['pads of 1', first().conv('b', [5, 4, 3, 3], 5, { pads: [1, 1, 1, 1] })],
    ['no padding', first().conv('b', [5, 4, 3, 3], 5)],
    ['uneven pads', first().conv('b', [5, 4, 3, 2], 5, { pads: [2, 0, 1, 1] })],
    ['a pad beside a kernel of 1', first().conv('b', [5, 4, 1, 1], 5, { pads: [1, 0, 0, 0] })],
    ['strides', first().conv('b', [5, 4, 3, 3], 5, { pads: [1, 1, 1, 1], strides: [2, 2] })],
    ['dilations', first().conv('b', [5, 4, 3, 3], 5, { pads: [2, 1, 2, 1], dilations: [2, 1] })],
    ['SAME_UPPER', first().conv('b', [5, 4, 3, 3], 5, { auto_pad: 'SAME_UPPER', strides: [2, 2] })],
    ['SAME_LOWER', first().conv('b', [5, 4, 2, 2], 5, { auto_pad: 'SAME_LOWER' })],
    ['depthwise', first().conv('b', [4, 1, 3, 3], 4, { group: 4, pads: [1, 1, 1, 1] })],
    ['groups', first().conv('b', [6, 2, 3, 3], 6, { group: 2, pads: [0, 1, 0, 1] })],
    ['one axis', first([1, 3, 10]).conv('b', [5, 4, 4], 5, { pads: [3, 0] })],
    ['transposed', first().conv('b', [4, 5, 3, 3], 5, { pads: [1, 0, 1, 0] }, 'ConvTranspose')],
    ...(
      [
        ['transposed SAME_UPPER', { auto_pad: 'SAME_UPPER' }],
        ['transposed SAME_LOWER', { auto_pad: 'SAME_LOWER', dilations: [1, 2] }],
        ['transposed to an output_shape', { output_shape: [9, 9] }],
      ] as const
    ).map(
      ([name, attributes]) =>
        [name, first().conv('b', [4, 5, 4, 3], 5, attributes, 'ConvTranspose')] as const,
    ),
    ['a transposed kernel of 1', first().conv('b', [4, 5, 1, 1], 5, {}, 'ConvTranspose')],
    [
      'a Pad node before it',
      first()
        .op('Pad', {}, [intTensor('p', [0, 0, 1, 0, 0, 0, 0, 2])])
        .conv('b', [5, 4, 3, 3], 5, { pads: [1, 0, 0, 0] }),
    ],
  ];
  for (const [name, net] of cases) {
    it(`${name}: the size and the share that ONNX Runtime shows`, async () => {
      const { applied, largest, share } = await measured(net);
      closeTo([applied.borderEffect], [largest], float32, 'effect');
      closeTo([applied.borderShare], [share], { relative: 1e-12, absolute: 0 }, 'share');
    });
  }

  it('is a bound where a pool between them counts padding', async () => {
    const pool = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 };
    const net = first().op('AveragePool', pool).conv('b', [5, 4, 3, 3], 5);
    const { applied, largest, share } = await measured(net);
    assert.ok(largest > visible && applied.borderEffect >= largest);
    assert.ok(applied.borderShare >= share);
  });

  it('does not mind a pool that leaves padding out', async () => {
    const pool = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    for (const op of ['AveragePool', 'MaxPool']) {
      const { applied, largest } = await measured(first().op(op, pool).conv('b', [5, 4, 3, 3], 5));
      assert.equal(applied.borderEffect, 0);
      assert.ok(largest < visible);
    }
  });
});
