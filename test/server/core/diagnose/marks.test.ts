import assert from 'node:assert/strict';
import { markOf } from '../../../../server/core/diagnose/marks.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import type { LayerReport } from '../../../../server/core/reports/weightReport.ts';
import { rangeFigures } from '../../../../server/core/reports/gridFigures.ts';
import { measureRanges } from '../../../../server/core/reports/weightStatistics.ts';
import { tensor } from '../../../kit/graphs.ts';
import { layerWith } from '../../../kit/patternWeights.ts';

const layer = layerWith(tensor('w', [2, 1, 1], [1, 2]), { op: 'Conv', group: 1, transB: 0 });
const ranges = measureRanges(layer);

function report(sqnrTensor: number, sqnrChannel: number, isShared: boolean): LayerReport {
  const figures = {
    ...rangeFigures(ranges, defaultTarget),
    sqnrTensor,
    sqnrChannel,
    sqnrChosen: isShared ? sqnrTensor : sqnrChannel,
  };
  const statistics = undefined;
  return { layer, operator: '', ranges, statistics, figures, isMeasured: true, fault: undefined };
}

describe('markOf', () => {
  // panels.md, section 4: over 15, over 10 dB between tensor and channel; alone under 20, under 28 dB
  const rows = [
    { tensor: 30, channel: 45.1, shared: 'hurts', each: 'fine' },
    { tensor: 30, channel: 45, shared: 'watch', each: 'fine' },
    { tensor: 35, channel: 45, shared: 'fine', each: 'fine' },
    { tensor: 19.9, channel: 21, shared: 'hurts', each: 'watch' },
    { tensor: 27.9, channel: 28, shared: 'watch', each: 'fine' },
    { tensor: 19, channel: 19.9, shared: 'hurts', each: 'hurts' },
    { tensor: Infinity, channel: Infinity, shared: 'fine', each: 'fine' },
  ];
  for (const { tensor: t, channel, shared, each } of rows) {
    it(`${t} and ${channel} dB`, () => {
      const isShared = { ...defaultTarget, granularity: 'tensor' } as const;
      assert.equal(markOf(report(t, channel, true), isShared), shared);
      assert.equal(markOf(report(t, channel, false), defaultTarget), each);
    });
  }

  it('goes by the estimate where there is one', () => {
    const target = { ...defaultTarget, granularity: 'tensor' } as const;
    const marked = (estimated: number): string => {
      const own = report(40, 60, true);
      return markOf({ ...own, figures: { ...own.figures, estimated } }, target);
    };
    // A gap of 20 dB alone would be `hurts`.
    assert.deepEqual(
      [19.9, 27.9, 28].map((db) => marked(db)),
      ['hurts', 'watch', 'fine'],
    );
  });

  it('is `hurts` for a fault, and `fine` while nothing is measured', () => {
    const good = report(30, 30, false);
    assert.equal(markOf({ ...good, fault: 'NaN' }, defaultTarget), 'hurts');
    assert.equal(markOf({ ...report(1, 1, false), isMeasured: false }, defaultTarget), 'fine');
  });
});
