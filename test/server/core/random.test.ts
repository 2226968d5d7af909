import assert from 'node:assert/strict';
import { SeededRandom } from '../../../server/core/random.ts';

const draws = 20000;
/** Five standard errors of a mean of 20,000 draws of deviation 1. */
const meanTolerance = 5 / Math.sqrt(draws);
/** Five standard errors of a variance of as many normal draws: deviation sqrt(2). */
const varianceTolerance = 5 * Math.sqrt(2 / draws);

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

describe('SeededRandom', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    const numbers = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return take(20, () => random.next());
    };
    assert.deepEqual(numbers(1), numbers(1));
    assert.notDeepEqual(numbers(1), numbers(2));
    assert.equal(new Set([...numbers(0), ...numbers(1), ...numbers(2)]).size, 60);
  });

  it('follows xoshiro128**: the first numbers from seed 0', () => {
    // Computed apart from this code with Python integers: see the comment of the class.
    const random = new SeededRandom(0);
    assert.deepEqual(
      take(3, () => random.next() * 2 ** 32),
      [1789933344, 44971166, 2521387044],
    );
  });

  it('is uniform in [0, 1)', () => {
    const random = new SeededRandom(7);
    const values = take(draws, () => random.next());
    assert.ok(values.every((value) => value >= 0 && value < 1));
    // The deviation of a uniform number is 1 / sqrt(12).
    assert.ok(Math.abs(mean(values) - 0.5) < meanTolerance / Math.sqrt(12));
  });

  it('is normal with mean 0 and variance 1', () => {
    const random = new SeededRandom(7);
    const values = take(draws, () => random.normal());
    assert.ok(values.every(Number.isFinite));
    assert.ok(Math.abs(mean(values)) < meanTolerance);
    assert.ok(Math.abs(mean(values.map((value) => value ** 2)) - 1) < varianceTolerance);
    // 4.55 % of a normal distribution lie beyond two deviations.
    const beyond = values.filter((value) => Math.abs(value) > 2).length / draws;
    assert.ok(Math.abs(beyond - 0.0455) < meanTolerance * Math.sqrt(0.0455));
  });

  it('reaches every whole number below the count', () => {
    const random = new SeededRandom(3);
    const values = new Set(take(200, () => random.below(5)));
    assert.deepEqual([...values].sort(), [0, 1, 2, 3, 4]);
  });
});
