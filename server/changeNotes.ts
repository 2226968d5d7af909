import { basename } from 'node:path';
import type { ModelDocument } from './formats/format.ts';
import type { RepairReport } from './protocol/data.ts';
import { isFields, type AnyFields } from './anyFields.ts';
import type { Proof } from './steps.ts';
import { version } from './version.ts';

/** Key of the note on what was done, in the file's metadata. */
const changesKey = 'rangefinder.changes';

/** A proof as the note has it: its figures, and not those of each value. */
export interface NotedProof extends Omit<Proof, 'values' | 'seed' | 'rounding' | 'isRefused'> {
  readonly step: string;
}

/** What a change was judged by, where its figures depend on it. */
export interface NotedOn {
  /** The grid that it was chosen or made for: `W8 A8 · per tensor · strict`. */
  readonly target?: string;
  /** `imagenet-a · 12 + 12 + 40, labelled`. */
  readonly samples?: string;
}

/** One entry of the note: what was done, with which options, by which version, and its proofs. */
export interface NotedChange extends NotedOn {
  /** Entries of earlier versions have none, and less of the rest. */
  readonly format: 2;
  readonly step: string;
  /** `Equalize 14 sets`. */
  readonly label: string;
  readonly options: Record<string, unknown>;
  readonly version: string;
  readonly proofs: readonly NotedProof[];
  /** What the repair tried and kept that this is the last change of. */
  readonly repair?: RepairReport;
}

/** An entry of this version; `proofs` are those of the passes that the step was made of. */
export const noteChange = (
  step: string,
  label: string,
  options: Record<string, unknown>,
  proofs: readonly { readonly step: string; readonly proof: Proof }[],
  { target, samples, repair }: NotedOn & Pick<NotedChange, 'repair'> = {},
): NotedChange => ({
  format: 2,
  step,
  label,
  options: handedOn(options),
  version,
  ...(target === undefined ? {} : { target }),
  ...(samples === undefined ? {} : { samples }),
  proofs: proofs.map(({ step: pass, proof }) => toNoted(pass, proof)),
  ...(repair ? { repair } : {}),
});

/** Of samples their names alone: a file is handed on, and the folders of this machine are not. */
function handedOn(options: Record<string, unknown>): Record<string, unknown> {
  const { data } = options;
  if (!isFields(data)) return options;
  const { path, labels } = data;
  return {
    ...options,
    data: {
      ...data,
      ...(typeof path === 'string' ? { path: basename(path) } : {}),
      ...(typeof labels === 'string' ? { labels: basename(labels) } : {}),
    },
  };
}

function toNoted(step: string, proof: Proof): NotedProof {
  const { exercised, exact, samples, source, tolerance } = proof;
  const { activeChannels, changedChannels, float32, note, unavailable } = proof;
  return {
    step,
    exercised,
    exact,
    maxAbs: finite(proof.maxAbs),
    maxRel: finite(proof.maxRel),
    tolerance,
    samples,
    source,
    ...(activeChannels === undefined ? {} : { activeChannels }),
    ...(changedChannels === undefined ? {} : { changedChannels }),
    ...(float32 ? { float32 } : {}),
    ...(note === undefined ? {} : { note }),
    ...(unavailable === undefined ? {} : { unavailable }),
  };
}

/** JSON has no Infinity: a change that is not finite is as large as a number can be. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);

/** The entries that the file has; none where its metadata is not ours to read. */
export function notedChanges(document: ModelDocument): readonly AnyFields[] {
  const entries = entriesRead.get(document) ?? readEntries(document);
  entriesRead.set(document, entries);
  return entries;
}

/** They are asked for with every state of a model, and may be long. */
const entriesRead = new WeakMap<ModelDocument, readonly AnyFields[]>();

function readEntries({ info }: ModelDocument): readonly AnyFields[] {
  const text = info.metadata.get(changesKey);
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isFields) : [];
  } catch {
    return [];
  }
}

/** The metadata of a file with these entries; an empty list takes the note out of `document`. */
export function changeNotes(
  document: ModelDocument,
  entries: readonly (AnyFields | NotedChange)[],
): ReadonlyMap<string, string> {
  if (entries.length > 0) return new Map([[changesKey, JSON.stringify(entries)]]);
  return notedChanges(document).length > 0
    ? new Map([[changesKey, '']])
    : new Map<string, string>();
}
