import type { ModelDocument } from './formats/format.ts';
import type { Proof } from './steps.ts';
import { version } from './version.ts';

/** Key of the note on what was done, in the file's metadata. */
const changesKey = 'rangefinder.changes';

/** One entry of the note: what was done, with which options, by which version, and its proofs. */
export interface NotedChange {
  readonly step: string;
  /** `Equalize 14 sets`. */
  readonly label: string;
  readonly options: Record<string, unknown>;
  readonly version: string;
  readonly proofs: readonly object[];
}

/** An entry of this version; `proofs` are those of the passes that the step was made of. */
export const noteChange = (
  step: string,
  label: string,
  options: Record<string, unknown>,
  proofs: readonly { readonly step: string; readonly proof: Proof }[],
): NotedChange => ({
  step,
  label,
  options,
  version,
  proofs: proofs.map(({ step: pass, proof }) => ({
    step: pass,
    exercised: proof.exercised,
    exact: proof.exact,
    maxAbs: proof.maxAbs,
    maxRel: proof.maxRel,
    samples: proof.samples,
    source: proof.source,
  })),
});

/** The entries that the file has; none where its metadata is not ours to read. */
export function notedChanges(document: ModelDocument): unknown[] {
  const text = document.info.metadata.get(changesKey);
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** The metadata of a file with these entries; an empty list takes the note out of `document`. */
export function changeNotes(
  document: ModelDocument,
  entries: readonly unknown[],
): ReadonlyMap<string, string> {
  if (entries.length > 0) return new Map([[changesKey, JSON.stringify(entries)]]);
  return notedChanges(document).length > 0
    ? new Map([[changesKey, '']])
    : new Map<string, string>();
}
