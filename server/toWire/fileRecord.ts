import { nounText } from '../core/reports/words.ts';
import type { RepairReport } from '../protocol/data.ts';
import type { ProofState } from '../protocol/model.ts';
import type { FileRecord, RecordedChange } from '../protocol/record.ts';
import type { WireNumber } from '../protocol/wire.ts';
import { isFields, type AnyFields } from '../anyFields.ts';
import { proofHeadline } from './proofWords.ts';
import { stepTitle } from './stepTitle.ts';

/** What is read of a file that says more than any of ours would. */
const most = { changes: 200, proofs: 10, rows: 20, letters: 2000 };

/**
 * What a file says was done to it, of the entries of its note. They are anybody's: what is not as
 * we write it is left out, and what earlier versions did not write is absent.
 */
export function fileRecordOf(entries: readonly AnyFields[]): FileRecord | undefined {
  const known = entries
    .filter((entry) => textIn(entry, 'label') !== undefined)
    .slice(-most.changes);
  const versions = [...new Set(known.flatMap((entry) => textIn(entry, 'version') ?? []))];
  const changes = known.map((entry) => changeOf(entry, versions.length > 1));
  if (changes.length === 0) return undefined;
  const proofs = known.flatMap(proofsOf);
  const repair = known.flatMap((entry) => repairOf(entry['repair']) ?? []).at(-1);
  return {
    words: wordsOf(changes.length, versions),
    changes,
    proofs,
    ...(proofs.length > 0 ? { proofWords: proofHeadline(proofs) } : {}),
    ...(repair ? { repair } : {}),
  };
}

/** `Rangefinder 0.1.0 wrote into the file ...`: who says so, and that nothing was measured again. */
function wordsOf(changes: number, versions: readonly string[]): string {
  const by = versions.length === 0 ? '' : ` ${versions.join(' and ')}`;
  const what = nounText(changes, 'change');
  return `Rangefinder${by} wrote ${what} into the metadata of this file when it was saved. That is the file’s own record: nothing of it was measured again now, and other programs may have changed the weights since.`;
}

function changeOf(entry: AnyFields, hasVersions: boolean): RecordedChange {
  const own = {
    ...someText(entry, 'version'),
    ...someText(entry, 'target'),
    ...someText(entry, 'samples'),
  };
  const { version, target, samples } = own;
  const about = [
    ...(target === undefined ? [] : [`for ${target}`]),
    ...(samples === undefined ? [] : [`on ${samples}`]),
    ...(version === undefined || !hasVersions ? [] : [`by Rangefinder ${version}`]),
  ];
  return { label: textIn(entry, 'label') ?? '', ...own, about: about.join(', ') };
}

/** The proofs of the passes of one change; one that says so where none is recorded. */
function proofsOf(entry: AnyFields): ProofState[] {
  const { proofs, options, step } = entry;
  const isOld = entry['format'] === undefined;
  const all = Array.isArray(proofs) ? proofs.slice(0, most.proofs) : [];
  const known = all.flatMap((one) => proofOf(one, isOld) ?? []);
  const title = titleOf(step);
  // Biases that are brought back are so to the bit: there is nothing to prove.
  const isRemoval = isFields(options) && options['remove'] === true;
  if (known.length > 0 || title === undefined || isRemoval) return known;
  return [{ ...unproved, step: title }];
}

const unproved = {
  exercised: false,
  exact: false,
  maxAbs: 0,
  maxRel: 0,
  samples: 0,
  source: '',
  values: [],
  unavailable: 'No proof of it is recorded.',
};

