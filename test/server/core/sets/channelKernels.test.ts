import assert from 'node:assert/strict';
import { ofBatchNorm } from '../../../../server/core/kernels/ofBatchNorm.ts';
import { absorbable } from '../../../../server/core/sets/absorption.ts';
import type { Link } from '../../../../server/core/sets/links.ts';
import { scaleFactors } from '../../../../server/core/sets/scaleFactors.ts';
import { limited } from '../../../../server/core/sets/scaling.ts';
import { Random } from '../../../kit/random.ts';

/** So many go to the kernels; parts of 10 do not: both must give the same bits. */
const count = 50;
const parts = [0, 10, 20, 30, 40];
const random = new Random(17);
const draw = (low: number, high: number): Float64Array =>
  Float64Array.from(random.uniform(count, low, high));

/** What a function gives of all channels at once, and of ten at a time. */
function bothWays(
  vectors: readonly Float64Array[],
  make: (...vectors: Float64Array[]) => readonly Float64Array[],
): void {
  const whole = make(...vectors);
  const some = parts.map((from) => make(...vectors.map((all) => all.slice(from, from + 10))));
  for (const [at, found] of whole.entries()) {
    assert.deepEqual(
      [...found],
      some.flatMap((part) => [...part[at]!]),
    );
  }
}

describe('channels in the kernels and in plain loops', () => {
  it('have the same batch norms', () => {
    const variance = draw(0, 2);
    variance[3] = -1;
    bothWays([draw(-1, 1), draw(-1, 1), draw(-1, 1), variance], (g, b, m, v) => {
      const { scale, shift } = ofBatchNorm(g, b, m, v, 1e-5);
      return [scale, shift];
    });
  });

  for (const layers of [2, 3, 4]) {
    it(`have the same factors in sets of ${layers}`, () => {
      const ranges = Array.from({ length: layers }, () => draw(0.01, 9));
      ranges[1]![5] = 0;
      ranges[0]![6] = NaN;
      bothWays(ranges, (...given) => scaleFactors(given));
    });
  }

  it('are held back by the same limits', () => {
    const wanted = draw(0.3, 3);
    wanted[2] = 1 + 1e-8;
    const held: number[] = [];
    for (const [lower, upper] of [
      [1e-4, 1e4],
      [0.5, 2],
    ] as const) {
      bothWays([wanted, draw(0.5, 2)], (steps, total) => {
        const limits = { lower: total.map(() => lower), upper: total.map(() => upper) };
        const clamped = new Set<number>();
        const kept = limited(steps, { link: {} as Link, total: total, limits, clamped });
        held.push(clamped.size);
        return [kept];
      });
    }
    const [none, , , , , , some, ...rest] = held;
    assert.equal(none, 0);
    assert.ok(some! > 0);
    assert.equal(
      some,
      rest.reduce((sum, one) => sum + one),
    );
  });

  for (const isRelu of [true, false]) {
    it(`give the same ${isRelu ? 'through a ReLU' : 'with nothing between'}`, () => {
      const cap = draw(-0.1, 2);
      cap[3] = Infinity;
      const scale = draw(0.1, 2);
      scale[4] = 0;
      const vectors = [draw(-0.3, 0.3), draw(-1, 3), scale, draw(0, 0.1), cap];
      bothWays(vectors, (gamma, beta, by, absorbed, top) => [
        absorbable(
          { batchNorm: '', gamma: gamma, beta: beta, scale: by, absorbed: absorbed },
          { isRelu, cap: top },
          3,
        ),
      ]);
    });
  }
});
