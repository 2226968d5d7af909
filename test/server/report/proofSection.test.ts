import assert from 'node:assert/strict';
import type { EvaluationState } from '../../../server/protocol/data.ts';
import { evaluationSection } from '../../../server/report/proofSection.ts';
import type { ReportInput } from '../../../server/report/reportInput.ts';

describe('the verdict of a report on float and now', () => {
  const table: readonly (readonly [onlyFloat: number, onlyNow: number, p: number, says: RegExp])[] =
    [
      [18, 7, 0.043, /18 lost, 7 won \(.*\): float is better, and not by chance\./],
      [7, 18, 0.043, /7 lost, 18 won \(.*\): float is worse, and not by chance\./],
      [4, 3, 1, /4 lost, 3 won \(.*\): 100 samples cannot tell the two apart\./],
    ];
  for (const [onlyFloat, onlyNow, p, says] of table) {
    it(`is said for ${onlyFloat} lost and ${onlyNow} won`, () => {
      const evaluation: EvaluationState = {
        rows: [],
        samples: 100,
        source: 'here',
        isSynthetic: false,
        targetLabel: 'W8 A8',
        pairedFloat: { onlyFloat, onlyNow, p },
        notes: [],
        worstSamples: [],
        isStale: false,
      };
      const markup = evaluationSection({ evaluation } as unknown as ReportInput);
      assert.match(markup?.text ?? '', says);
    });
  }
});
