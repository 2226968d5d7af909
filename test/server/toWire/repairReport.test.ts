import assert from 'node:assert/strict';
import type { Skip } from '../../../server/core/passes/pass.ts';
import type { Change, StepRecord } from '../../../server/session/changeLog.ts';
import { repairReportOf } from '../../../server/toWire/repairReport.ts';

const record = (more: Partial<StepRecord>): StepRecord => ({
  step: 'equalize',
  applied: [],
  skipped: [],
  isExact: true,
  proof: undefined,
  ...more,
});
const skip = (code: string, moved?: number): Skip => ({
  code,
  place: 'a',
  reason: 'why',
  ...(moved === undefined ? {} : { moved }),
});
const reportOf = (...records: readonly StepRecord[]): ReturnType<typeof repairReportOf> =>
  repairReportOf([{ verdict: 'It rose.', options: {}, records } as unknown as Change]);

describe('the report of a repair', () => {
  it('tells a step that was refused from one with nothing to do, as the steps above do', () => {
    const notKept = 'No.';
    const rows = reportOf(
      record({ step: 'absorb', notKept, skipped: [skip('nothing-to-absorb'), skip('add')] }),
      record({ step: 'absorb', notKept, skipped: [skip('nothing-to-absorb')] }),
      record({ step: 'absorb', notKept, skipped: [skip('add'), skip('moves-outputs', 0.09)] }),
    )?.rows;
    assert.deepEqual(
      rows?.map(({ isIdle, refused, movedBy }) => [isIdle, refused, movedBy]),
      [
        [undefined, 1, undefined],
        [true, undefined, undefined],
        [undefined, 2, 0.09],
      ],
    );
  });

  it('says what the format of the file held back', () => {
    const held = { ...skip('held'), remedy: 'Save the model as ONNX.' };
    const applied = [{ isHeldByFormat: true }, {}];
    const report = reportOf(record({ applied, skipped: [held, skip('held'), skip('add')] }));
    assert.match(
      report?.note ?? '',
      /^2 sets could not be scaled .* Save it as ONNX, and repair that file: it can gain more\.$/,
    );
    assert.equal(reportOf(record({ applied: [{}] }))?.note, undefined);
  });

  it('says what its figures are of, and which are with the correction that follows', () => {
    const judged = { beforeDb: 0.1, afterDb: 22, of: 'logits', text: 'Better.' } as const;
    const report = reportOf(
      record({ step: 'fold' }),
      record({ judged: { ...judged, isWithCorrection: true } }),
      record({ step: 'correct', judged: { ...judged, beforeDb: 19 } }),
    );
    assert.equal(report?.of, 'logits');
    assert.deepEqual(
      report.rows.map(({ beforeDb, isWithCorrection }) => [beforeDb, isWithCorrection]),
      [
        [undefined, undefined],
        [0.1, true],
        [19, undefined],
      ],
    );
  });
});
