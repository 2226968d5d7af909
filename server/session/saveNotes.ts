import { changeNotes, noteChange, notedChanges, type NotedChange } from '../changeNotes.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import { correctionNotes } from './corrections.ts';
import type { Change } from './changeLog.ts';

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
  const noted = notedChanges(document);
  const earlier = Math.max(0, noted.length - saved.length);
  const entryOf = (change: Change): unknown => {
    const at = saved.indexOf(change.id);
    return (at < 0 ? undefined : noted[earlier + at]) ?? toNoted(change);
  };
  const notes = changeNotes(document, [...noted.slice(0, earlier), ...applied.map(entryOf)]);
  return new Map([...notes, ...correctionNotes(document, correction)]);
}

const toNoted = ({ step, label, options, records }: Change): NotedChange =>
  noteChange(
    step,
    label,
    options,
    records.flatMap(({ step: pass, proof, notKept }) =>
      proof && notKept === undefined ? [{ step: pass, proof }] : [],
    ),
  );
