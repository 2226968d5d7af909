import { changeNotes, noteChange, notedChanges, type NotedChange } from '../changeNotes.ts';
import { targetLabel } from '../core/quant/targets.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { AnyFields } from '../anyFields.ts';
import { repairReportOf } from '../toWire/repairReport.ts';
import { correctionNotes } from './corrections.ts';
import type { Change } from './changeLog.ts';
import { groupRepairs } from './repairParts.ts';

/**
 * The metadata that a saved file carries: the corrections that it had when it was opened, and
 * those applied since, with their proofs, and for which grid the biases are. Undone ones are taken
 * off again.
 */
export function saveNotes(
  document: ModelDocument,
  applied: readonly Change[],
  saved: readonly number[],
  correction: CorrectionNote | undefined,
): ReadonlyMap<string, string> {
  const { earlier, entryOf } = notedIn(document, saved);
  const groups = groupRepairs(applied);
  const entries = applied.map(
    (change) =>
      entryOf(change) ??
      toNoted(
        change,
        groups.find((group) => group.includes(change)),
      ),
  );
  const notes = changeNotes(document, [...earlier, ...entries]);
  return new Map([...notes, ...correctionNotes(document, correction)]);
}

/**
 * What the file says of itself and the session does not know: what was done before it was opened,
 * and what was saved before the server was started again.
 */
export function recordedBefore(
  document: ModelDocument,
  applied: readonly Change[],
  saved: readonly number[],
): readonly AnyFields[] {
  const { earlier, entryOf } = notedIn(document, saved);
  const unknown = applied.filter(({ records }) => records.length === 0);
  const kept = unknown.map(entryOf).filter((entry) => entry !== undefined);
  return [...earlier, ...kept];
}

/** The entries of the file: those from before, and what it says of a change that was saved. */
function notedIn(
  document: ModelDocument,
  saved: readonly number[],
): {
  readonly earlier: readonly AnyFields[];
  readonly entryOf: (change: Change) => AnyFields | undefined;
} {
  const noted = notedChanges(document);
  const first = Math.max(0, noted.length - saved.length);
  return {
    earlier: noted.slice(0, first),
    entryOf: ({ id }) => {
      const at = saved.indexOf(id);
      return at < 0 ? undefined : noted[first + at];
    },
  };
}

function toNoted(
  { step, label, options, records, samples, verdict }: Change,
  group: readonly Change[] = [],
): NotedChange {
  const { target } = options as { readonly target?: TargetSettings };
  const repair = verdict === undefined ? undefined : repairReportOf(group);
  const proofs = records.flatMap(({ step: pass, proof, notKept }) =>
    proof && notKept === undefined ? [{ step: pass, proof }] : [],
  );
  return noteChange(step, label, options, proofs, {
    ...(target ? { target: targetLabel(target) } : {}),
    ...(samples === undefined ? {} : { samples }),
    ...(repair ? { repair } : {}),
  });
}
