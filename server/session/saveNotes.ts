import type { ModelDocument } from '../formats/format.ts';
import type { Change } from './changeLog.ts';
import { version } from '../version.ts';

/** Key of the note on what was done, in the file's metadata. */
const changesKey = 'rangefinder.changes';

/** One entry of the note: what was done by which version, and what was proved of it. */
interface Noted {
  readonly step: string;
  readonly label: string;
  readonly options: Record<string, unknown>;
  readonly version: string;
  readonly proofs: readonly object[];
}

/**
 * The metadata that a saved file carries: the corrections that it had when it was opened, and
 * those applied since, with their proofs. Undone ones are taken off again.
 */
export function saveNotes(
  document: ModelDocument,
  applied: readonly Change[],
  saved: readonly number[],
): ReadonlyMap<string, string> {
  const noted = parse(document.info.metadata.get(changesKey));
  const earlier = Math.max(0, noted.length - saved.length);
  const entryOf = (change: Change): unknown => {
    const at = saved.indexOf(change.id);
    return (at < 0 ? undefined : noted[earlier + at]) ?? toNoted(change);
  };
  const entries = [...noted.slice(0, earlier), ...applied.map(entryOf)];
  // An empty note takes the entry out of the file.
  if (entries.length > 0) return new Map([[changesKey, JSON.stringify(entries)]]);
  return noted.length > 0 ? new Map([[changesKey, '']]) : new Map<string, string>();
}

const toNoted = ({ step, label, options, records }: Change): Noted => ({
  step,
  label,
  options,
  version,
  proofs: records.flatMap(({ step: pass, proof, notKept }) =>
    proof && notKept === undefined
      ? [
          {
            step: pass,
            exercised: proof.exercised,
            exact: proof.exact,
            maxAbs: proof.maxAbs,
            maxRel: proof.maxRel,
            samples: proof.samples,
            source: proof.source,
          },
        ]
      : [],
  ),
});

/** The entries of an earlier note; none where the metadata is not ours to read. */
function parse(text: string | undefined): unknown[] {
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
