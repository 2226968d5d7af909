import assert from 'node:assert/strict';
import type { CanonicalWeight } from '../../../../server/core/compare/canonicalWeight.ts';
import { likelyPairs, type Placed } from '../../../../server/core/compare/likelyPairs.ts';
import { Random } from '../../../kit/random.ts';

const count = 2000;
const [rows, length] = [16, 18];
const noWait = (): Promise<void> => Promise.resolve();

const placed = (weights: readonly CanonicalWeight[]): Placed[] =>
  weights.map((weight, index) => ({ index, weight: () => weight }));

describe('likelyPairs', () => {
  const random = new Random(5);
  const first = Array.from({ length: count }, (): CanonicalWeight => {
    return { rows, length, values: random.normal(rows * length) };
  });
  /** The layer of the first model that each of the second is: 7 and 2000 share no divisor. */
  const origin = (at: number): number => (at * 7) % count;
  /** Factors of both signs from 0.01 to 100 on the channels, and a rounding of about 30 dB. */
  const second = first.map((_, at): CanonicalWeight => {
    const { values } = first[origin(at)] ?? { values: new Float32Array() };
    const factors = Array.from({ length: rows }, () => {
      return (random.next() < 0.5 ? -1 : 1) * 10 ** (4 * random.next() - 2);
    });
    const noise = random.normal(values.length, 0, 0.03);
    return {
      rows,
      length,
      values: values.map((v, i) => (v + (noise[i] ?? 0)) * (factors[Math.floor(i / length)] ?? 1)),
    };
  });

  it('finds each of 2,000 layers of one shape among few, whatever the order', async () => {
    const pairs = await likelyPairs(placed(first), placed(second), [count, count], noWait);
    // 16 of the order, and of each of the 16 signatures 8 at most.
    assert.ok(pairs.length <= count * (16 + 16 * 8), `${pairs.length}`);
    assert.ok(pairs.length <= 50 * count, `${pairs.length}: a layer has few that are like it`);
    const right = pairs.filter(([i, at]) => origin(at) === i);
    assert.equal(right.length, count);
  });

  it('compares equal weights in the order of their models, and not all with all', async () => {
    const same = placed(
      Array.from({ length: count }, () => first[0] ?? { rows, length, values: new Float32Array() }),
    );
    const pairs = await likelyPairs(same, same, [count, count], noWait);
    assert.ok(pairs.length <= count * (16 + 16 * 8), `${pairs.length}`);
    assert.equal(pairs.filter(([i, at]) => i === at).length, count);
  });

  it('looks at all of few', async () => {
    const pairs = await likelyPairs(
      placed(first.slice(0, 3)),
      placed(second.slice(0, 2)),
      [3, 2],
      noWait,
    );
    assert.deepEqual(pairs, [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
  });
});