function proofOf(value: unknown, isOld: boolean): ProofState | undefined {
  if (!isFields(value)) return undefined;
  const title = titleOf(value['step']);
  const { exercised, exact } = value;
  const [maxAbs, maxRel] = [sizeIn(value, 'maxAbs'), sizeIn(value, 'maxRel')];
  if (title === undefined || maxAbs === undefined || maxRel === undefined) return undefined;
  const unavailable = textIn(value, 'unavailable') ?? (isOld && !exercised ? notTold : undefined);
  const note = textIn(value, 'note') ?? (value['step'] === 'correct' ? madeForGrid : undefined);
  const [active, changed] = [countIn(value, 'activeChannels'), countIn(value, 'changedChannels')];
  const tolerance = exact === true ? sizeIn(value, 'tolerance') : undefined;
  return {
    step: title,
    exercised: exercised === true,
    exact: exact === true,
    maxAbs,
    maxRel,
    ...(tolerance === undefined ? {} : { tolerance }),
    samples: countIn(value, 'samples') ?? 0,
    source: textIn(value, 'source') ?? 'not recorded',
    values: [],
    ...(active === undefined || changed === undefined
      ? {}
      : { activeChannels: active, changedChannels: changed }),
    ...float32Of(value['float32']),
    ...(unavailable === undefined ? {} : { unavailable }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Entries of the first format do not tell a proof that could not be had from one that saw nothing. */
const notTold = 'What was recorded does not say whether the network could be run.';
const madeForGrid = 'The biases are made for their grid.';

function float32Of(value: unknown): Pick<ProofState, 'float32'> {
  if (!isFields(value)) return {};
  const unavailable = textIn(value, 'unavailable');
  if (unavailable !== undefined) return { float32: { unavailable } };
  const [maxRel, tolerance] = [sizeIn(value, 'maxRel'), sizeIn(value, 'tolerance')];
  if (maxRel === undefined || tolerance === undefined) return {};
  return { float32: { maxRel, tolerance, exact: value['exact'] === true } };
}

/** The report of a repair; undefined where it is none of ours. */
function repairOf(value: unknown): RepairReport | undefined {
  if (!isFields(value) || !Array.isArray(value['rows'])) return undefined;
  const summary = textIn(value, 'summary');
  const rows = value['rows'].slice(0, most.rows).flatMap((row) => rowOf(row) ?? []);
  if (summary === undefined || rows.length === 0) return undefined;
  const of = judgedBy.find((one) => one === value['of']);
  return { summary, ...(of ? { of } : {}), rows };
}

const judgedBy = ['logits', 'outputs', 'weights'] as const;

function rowOf(value: unknown): RepairReport['rows'][number] | undefined {
  if (!isFields(value)) return undefined;
  const [title, text] = [textIn(value, 'title'), textIn(value, 'text')];
  if (title === undefined) return undefined;
  const { isKept, isIdle, isWithCorrection } = value;
  const [beforeDb, afterDb] = [decibelsIn(value, 'beforeDb'), decibelsIn(value, 'afterDb')];
  const [refused, movedBy] = [countIn(value, 'refused'), sizeIn(value, 'movedBy')];
  return {
    title,
    isKept: isKept === true,
    ...(isIdle === true ? { isIdle } : {}),
    ...(refused === undefined ? {} : { refused }),
    ...(beforeDb === undefined || afterDb === undefined ? {} : { beforeDb, afterDb }),
    ...(isWithCorrection === true ? { isWithCorrection } : {}),
    ...(movedBy === undefined ? {} : { movedBy }),
    text: text ?? '',
  };
}

/** What a pass is called; undefined for what is none. */
const titleOf = (step: unknown): string | undefined =>
  Object.entries(stepTitle).find(([id]) => id === step)?.[1];

/** A text without what could turn or break the line that it stands in. */
function textIn(from: AnyFields, field: string): string | undefined {
  const value = from[field];
  if (typeof value !== 'string') return undefined;
  const text = value.slice(0, most.letters).replace(unprintable, ' ').trim();
  return text === '' ? undefined : text;
}

/** Control characters, halves of pairs, and marks that turn the direction of what follows. */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

function someText<Field extends string>(
  from: AnyFields,
  field: Field,
): { readonly [Name in Field]?: string } {
  const text = textIn(from, field);
  return text === undefined ? {} : ({ [field]: text } as { readonly [Name in Field]: string });
}

const numberIn = (from: AnyFields, field: string): number | undefined => {
  const value = from[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

/** A number that is not negative. */
function sizeIn(from: AnyFields, field: string): number | undefined {
  const value = numberIn(from, field);
  return value === undefined || value < 0 ? undefined : value;
}

function countIn(from: AnyFields, field: string): number | undefined {
  const value = sizeIn(from, field);
  return Number.isSafeInteger(value) ? value : undefined;
}

function decibelsIn(from: AnyFields, field: string): WireNumber | undefined {
  const value = from[field];
  return value === 'inf' || value === '-inf' || value === 'nan' ? value : numberIn(from, field);
}
