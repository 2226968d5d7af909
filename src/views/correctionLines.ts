import type { CorrectionState } from '../../server/protocol/data.ts';
import type { AppliedChange, ModelState } from '../../server/protocol/model.ts';

/** A line of the corrections: a change of this session, or the correction that the file came with. */
export type Line = AppliedChange | CorrectionState;

/** What was corrected: first what the file has since before it was opened, then each change. */
export function linesOf({
  changes,
  correction,
}: Pick<ModelState, 'changes' | 'correction'>): Line[] {
  const isOlder = correction?.isSaved === true && !changes.some(({ step }) => step === 'correct');
  return isOlder ? [correction, ...changes] : [...changes];
}
