import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StatisticsCollector } from '../../../../server/core/ranges/statisticsCollector.ts';
import { SinglesCollector } from '../../../../server/engines/tasks/singlesCollector.ts';
import {
  kernelSingles,
  StatisticsKernels,
} from '../../../../server/engines/tasks/statisticsKernels.ts';
import { statisticsSource } from '../../../../server/engines/tasks/statisticsWasm.ts';
import { Random } from '../../../kit/random.ts';

const random = new Random(3);
const of = (...values: number[]): Float32Array => Float32Array.from(values);
const lengths = [0, 1, 2, 3, 5, 4095, 4096, 4099, kernelSingles - 1, kernelSingles, 50_001];

/** Tensors, each list for one collector. */
const cases: Record<string, readonly Float32Array[]> = {
  'tensors of every length': lengths.map((length) => random.normal(length, 0.3, 2)),
  'ranges that widen': [1e-30, 1e-5, 1, 3, 700].map((size) => random.uniform(9001, -size, size)),
  'ranges above 2048, whose bins are wider than 1': [random.uniform(40_000, -5, 30_000)],
  'values far from zero': [random.uniform(20_000, 1e6, 1e6 + 1), random.uniform(20_000, 0, 1e6)],
  'tiny values below zero': [of(-1e-40, 1, 0, -0, 1.5), of(-1e-45, 0.25, 1e-44)],
  'nothing but zero': [new Float32Array(100), of(-0, -0), new Float32Array(20_000)],
  'one value': [new Float32Array(20_000).fill(-3), new Float32Array(20_000).fill(-3)],
  'edges of bins': [Float32Array.from({ length: 20_000 }, (_, i) => (i - 9000) / 1024)],
  'values that are not finite': [
    random.normal(20_000),
    Float32Array.from({ length: 40_000 }, (_, i) => [1, NaN, Infinity, -i, -Infinity][i % 5] ?? 0),
    random.normal(20_000).fill(NaN, 18_000, 18_001),
    of(NaN, NaN),
    random.normal(20_000),
  ],
  'the largest singles': [of(3.4e38, -3.4e38, 1), new Float32Array(30_000).fill(3.4e38)],
};

describe('SinglesCollector', () => {
  const kernels = StatisticsKernels.create() ?? assert.fail('no SIMD');

  for (const histogram of [undefined, 'dynamic'] as const) {
    for (const [what, tensors] of Object.entries(cases)) {
      const kind = histogram ? 'with' : 'without';
      it(`collects the bits that the plain loops collect of ${what}, ${kind} histogram`, () => {
        const fast = new SinglesCollector(kernels, histogram);
        const plain = new StatisticsCollector({ histogram });
        for (const tensor of tensors) {
          fast.add(tensor);
          plain.add(tensor);
          assert.deepEqual(fast.result(), plain.result());
        }
        // once more without a result between, which settles what was counted
        for (const tensor of [...tensors, ...tensors]) {
          fast.add(tensor);
          plain.add(tensor);
        }
        assert.deepEqual(fast.result(), plain.result());
      });
    }
  }

  it('keeps the counts of several histograms apart', () => {
    const pairs = [1, 2, 3].map((seed) => ({
      fast: new SinglesCollector(kernels, 'dynamic'),
      plain: new StatisticsCollector({ histogram: 'dynamic' }),
      tensors: [new Random(seed).normal(30_000), new Random(seed + 10).normal(30_000)],
    }));
    for (const round of [0, 1]) {
      for (const { fast, plain, tensors } of pairs) {
        fast.add(tensors[round] ?? of());
        plain.add(tensors[round] ?? of());
      }
    }
    for (const { fast, plain } of pairs) assert.deepEqual(fast.result(), plain.result());
  });

  it('runs kernels made from the source that is there', () => {
    const source = new URL('../../../../.scripts/kernels/statistics.ts', import.meta.url);
    const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
    assert.equal(statisticsSource, hash, 'run node .scripts/makeKernels.mjs');
  });
});
