import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { Skip } from '../core/passes/pass.ts';
import { nounText } from '../core/reports/words.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';

/** What scaling did, and where it could not. */
interface Scaled {
  readonly step: DataStepId;
  readonly applied: readonly object[];
  readonly skipped: readonly Skip[];
}

/** How many sets the format of the file held back: it has no ReLU6 with a bound for each channel. */
export function heldByFormat(steps: readonly Scaled[]): number {
  return steps
    .filter(({ step }) => step === 'equalize')
    .reduce((sum, { applied, skipped }) => {
      const scaled = applied as readonly EqualizeApplied[];
      const partly = scaled.filter(({ isHeldByFormat }) => isHeldByFormat === true).length;
      // The one refusal of the kind that another format ends.
      const wholly = skipped.filter(({ code, remedy }) => code === 'held' && remedy !== undefined);
      return sum + partly + wholly.length;
    }, 0);
}

/** What the format costs a repair; `wayOut` is how to come to one that can hold the result. */
export const heldWords = (sets: number, wayOut: string): string =>
  `${nounText(sets, 'set')} could not be scaled as far as the ranges ask for: in this format ReLU6 has one bound for all channels. ${wayOut}: it can gain more.`;
