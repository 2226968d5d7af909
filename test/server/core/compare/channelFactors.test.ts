import assert from 'node:assert/strict';
import { channelFactors } from '../../../../server/core/compare/channelFactors.ts';
import { matchLayers } from '../../../../server/core/compare/matchLayers.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

const [rows, columns, taps] = [4, 3, 4];

function net(weight: readonly number[], groups = 1): Graph {
  const inputs = groups === 1 ? columns : rows;
  return graphOf({
    inputs: { x: [1, inputs, 8, 8] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w'], ['y'], { kernel_shape: [2, 2], group: groups }, 'conv')],
    tensors: [tensor('w', [rows, inputs / groups, 2, 2], weight)],
  });
}

describe('channelFactors', () => {
  const weight = Array.from(new Random(3).normal(rows * columns * taps));
  const times = (r: readonly number[], c: readonly number[]): number[] =>
    weight.map((value, at) => {
      const cell = Math.floor(at / taps);
      return value * (r[Math.floor(cell / columns)] ?? 0) * (c[cell % columns] ?? 0);
    });
  const found = async (first: Graph, second: Graph): Promise<string | undefined> => {
    const { matches } = await matchLayers(first, second, noJob);
    assert.ok(matches[0]);
    return channelFactors(matches[0]);
  };

  it('finds factors of output channels, signs and zeros too', async () => {
    assert.equal(await found(net(weight), net(times([2, -0.5, 0, 30], [1, 1, 1]))), 'output');
  });

  it('finds factors of output and input channels', async () => {
    assert.equal(await found(net(weight), net(times([2, 0.5, 7, 30], [1, 0.01, 40]))), 'both');
  });

  it('finds those of a depthwise layer', async () => {
    const deep = weight.slice(0, rows * taps);
    const scaled = deep.map((value, at) => value * (1 + Math.floor(at / taps)));
    assert.equal(await found(net(deep, rows), net(scaled, rows)), 'output');
  });

  it('says the same in both directions, with zeros in one and very uneven channels', async () => {
    const equalized = times([2, 1e-3, 0, 30], [1, 4, 1]);
    const folded = times([2, 1e-3, 0, 30], [1, 1, 1]);
    const withoutInput = times([2, 1e-3, 0, 30], [1, 4, 0]);
    for (const [made, kind] of [
      [equalized, 'both'],
      [folded, 'output'],
      [withoutInput, 'both'],
    ] as const) {
      assert.equal(await found(net(weight), net(made)), kind);
      assert.equal(await found(net(made), net(weight)), kind);
    }
    // What a large channel hides in one direction shows in the other.
    const uneven = times([1e-5, 1, 1, 1], [1, 1, 1]).map((value, at) =>
      at === 2 ? value * 1.5 : value,
    );
    assert.equal(await found(net(weight), net(uneven)), undefined);
    assert.equal(await found(net(uneven), net(weight)), undefined);
  });

  it('finds none where the weights are equal, or others', async () => {
    assert.equal(await found(net(weight), net(weight)), undefined);
    const moved = weight.map((value, at) => (at === 5 ? value + 0.01 : value));
    assert.equal(await found(net(weight), net(moved)), undefined);
  });
});
