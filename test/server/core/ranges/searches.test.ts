import assert from 'node:assert/strict';
import { encodingOf, type GridFormat } from '../../../../server/core/quant/grid.ts';
import { entropyRange } from '../../../../server/core/ranges/entropy.ts';
import { findGrid } from '../../../../server/core/ranges/findGrid.ts';
import { middleError, spreadError } from '../../../../server/core/ranges/histogramError.ts';
import { percentileRange } from '../../../../server/core/ranges/percentile.ts';
import { statisticsOf } from '../../../../server/core/ranges/statisticsCollector.ts';
import { Random } from '../../../kit/random.ts';

const asymmetric = (bits: number): GridFormat => ({
  bits,
  symmetry: 'asymmetric',
  isPowerOfTwo: false,
});

/** What rounding the values themselves costs, a mean of squares. */
function trueError(values: Float32Array, grid: ReturnType<typeof encodingOf>): number {
  let sum = 0;
  for (const v of values) {
    const q = Math.min(Math.max(Math.round(v / grid.scale), grid.lowest), grid.highest);
    sum += (v - q * grid.scale) ** 2;
  }
  return sum / values.length;
}

describe('spreadError', () => {
  const counts = Float64Array.of(3, 0, 2, 5, 0, 1);
  const histogram = { start: -2, width: 1, counts };
  const statistics = { count: 11, min: -1.5, max: 3.25 };
  const grids = [
    { scale: 0.3, lowest: -3, highest: 4 },
    { scale: 1.7, lowest: -1, highest: 2 },
    { scale: 0.01, lowest: -100, highest: 155 },
    { scale: 0.0001, lowest: -32768, highest: 32767 },
  ];
  for (const grid of grids) {
    it(`is the integral over the bins: steps of ${grid.scale}`, () => {
      const bins = [
        [-1.5, -1, 3],
        [0, 1, 2],
        [1, 2, 5],
        [3, 3.25, 1],
      ] as const;
      let expected = 0;
      const points = 200000;
      for (const [low, high, count] of bins) {
        for (let i = 0; i < points; i++) {
          const x = low + ((i + 0.5) / points) * (high - low);
          const q = Math.min(Math.max(Math.round(x / grid.scale), grid.lowest), grid.highest);
          expected += ((count / points) * (x - q * grid.scale) ** 2) / 11;
        }
      }
      const got = spreadError(histogram, statistics)(grid);
      // the sum over points stands for the integral: 20 points a step in the finest grid
      assert.ok(Math.abs(got / expected - 1) < 0.005, `${got}, not ${expected}`);
    });
  }

  it('takes values at the very end of a bin as they are', () => {
    const grid = { scale: 4, lowest: -1, highest: 2 };
    const one = { start: 0, width: 1, counts: Float64Array.of(0, 0, 0, 2) };
    // both at 3: 1 from level 1
    assert.equal(spreadError(one, { count: 2, min: 3, max: 3 })(grid), 1);
  });

  it('middleError: the middles of bins', () => {
    const grid = { scale: 1, lowest: 0, highest: 2 };
    // middles -1.5 (clipped to 0), 0.5, 1.5 (0.5 away) and 3.5 (clipped to 2)
    const expected = (3 * 2.25 + 7 * 0.25 + 2.25) / 11;
    assert.ok(Math.abs(middleError(histogram)(grid) - expected) < 1e-15);
  });
});

