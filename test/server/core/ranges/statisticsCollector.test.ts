import assert from 'node:assert/strict';
import { mergeStatistics } from '../../../../server/core/ranges/mergeStatistics.ts';
import {
  StatisticsCollector,
  statisticsOf,
} from '../../../../server/core/ranges/statisticsCollector.ts';
import type { HistogramKind, ValueStatistics } from '../../../../server/core/ranges/statistics.ts';
import { Random } from '../../../kit/random.ts';

/** Sums of some thousand doubles in another order. */
const relative = 1e-12;

const near = (got: number, want: number): void =>
  assert.ok(Math.abs(got - want) <= relative * Math.max(1, Math.abs(want)), `${got}, not ${want}`);

function collect(
  parts: readonly (Float32Array | Float64Array)[],
  histogram: HistogramKind | undefined = 'dynamic',
): ValueStatistics {
  const collector = new StatisticsCollector({ histogram });
  for (const part of parts) collector.add(part);
  return collector.result();
}

/** All but the sums, whose last digits depend on the order. */
const exactPart = ({ sum, sumSquares, ...rest }: ValueStatistics): unknown => ({
  ...rest,
  hasSums: Number.isFinite(sum) && Number.isFinite(sumSquares),
});

describe('StatisticsCollector', () => {
  it('has count, range and sums', () => {
    const made = statisticsOf(Float32Array.of(1, -2, 0.5, 4, -0.25));
    assert.deepEqual(made, {
      count: 5,
      notFinite: 0,
      min: -2,
      max: 4,
      sum: 3.25,
      sumSquares: 21.3125,
    });
  });

  it('leaves out what is not finite, and counts it', () => {
    for (const type of [Float32Array, Float64Array]) {
      const made = statisticsOf(type.of(NaN, 1, Infinity, -3, -Infinity, NaN), 'dynamic');
      const { count, notFinite, min, max, sum, sumSquares } = made;
      assert.deepEqual([count, notFinite, min, max, sum, sumSquares], [2, 4, -3, 1, -2, 10]);
      assert.equal(
        made.histogram?.counts.reduce((a, b) => a + b),
        2,
      );
    }
  });

  it('has an empty range of nothing', () => {
    for (const values of [[], [new Float32Array(0)], [Float32Array.of(NaN)]]) {
      const made = collect(values);
      assert.deepEqual([made.count, made.min, made.max], [0, Infinity, -Infinity]);
      assert.equal(made.histogram, undefined);
    }
  });

  it('is the same for doubles and for arrays that are views', () => {
    const values = new Random(3).normal(10001);
    const whole = new Float32Array(10003);
    whole.set(values, 2);
    assert.deepEqual(statisticsOf(whole.subarray(2), 'dynamic'), statisticsOf(values, 'dynamic'));
    const doubles = statisticsOf(Float64Array.from(values), 'dynamic');
    assert.deepEqual(exactPart(doubles), exactPart(statisticsOf(values, 'dynamic')));
  });

  it('has statistics of each channel, whichever axis they are on', () => {
    const random = new Random(8);
    const cases: readonly (readonly [readonly number[], number])[] = [
      [[2, 3, 4, 5], 1],
      [[2, 4, 5, 3], 3],
      [[2, 4, 5, 3], -1],
      [[3, 7], 0],
      [[1, 2, 9000], 1],
    ];
    for (const [dims, channelAxis] of cases) {
      const count = dims.reduce((a, b) => a * b, 1);
      const axis = channelAxis < 0 ? channelAxis + dims.length : channelAxis;
      const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
      const tensors = [random.normal(count, 0.3), random.normal(count, -0.1)];
      tensors[0]![1] = NaN;
      const collector = new StatisticsCollector({ channelAxis });
      for (const values of tensors) collector.add(values, dims);
      const { channels } = collector.result();
      assert.ok(channels);
      for (let c = 0; c < dims[axis]!; c++) {
        const own = tensors
          .flatMap((values) =>
            [...values].filter((_, i) => Math.floor(i / inner) % dims[axis]! === c),
          )
          .filter(Number.isFinite);
        const { min, max, sum } = statisticsOf(Float32Array.from(own));
        assert.deepEqual(
          [channels.count[c], channels.min[c], channels.max[c]],
          [own.length, min, max],
        );
        near(channels.sum[c]!, sum);
      }
      near(
        channels.sum.reduce((a, b) => a + b),
        collector.result().sum,
      );
    }
  });

  it('refuses tensors without the axis, or of other channels, and counts nothing of them', () => {
    const collector = new StatisticsCollector({ channelAxis: 1 });
    collector.add(new Float32Array(6), [2, 3]);
    assert.throws(() => collector.add(new Float32Array(8), [2, 4]), /4 channels after .* of 3/);
    assert.throws(() => collector.add(new Float32Array(8), [8]), /no axis 1/);
    assert.equal(collector.result().count, 6);
  });
});

