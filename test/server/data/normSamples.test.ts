import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { opened, refused } from '../../kit/samples.ts';

const norm = node('BatchNormalization', ['h', 's', 'b', 'm', 'v'], ['y']);
const statistics = (mean: readonly number[], variance: readonly number[]) => [
  tensor(
    's',
    [mean.length],
    mean.map(() => 1),
  ),
  tensor(
    'b',
    [mean.length],
    mean.map(() => 0),
  ),
  tensor('m', [mean.length], mean),
  tensor('v', [mean.length], variance),
];

/** Mean and deviation of each channel over all samples. */
async function spread(graph: Graph, axis: number): Promise<[mean: number, deviation: number][]> {
  const samples = await opened('synthetic:bn:5', graph.inputs, { graph });
  const sums: [number, number, number][] = [];
  for (let at = 0; at < samples.count; at++) {
    const x = (await samples.feeds(at)).get('x');
    const inner = (x?.dims ?? []).slice(axis + 1).reduce((a, b) => a * b, 1);
    for (const [i, value] of (x?.values as Float32Array).entries()) {
      const sum = (sums[Math.floor(i / inner) % (x?.dims[axis] ?? 1)] ??= [0, 0, 0]);
      sum[0]++;
      sum[1] += value;
      sum[2] += value * value;
    }
  }
  return sums.map(([n, a, b]) => [a / n, Math.sqrt(b / n - (a / n) ** 2)]);
}

function assertNear(
  found: readonly [number, number][],
  expected: readonly [number, number][],
): void {
  for (const [c, [mean, deviation]] of expected.entries()) {
    const [m = NaN, s = NaN] = found[c] ?? [];
    // 8 samples of 400 values: the error of the mean is deviation / sqrt(3200); five times that.
    const slack = (5 * deviation) / Math.sqrt(3200);
    assert.ok(Math.abs(m - mean) < slack, `channel ${c}: mean ${m}, not ${mean}`);
    assert.ok(Math.abs(s - deviation) < slack, `channel ${c}: deviation ${s}, not ${deviation}`);
  }
}

describe('synthetic samples from the first batch norm', () => {
  it('have its means and deviations where it normalizes the input', async () => {
    const graph = graphOf({
      inputs: { x: ['n', 20, 20, 2] },
      outputs: ['y'],
      nodes: [node('Transpose', ['x'], ['h'], { perm: [0, 3, 1, 2] }), norm],
      tensors: statistics([120, -3], [400, 4]),
    });
    assertNear(await spread(graph, 3), [
      [120, 20],
      [-3, 2],
    ]);
  });

  it('are found behind a Conv', async () => {
    // Outputs: x0, 2 x1, x0 + x1 of means 5 and -1; weights squared sum to 1 + 4 + 2 = 7, and a
    // deviation of 3 gives variances of 9, 36 and 18.
    const graph = graphOf({
      inputs: { x: ['n', 2, 20, 20] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w', 'bias'], ['h']), norm],
      tensors: [
        tensor('w', [3, 2, 1, 1], [1, 0, 0, 2, 1, 1]),
        tensor('bias', [3], [0, 10, 0]),
        ...statistics([5, 8, 4], [9, 36, 18]),
      ],
    });
    assertNear(await spread(graph, 1), [
      [5, 3],
      [-1, 3],
    ]);
  });

  it('are refused where there is none', async () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    const fault = await refused('synthetic:bn', graph.inputs, { graph });
    assert.equal(fault.code, 'no-statistics');
  });
});
