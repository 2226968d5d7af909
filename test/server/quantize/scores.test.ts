import assert from 'node:assert/strict';
import type { ContenderScores } from '../../../server/quantize/evaluate.ts';
import { gainOf, metricText, valueOf } from '../../../server/quantize/judging.ts';
import {
  accuracyOf,
  decibel,
  errorScores,
  pairedTest,
  wilsonInterval,
} from '../../../server/quantize/scores.ts';

/** Published numbers have four digits. */
const fourDigits = 5e-5;

const isNear = (actual: number, expected: number, by = fourDigits): void =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual}, not ${expected}`);

describe('scores', () => {
  it('the interval of Wilson has its known values', () => {
    // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    const known = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [right, count, low, high] of known) {
      const [from, to] = wilsonInterval(right, count);
      isNear(from, low);
      isNear(to, high);
    }
    assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
    isNear(wilsonInterval(20, 20)[1], 1, 0);
  });

  it("McNemar's exact test is the binomial tail, twice", () => {
    const of = (first: number, second: number): number => {
      const a = [...Array<boolean>(first).fill(true), ...Array<boolean>(second).fill(false), true];
      return pairedTest(
        a,
        a.map((right, i) => (i < first + second ? !right : right)),
      ).p;
    };
    isNear(of(0, 5), 2 / 32, 1e-12);
    isNear(of(5, 1), (2 * (1 + 6)) / 64, 1e-12);
    isNear(of(3, 3), 1, 1e-12);
    assert.equal(of(0, 0), 1);
    // 10 against 25: 2 * sum of C(35, k) for k to 10, over 2^35
    isNear(of(10, 25), 0.016674, 1e-6);
    assert.ok(of(0, 3000) < 1e-300, 'no overflow for many samples');
  });

  it('nothing is left of a signal that is not finite any more', () => {
    const lost = { ...part([1, 2], [1, 2]), notFinite: 1, lost: 1 };
    const { sqnrDb, cosine, mse, maxAbs } = errorScores([part([1], [1]), lost]);
    assert.deepEqual([sqnrDb, cosine, mse, maxAbs], [-Infinity, 0, Infinity, Infinity]);
  });

  const part = (reference: number[], actual: number[]) => {
    const sum = (f: (r: number, a: number) => number): number =>
      reference.reduce((total, r, i) => total + f(r, actual[i] ?? NaN), 0);
    return {
      count: reference.length,
      sumSquaredReference: sum((r) => r * r),
      sumSquaredActual: sum((_, a) => a * a),
      sumProduct: sum((r, a) => r * a),
      sumSquaredError: sum((r, a) => (a - r) ** 2),
      sumError: sum((r, a) => a - r),
      maxAbsError: Math.max(...reference.map((r, i) => Math.abs(r - (actual[i] ?? NaN)))),
      notFinite: 0,
    };
  };

  it('takes several outputs as one long vector', () => {
    const scores = errorScores([part([3, 4], [3, 5]), part([0, 12], [2, 12])]);
    // signal 9 + 16 + 144 = 169, noise 1 + 4
    isNear(scores.sqnrDb, 10 * Math.log10(169 / 5), 1e-12);
    isNear(scores.mse, 5 / 4, 1e-12);
    assert.equal(scores.maxAbs, 2);
    isNear(scores.cosine, (9 + 20 + 144) / Math.sqrt(169 * (9 + 25 + 4 + 144)), 1e-12);
  });

  it('equal, silent and empty values', () => {
    assert.deepEqual(errorScores([part([1], [1])]), {
      sqnrDb: Infinity,
      cosine: 1,
      mse: 0,
      maxAbs: 0,
    });
    assert.deepEqual(errorScores([part([0], [0])]), {
      sqnrDb: Infinity,
      cosine: 1,
      mse: 0,
      maxAbs: 0,
    });
    assert.deepEqual(errorScores([part([0], [2])]), {
      sqnrDb: -Infinity,
      cosine: 0,
      mse: 4,
      maxAbs: 2,
    });
    assert.equal(errorScores([]).sqnrDb, Infinity);
    assert.equal(decibel(100, 1), 20);
  });

  it('counts right answers by the index of the sample, rows of a batch too', () => {
    const ranking = [Int32Array.of(2, 0, 1, 3, 4), Int32Array.of(0, 1, 2, 3, 4, 7, 5, 6, 8, 9)];
    const labels = Int32Array.of(9, 2, 9, 1, 7);
    // sample 1; then samples 3 and 4 in one batch
    const found = accuracyOf(
      { kind: 'ranking', index: Int32Array.of(1, 3), ranking, isFlat: true },
      labels,
      5,
    );
    assert.deepEqual(found.isRight, [true, false, true]);
    isNear(found.top1, 2 / 3, 1e-12);
    assert.equal(found.top5, 1);
  });
});

describe('judging', () => {
  const scores = (noise: number[], right?: boolean[]): ContenderScores => {
    const sum = noise.reduce((a, b) => a + b, 0);
    return {
      sqnrDb: decibel(noise.length, sum),
      cosine: 1,
      mse: sum / noise.length,
      maxAbs: 1,
      samples: {
        index: Int32Array.from(noise.keys()),
        sumSquaredReference: new Float64Array(noise.length).fill(1),
        sumSquaredError: Float64Array.from(noise),
      },
      ...(right
        ? { accuracy: { top1: right.filter(Boolean).length / right.length, isRight: right } }
        : {}),
    };
  };
  const even = Array.from({ length: 20 }, () => 0.1);

  it('believes a gain that all samples share', () => {
    const { gain, noise, isReal } = gainOf(scores(even), scores(even.map((n) => n / 2)), 'sqnr');
    isNear(gain, 10 * Math.log10(2), 1e-9);
    isNear(noise, 0, 1e-9);
    assert.ok(isReal);
  });

  it('does not believe less than a tenth of a decibel, nothing, or a loss', () => {
    assert.ok(!gainOf(scores(even), scores(even.map((n) => n * 0.99)), 'sqnr').isReal);
    assert.ok(!gainOf(scores(even), scores(even), 'sqnr').isReal);
    assert.ok(!gainOf(scores(even), scores(even.map((n) => n * 2)), 'sqnr').isReal);
  });

  it('does not believe what half of the samples gain and the others lose', () => {
    const six = even.slice(0, 6);
    const mixed = six.map((n, i) => (i % 2 === 0 ? n / 2 : n * 1.4));
    const { gain, noise, isReal } = gainOf(scores(six), scores(mixed), 'sqnr');
    assert.ok(gain > 0 && gain < noise && !isReal, `${gain} of ${noise}`);
  });

  it('takes nothing that is not finite for a gain', () => {
    const lost = { ...scores(even), sqnrDb: -Infinity };
    const samples = { ...lost.samples, sumSquaredError: new Float64Array(20).fill(Infinity) };
    assert.ok(!gainOf(scores(even), { ...lost, samples }, 'sqnr').isReal);
    assert.ok(gainOf({ ...lost, samples }, scores(even), 'sqnr').isReal);
    assert.ok(!gainOf({ ...lost, samples }, { ...lost, samples }, 'sqnr').isReal);
  });

  it('judges right answers by those on which the two disagree', () => {
    const right = (count: number): boolean[] => even.map((_, i) => i < count);
    const gain = (from: number, to: number) =>
      gainOf(scores(even, right(from)), scores(even, right(to)), 'top1');
    assert.ok(gain(10, 15).isReal, '5 more are more than sqrt(5)');
    assert.ok(!gain(10, 11).isReal, '1 more is not more than sqrt(1)');
    isNear(gain(10, 14).noise, 2 / 20, 1e-12);
  });

  it('a perfect network is a gain over any other, and none over itself', () => {
    const exact = scores(even.map(() => 0));
    assert.ok(gainOf(scores(even), exact, 'sqnr').isReal);
    const none = gainOf(exact, exact, 'sqnr');
    assert.deepEqual([none.gain, none.isReal], [0, false]);
  });

  it('words its values', () => {
    assert.equal(metricText(-3.25, 'sqnr'), '−3.3 dB');
    assert.equal(metricText(Infinity, 'sqnr'), 'exact');
    assert.equal(metricText(0.505, 'top1'), '50.5 %');
    isNear(valueOf(scores(even), 'mse'), -0.1, 1e-12);
    assert.equal(metricText(-0.1, 'mse'), '0.100');
  });
});