describe('the dynamic histogram', () => {
  const random = new Random(21);
  const shapes: readonly Float32Array[][] = [
    [random.normal(500), random.normal(500, 3), random.normal(300, -40, 9)],
    [new Float32Array(10), random.uniform(400, 0, 1e-6), random.uniform(40, 0, 1e6)],
    [Float32Array.of(5), Float32Array.of(5, 5), Float32Array.of(5.0000005), Float32Array.of(-1e30)],
    [random.uniform(300, 0, 6), random.uniform(300, 0, 6).map((v) => Math.min(v, 3))],
    [Float32Array.of(-1e-42, 0), Float32Array.of(-1024, 1e-40), random.normal(50, 0, 100)],
    [Float32Array.of(3.4e38, -3.4e38), Float32Array.of(1, -1)],
  ];

  it('counts as a single pass with the final bins does; zero is an edge', () => {
    for (const parts of shapes) {
      const { histogram, min, max } = collect(parts);
      assert.ok(histogram);
      const { start, width, counts } = histogram;
      assert.ok(Number.isInteger(Math.log2(width)) && Number.isInteger(start / width));
      const expected = new Float64Array(2048);
      for (const value of parts.flatMap((part) => [...part])) {
        expected[Math.floor(value / width) - start / width]! += 1;
      }
      assert.deepEqual(counts, expected);
      assert.ok(start <= min && min < start + width && max < start + 2048 * width);
    }
  });

  it('has bins as narrow as fit', () => {
    for (let i = 0; i < 50; i++) {
      const values = random.normal(200, 10 * random.next(), 2 ** (20 * random.next()));
      const { histogram, min, max } = statisticsOf(values, 'dynamic');
      const half = histogram!.width / 2;
      assert.ok(Math.floor(max / half) - Math.floor(min / half) >= 2048);
    }
  });

  it('merges to what adding gives, in any order', () => {
    for (const parts of shapes) {
      const added = collect(parts);
      const backwards = collect([...parts].reverse());
      const merged = parts
        .map((part) => collect([part]))
        .reduce((a, b) => mergeStatistics(b, a), collect([]));
      assert.deepEqual(exactPart(backwards), exactPart(added));
      assert.deepEqual(exactPart(merged), exactPart(added));
      near(merged.sum, added.sum);
    }
  });
});

describe('mergeStatistics', () => {
  it('merges channels', () => {
    const one = new StatisticsCollector({ channelAxis: 1 });
    const other = new StatisticsCollector({ channelAxis: 1 });
    one.add(Float32Array.of(1, 2, 3, 4), [2, 2]);
    other.add(Float32Array.of(-1, 7), [1, 2]);
    const merged = mergeStatistics(one.result(), other.result());
    one.add(Float32Array.of(-1, 7), [1, 2]);
    assert.deepEqual(merged, one.result());
    const three = new StatisticsCollector({ channelAxis: 0 });
    three.add(new Float32Array(3));
    assert.throws(() => mergeStatistics(merged, three.result()), /2 and 3 channels/);
  });

  it('refuses what only adding in order can give', () => {
    const a = collect([Float32Array.of(1, 2)], 'tf_enhanced');
    assert.throws(() => mergeStatistics(a, a), /tf_enhanced and tf_enhanced cannot be merged/);
    const dynamic = collect([Float32Array.of(1, 2)]);
    assert.throws(() => mergeStatistics(dynamic, a), /dynamic and tf_enhanced/);
    assert.throws(() => mergeStatistics(dynamic, statisticsOf(Float32Array.of(1))), /no histogram/);
    assert.deepEqual(mergeStatistics(a, collect([], 'tf_enhanced')).histogram, a.histogram);
  });
});

describe('the histograms of AIMET', () => {
  it('keep the bins of the first tensor that is not zero, drop the rest, and count calls alike', () => {
    const parts = [new Float32Array(3), Float32Array.of(0, 512), Float32Array.of(1.5, 2, 9999, 3)];
    const { histogram } = collect(parts, 'tf_enhanced');
    assert.ok(histogram);
    assert.deepEqual([histogram.start, histogram.width, histogram.counts.length], [-512, 1, 1536]);
    const used = [...histogram.counts.entries()].filter(([, part]) => part > 0);
    // second call: a quarter each, 9999 outside; means over two calls
    const expected: [number, number][] = [
      [512, 1 / 4],
      [513, 1 / 8],
      [514, 1 / 8],
      [515, 1 / 8],
      [1024, 1 / 4],
    ];
    assert.deepEqual(used, expected);
  });

  it('v1 has 512 bins whose edges are centres', () => {
    const { histogram } = collect([Float32Array.of(0, 512)], 'tf_enhanced_v1');
    assert.ok(histogram);
    assert.deepEqual([histogram.start, histogram.width, histogram.counts.length], [-512, 3, 512]);
    const used = [...histogram.counts.keys()].filter((i) => histogram.counts[i]! > 0);
    assert.deepEqual(used, [171, 341]); // round(512/3) = 171, round(1024/3) = 341
  });
});
