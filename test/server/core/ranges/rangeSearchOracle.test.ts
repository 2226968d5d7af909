import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Symmetry } from '../../../../server/core/quant/targets.ts';
import { findGrid } from '../../../../server/core/ranges/findGrid.ts';
import { StatisticsCollector } from '../../../../server/core/ranges/statisticsCollector.ts';
import type { ValueStatistics } from '../../../../server/core/ranges/statistics.ts';

/** Results of aimet-onnx 2.42 (../shared/oracle/README.md). */
const file = join(
  process.env['RANGEFINDER_ORACLE'] ?? '../shared/oracle',
  'encodings/range-search.json',
);

interface Case {
  readonly bw: number;
  readonly mode: Symmetry;
  readonly scheme: 'min_max' | 'tf_enhanced';
  readonly scale: number;
  readonly offset: number;
}

interface OracleTensor {
  readonly name: string;
  readonly values: readonly string[];
  readonly encodings: readonly Case[];
  readonly histogram?: {
    readonly first: number;
    readonly width: number;
    readonly count: number;
    readonly firstNonZero: number;
    readonly lastNonZero: number;
  };
}

/** AIMET computes its candidates in single precision, or prints a single: a few last digits. */
const tolerance = { min_max: 1e-5, tf_enhanced: 1e-4 };

/** The oracle's bin widths are computed in single precision. */
const singlePrecision = 1e-6;

function statisticsOf(tensor: OracleTensor, kind: 'tf_enhanced' | undefined): ValueStatistics {
  const collector = new StatisticsCollector({ histogram: kind });
  for (const batch of tensor.values) {
    const bytes = Uint8Array.from(Buffer.from(batch, 'base64'));
    collector.add(new Float32Array(bytes.buffer));
  }
  return collector.result();
}

describe('range search of AIMET 2.42', () => {
  let tensors: readonly OracleTensor[] = [];

  before(function () {
    if (!existsSync(file)) this.skip();
    tensors = (JSON.parse(readFileSync(file, 'utf8')) as { tensors: OracleTensor[] }).tensors;
  });

  for (const scheme of ['min_max', 'tf_enhanced'] as const) {
    it(`${scheme}: all 112 cases`, () => {
      let cases = 0;
      for (const tensor of tensors) {
        const statistics = statisticsOf(tensor, scheme === 'min_max' ? undefined : scheme);
        for (const expected of tensor.encodings.filter((one) => one.scheme === scheme)) {
          const format = { bits: expected.bw, symmetry: expected.mode, isPowerOfTwo: false };
          const made = findGrid(statistics, scheme === 'min_max' ? 'minmax' : scheme, format);
          const text = `${tensor.name} ${JSON.stringify(expected)}: ${JSON.stringify(made)}`;
          assert.ok(Math.abs(made.scale / expected.scale - 1) < tolerance[scheme], text);
          assert.equal(made.lowest, expected.offset, text);
          cases++;
        }
      }
      assert.equal(cases, 112);
    });
  }

  it('tf_enhanced: the histograms', () => {
    for (const tensor of tensors) {
      const { histogram } = statisticsOf(tensor, 'tf_enhanced');
      const expected = tensor.histogram;
      assert.equal(histogram === undefined, expected === undefined);
      if (!histogram || !expected) continue;
      const { start, width, counts } = histogram;
      assert.equal(counts.length, expected.count);
      assert.ok(Math.abs(width / expected.width - 1) < singlePrecision, tensor.name);
      // both are whole numbers of bins from zero
      assert.equal(Math.round(start / width), Math.round(expected.first / expected.width));
      const used = [...counts.keys()].filter((i) => counts[i]! > 0);
      assert.deepEqual([used[0], used.at(-1)], [expected.firstNonZero, expected.lastNonZero]);
    }
  });
});
