import type { GraphEdit } from '../core/graph/edits.ts';
import type { RunStepId } from '../protocol/model.ts';
import type { LoggedChange } from '../protocol/requests.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';
import type { StepRecord } from './changeLog.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import { without } from './leftAlone.ts';

/** What one undo entry is made of. */
export interface MadePart {
  readonly step: RunStepId;
  readonly edits: readonly GraphEdit[];
  readonly records: readonly StepRecord[];
  readonly correction?: CorrectionNote | 'removed' | undefined;
}

/** Where a change stands among those that one repair made. */
interface PartOfRepair {
  /** From 0. */
  readonly at: number;
  readonly of: number;
}

/** The steps of a repair in its order; what changes nothing gets no part of its own. */
const order: readonly RunStepId[] = ['fold', 'equalize', 'absorb', 'correct'];

/** The step that a pass belongs to: what prepares scaling is done and undone with it. */
const railStep = (pass: DataStepId): RunStepId =>
  pass === 'clear' || pass === 'relu6' ? 'equalize' : pass;

/** Puts what the passes of a repair made into one part a step; clearing belongs to equalizing. */
export function joinParts(
  made: readonly {
    readonly step: DataStepId;
    readonly edits: readonly GraphEdit[];
    readonly record: StepRecord;
  }[],
): MadePart[] {
  const parts: MadePart[] = [];
  for (const { step: pass, edits, record } of made) {
    const step = railStep(pass);
    const last = parts.at(-1);
    const isOwn = !last || (edits.length > 0 && last.edits.length > 0 && last.step !== step);
    if (isOwn) {
      parts.push({ step, edits, records: [record] });
      continue;
    }
    const name = last.edits.length > 0 ? last.step : step;
    const joined = {
      step: name,
      edits: [...last.edits, ...edits],
      records: [...last.records, record],
    };
    parts.splice(-1, 1, joined);
  }
  return parts;
}

/** Options of a change that is one of the parts of a repair. */
export const partOptions = (
  options: Record<string, unknown>,
  at: number,
  of: number,
): Record<string, unknown> => ({ ...without('from', options), repair: { at, of } });

/** Which part of a repair a change is; undefined for all others. */
export function partOfRepair({ options }: Pick<LoggedChange, 'options'>): PartOfRepair | undefined {
  const part = options['repair'];
  const isPart = typeof part === 'object' && part !== null && 'at' in part && 'of' in part;
  return isPart ? (part as PartOfRepair) : undefined;
}

/** Changes in order, those of one repair together. */
export function groupRepairs<T extends LoggedChange>(changes: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const previous = last?.at(-1);
    const before = previous && partOfRepair(previous);
    const part = partOfRepair(change);
    if (last && before && part?.at === before.at + 1) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

/**
 * What makes a group of changes again: the repair, from the step on that the group begins with
 * where the file has those before it.
 */
export function planOfGroup([first]: readonly LoggedChange[]): {
  readonly step: RunStepId | 'repair';
  readonly options: Record<string, unknown>;
} {
  if (!first) throw new Error('a group of changes has at least one');
  const part = partOfRepair(first);
  if (!part) return first;
  const options = without('repair', first.options);
  return {
    step: 'repair',
    options: part.at > 0 ? { ...options, from: first.step } : options,
  };
}

/** Of what a repair made again, what the group had: a step that was undone stays undone. */
export function upTo<T extends LoggedChange>(
  group: readonly LoggedChange[],
  made: readonly T[],
): readonly T[] {
  const last = group.at(-1);
  if (!last || !partOfRepair(last)) return made;
  return made.filter(({ step }) => order.indexOf(step) <= order.indexOf(last.step));
}

/** The passes of a repair that begins with a step. */
export function stepsFrom<T extends DataStepId>(all: readonly T[], from: unknown): readonly T[] {
  const first = order.find((step) => step === from);
  if (first === undefined) return all;
  return all.filter((pass) => order.indexOf(railStep(pass)) >= order.indexOf(first));
}
