import type { AbsorbApplied } from '../core/passes/absorbHighBias.ts';
import type { ClearApplied } from '../core/passes/clearDeadChannels.ts';
import { nounText, rangeText } from '../core/reports/words.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';
import type { StepRecord } from './changeLog.ts';

/** What the records of a change come to, in counts. */
export interface Counts {
  readonly folded: number;
  readonly sets: number;
  readonly cleared: number;
  readonly absorbed: number;
  readonly corrected: number;
}

/** Counts what was done; records of steps that a repair left out do not count. */
export function countDone(records: readonly StepRecord[]): Counts {
  const applied = (step: DataStepId): object[] =>
    records.flatMap((r) => (r.step === step && r.notKept === undefined ? r.applied : []));
  return {
    folded: applied('fold').length,
    sets: applied('equalize').length,
    cleared: clearedChannels(applied('clear') as ClearApplied[]),
    absorbed: (applied('absorb') as AbsorbApplied[]).length,
    corrected: applied('correct').length,
  };
}

/** Different channels, however many layers read them. */
export function clearedChannels(applied: readonly ClearApplied[]): number {
  return new Set(applied.flatMap(({ maker, channels }) => channels.map((c) => `${c} ${maker}`)))
    .size;
}

/** `Equalize 14 sets`: the name of an undo entry. */
export function labelOf(records: readonly StepRecord[]): string {
  const { folded, sets, cleared, absorbed, corrected } = countDone(records);
  const parts = [
    folded > 0 ? `fold ${nounText(folded, 'batch norm')}` : '',
    cleared > 0 && sets === 0 ? `clear ${nounText(cleared, 'dead channel')}` : '',
    sets > 0 ? `equalize ${nounText(sets, 'set')}` : '',
    absorbed > 0 ? `absorb high biases in ${nounText(absorbed, 'place')}` : '',
    corrected > 0 ? `correct biases of ${nounText(corrected, 'layer')}` : '',
  ].filter((part) => part !== '');
  const text = parts.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What was proved of a change, in a few words. */
export function noteOf(records: readonly StepRecord[]): string {
  const proofs = records.flatMap((r) => (r.proof && r.notKept === undefined ? [r.proof] : []));
  const missing = proofs.find((proof) => proof.unavailable !== undefined)?.unavailable;
  if (missing !== undefined) return `not proved: ${missing}`;
  if (proofs.length === 0 || proofs.some((proof) => !proof.exercised))
    return 'not exercised by the probes';
  const largest = Math.max(...proofs.map((proof) => proof.maxRel));
  if (proofs.every((proof) => proof.exact)) return `exact, outputs move by ${rangeText(largest)}`;
  return `outputs move by ${rangeText(largest)}`;
}