describe('the sqnr search', () => {
  const random = new Random(31);
  const shapes: Readonly<Record<string, Float32Array>> = {
    normal: random.normal(20000),
    rectified: random.normal(20000).map((v) => Math.max(0, v)),
    swish: random.normal(20000, 0, 3).map((v) => v / (1 + Math.exp(-v))),
    laplace: random.uniform(20000).map((v) => Math.sign(v) * -Math.log(1 - Math.abs(v))),
    outlier: random.normal(20000).map((v, i) => (i === 9 ? 60 : v)),
  };
  for (const [name, values] of Object.entries(shapes)) {
    for (const bits of [3, 4, 8]) {
      it(`finds what trying all ends finds: ${name}, ${bits} bits`, () => {
        const statistics = statisticsOf(values, 'dynamic');
        const found = trueError(values, findGrid(statistics, 'sqnr', asymmetric(bits)));
        let least = Infinity;
        const sparse = values.filter((_, i) => i % 10 === 0 || Math.abs(values[i]!) > 10);
        let best = encodingOf(statistics.min, statistics.max, asymmetric(bits));
        for (let low = 1; low <= 24; low++) {
          for (let high = 1; high <= 24; high++) {
            const [a, b] = [(statistics.min * low) / 24, (statistics.max * high) / 24];
            const grid = encodingOf(a, b, asymmetric(bits));
            const error = trueError(sparse, grid);
            if (error < least) [least, best] = [error, grid];
          }
        }
        // 5 percent, 0.2 dB: the histogram instead of the values, a valley beside the deepest
        assert.ok(found <= 1.05 * trueError(values, best), `${found}, ${trueError(values, best)}`);
      });
    }
  }

  it('moves each end alone, and both together where the grid is symmetric', () => {
    const values = random.normal(20000).map((v) => (v < 0 ? v * 0.05 : v));
    values[0] = -3;
    const grid = findGrid(statisticsOf(values, 'dynamic'), 'sqnr', asymmetric(4));
    assert.ok(grid.min > -0.5 && grid.max > 2, JSON.stringify(grid));
    const symmetric = { ...asymmetric(4), symmetry: 'symmetric' } as const;
    const same = findGrid(statisticsOf(values, 'dynamic'), 'sqnr', symmetric);
    assert.deepEqual([same.lowest, same.highest], [-8, 7]);
  });
});

describe('percentileRange', () => {
  const histogram = { start: -2, width: 1, counts: Float64Array.of(1, 2, 94, 2, 1) };
  const statistics = { count: 100, min: -1.5, max: 2.9 };
  // shares up to each bin: .01 .03 .97 .99 1
  const rows: readonly [number, [number, number]][] = [
    [100, [-1.5, 2.9]],
    [99.5, [-1.5, 2]],
    [99, [-1.5, 1]],
    [98, [-1, 1]],
  ];
  for (const [percent, expected] of rows) {
    it(`by hand: ${percent}`, () => {
      assert.deepEqual(percentileRange(histogram, statistics, percent), expected);
    });
  }

  it('has a bin at least, and keeps the upper end where the first bin holds nearly all', () => {
    // 0.03 < 0.96 <= 0.97: the range ends before the bin it begins with
    assert.deepEqual(percentileRange(histogram, statistics, 96), [0, 1]);
    const mostlyZero = { start: 0, width: 1, counts: Float64Array.of(999, 0, 0, 1) };
    const seen = { count: 1000, min: 0, max: 3.5 };
    assert.deepEqual(percentileRange(mostlyZero, seen, 99), [0, 3.5]);
  });
});

describe('entropyRange', () => {
  const histogram = { start: 0, width: 1, counts: Float64Array.of(8, 8, 8, 8, 8, 8, 0, 1) };
  const statistics = { count: 49, min: 0, max: 7.5 };

  it('by hand: 3 levels on 8 bins', () => {
    // divergences: all 8 bins 0.0632, 6 bins 0.0010, 4 bins 0.155
    assert.deepEqual(entropyRange(histogram, statistics, asymmetric(2)), [0, 6]);
  });

  it('says nothing with less than two bins a level, or less values than bins', () => {
    assert.equal(entropyRange(histogram, statistics, asymmetric(3)), undefined);
    const few = { ...histogram, counts: histogram.counts.map((c) => (c > 1 ? 1 : c)) };
    assert.equal(entropyRange(few, { ...statistics, count: 7 }, asymmetric(2)), undefined);
    const normal = statisticsOf(new Random(2).normal(5000), 'dynamic');
    const wide = asymmetric(16);
    assert.deepEqual(findGrid(normal, 'entropy', wide), findGrid(normal, 'minmax', wide));
  });

  it('cuts an outlier off, on both sides towards zero', () => {
    const values = new Random(6).normal(50000);
    values[0] = 12;
    const made = findGrid(statisticsOf(values, 'dynamic'), 'entropy', asymmetric(8));
    assert.ok(made.max < 6 && made.min < -3 && made.max > 2.5, JSON.stringify(made));
  });

  it('works far from zero, and where all values are negative', () => {
    for (const mean of [100, -100]) {
      const statistics = statisticsOf(new Random(6).normal(50000, mean), 'dynamic');
      const made = findGrid(statistics, 'entropy', asymmetric(8));
      const farthest = Math.max(-made.min, made.max);
      assert.ok(farthest > 99 && farthest < 106, JSON.stringify(made));
    }
  });
});
