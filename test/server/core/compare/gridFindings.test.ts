import assert from 'node:assert/strict';
import { gridFindings } from '../../../../server/core/compare/gridFindings.ts';
import { encodingOf } from '../../../../server/core/quant/grid.ts';
import { findGrid } from '../../../../server/core/ranges/findGrid.ts';
import { statisticsOf } from '../../../../server/core/ranges/statisticsCollector.ts';
import { observed } from '../../../kit/observed.ts';
import { Random } from '../../../kit/random.ts';

describe('gridFindings', () => {
  it('names what is cut off and what is far too wide, worst first', () => {
    const found = gridFindings([
      observed('fits', [-1, 1], [-1, 0.9]),
      observed('cut a little on purpose', [0, 1], [0, 1.2]),
      observed('cut', [0, 1], [0, 1.5]),
      observed('cut below', [-1, 10], [-4, 10]),
      observed('wide', [0, 100], [0, 1]),
      observed('no room below', [0, 10], [-3, 10]),
    ]);
    assert.deepEqual(
      found.map(({ value, code, severity, factor }) => [value, code, severity, factor]),
      [
        ['no room below', 'clipped-range', 'error', Infinity],
        ['wide', 'wide-range', 'warning', 0.01],
        ['cut below', 'clipped-range', 'error', 4],
        ['cut', 'clipped-range', 'warning', 1.5],
      ],
    );
    // What may have made them is said once, with the first.
    assert.deepEqual(
      found.map(({ message }) => /Rounded layers before a grid .* other data/.test(message)),
      [true, false, false, false],
    );
    assert.match(found[3]?.message ?? '', /from 0 to 1, and its float values from 0 to 1.5/);
  });

  it('goes by what cutting off costs where it knows how the values are spread', () => {
    // One far out of very many small ones: the levels are better spent on the small ones.
    const values = Float32Array.from(new Random(7).normal(400_000), (value, at) =>
      at === 5 ? 12 : value,
    );
    const seen = statisticsOf(values, 'dynamic');
    const format = { bits: 8, symmetry: 'symmetric', isPowerOfTwo: false } as const;
    const found = (low: number, high: number) => {
      const { min, max, scale } = encodingOf(low, high, format);
      const grid = { tensor: 'v', type: 'int8', scale, zeroPoint: 0, count: 1, min, max };
      return gridFindings([{ value: 'v', grid, seen }]);
    };
    const best = findGrid(seen, 'sqnr', format);
    assert.ok(seen.max / best.max > 1.25);
    assert.deepEqual(found(best.min, best.max), []);
    const [cut] = found(-2, 2);
    assert.equal(cut?.code, 'clipped-range');
    // The values go four times as far as the one grid, and little is lost; the other loses much.
    const [little] = found(-2.7, 2.7);
    const cost = Number(/costs (\S+) dB/.exec(little?.message ?? '')?.[1] ?? NaN);
    assert.ok(cost >= 1 && cost < 6, `${cost} dB`);
    assert.deepEqual([little?.severity, cut.severity], ['warning', 'error']);
    assert.match(cut.message, /is cut off, which costs \d+\.\d dB against a grid of all of them\./);
  });
});
