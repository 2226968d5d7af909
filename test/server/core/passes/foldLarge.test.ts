import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import type { Job } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';

const inputs = 1024;
const outputs = 3000;

/** A Gemm of three million weights, 2^20 of which are taken at once, and a batch norm. */
function large(direction: 'backward' | 'forward'): Graph {
  const channels = direction === 'backward' ? outputs : inputs;
  const vector = (name: string, value: (c: number) => number) =>
    tensor(
      name,
      [channels],
      Float32Array.from({ length: channels }, (_, c) => value(c)),
    );
  const names = ['g', 'b', 'm', 'v'];
  const norm = (from: string, to: string) =>
    node('BatchNormalization', [from, ...names], [to], { epsilon: 1 }, 'bn');
  const gemm = (from: string, to: string) => node('Gemm', [from, 'w'], [to], {}, 'fc');
  return graphOf({
    inputs: { x: ['N', inputs] },
    outputs: ['y'],
    nodes:
      direction === 'backward'
        ? [gemm('x', 'h'), norm('h', 'y')]
        : [norm('x', 'h'), gemm('h', 'y')],
    tensors: [
      tensor(
        'w',
        [inputs, outputs],
        Float32Array.from({ length: inputs * outputs }, (_, i) => i % 7),
      ),
      // gamma / sqrt(3 + 1) is 1, 2 or 3; the shift is beta.
      vector('g', (c) => 2 * ((c % 3) + 1)),
      vector('b', (c) => c % 5),
      vector('m', () => 0),
      vector('v', () => 3),
    ],
  });
}

/** Values are small whole numbers, so that sums in any order are exact. */
describe('folding into a weight that is taken in parts', () => {
  for (const direction of ['backward', 'forward'] as const) {
    it(direction, async () => {
      const graph = large(direction);
      let stops = 0;
      const job: Job = {
        checkpoint: async () => {
          stops++;
          await Promise.resolve();
        },
      };
      const { graph: folded, applied } = await foldBatchNorm.run(
        graph,
        foldBatchNorm.defaults,
        job,
      );
      assert.deepEqual(
        applied.map((one) => one.direction),
        [direction],
      );
      const [gemm] = folded.nodes;
      const read = (slot: number) => {
        const found = folded.tensors.get(gemm?.inputs[slot] ?? '');
        assert.ok(found);
        return readFloats(found);
      };
      const was = (i: number, o: number): number => (i * outputs + o) % 7;
      const weights = read(1);
      let wrong = 0;
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const factor = ((direction === 'backward' ? o : i) % 3) + 1;
          if (weights[i * outputs + o] !== was(i, o) * factor) wrong++;
        }
      }
      assert.equal(wrong, 0);
      const bias = read(2);
      for (const o of [0, 1, 1499, 2999]) {
        const sum = Array.from({ length: inputs }, (_, i) => was(i, o) * (i % 5));
        const expected = direction === 'backward' ? o % 5 : sum.reduce((a, b) => a + b, 0);
        assert.equal(bias[o], expected, `bias ${o}`);
      }
      // Three parts are scaled, looked at, and before a fold forward summed: two stops in each.
      const stages = direction === 'backward' ? 2 : 3;
      assert.ok(stops >= 2 + 2 * stages, `${stops} stops`);
    });
  }
});
