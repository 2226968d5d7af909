import { applyEdits, invertAll, type GraphEdit } from '../core/graph/edits.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Skip } from '../core/passes/pass.ts';
import type { AppliedChange } from '../protocol/model.ts';
import type { LoggedChange } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';
import type { LeftOutSets, Proof, StepOutcome } from '../steps.ts';

/** What one step of a change found and did, without its edits. */
export interface StepRecord {
  readonly step: DataStepId;
  readonly applied: readonly object[];
  readonly skipped: readonly Skip[];
  readonly isExact: boolean;
  readonly proof: Proof | undefined;
  readonly rolledBack?: string;
  /** How *Repair* judged it on samples. */
  readonly judged?: Judged | undefined;
  /** Why *Repair* tried the step and left it out. */
  readonly notKept?: string;
  /** Sets that *Repair* left out of a step that it kept. */
  readonly leftOut?: LeftOutSets;
}

/** The SQNR of outputs, or of logits where there are some, and what happened in words. */
export interface Judged {
  readonly beforeDb: number;
  readonly afterDb: number;
  readonly of: 'logits' | 'outputs';
  /** Both with the correction of biases that would follow: no link of a chain of steps. */
  readonly isWithCorrection?: true;
  readonly text: string;
}

/** One undo entry of a session: what to do again, and the edits that it made. */
export interface Change extends LoggedChange {
  /** Ids of the changes that it was made on top of, in order. */
  readonly parents: readonly number[];
  readonly note: string;
  readonly edits: readonly GraphEdit[];
  readonly records: readonly StepRecord[];
  /** What a repair came to, in a sentence. */
  readonly verdict?: string;
  /** The samples that it was made or judged on: `imagenet-a · 12 + 12 + 40, labelled`. */
  readonly samples?: string | undefined;
  /** The bias correction that it made, with the biases from before. */
  readonly correction?: CorrectionNote | 'removed' | undefined;
  /** Why it cannot be undone any more: what it replaced was not kept. */
  readonly fixed?: string;
}

/** An outcome as the change log keeps it. */
export function recordOf(outcome: StepOutcome): StepRecord {
  const { step, applied, skipped, isExact, proof, rolledBack, leftOut } = outcome;
  const record = { step, applied, skipped, isExact, proof, ...(leftOut ? { leftOut } : {}) };
  return rolledBack === undefined ? record : { ...record, rolledBack };
}

/**
 * What the applied changes come to: a change that takes a layer out has done the changes since
 * then again, and its records stand in place of theirs.
 */
export function recordsOf(applied: readonly Change[]): StepRecord[] {
  let live: Live[] = [];
  for (const change of applied) {
    const since = redoneSince(change);
    if (since !== undefined) live = live.filter(({ id }) => id < since);
    if (change.correction) live = live.map(withoutCorrections);
    live.push({ id: since ?? change.id, records: change.records });
  }
  return live.flatMap(({ records }) => records);
}

interface Live {
  readonly id: number;
  readonly records: readonly StepRecord[];
}

/** A correction takes those before it back, and so does its removal. */
const withoutCorrections = ({ id, records }: Live): Live => ({
  id,
  records: records.filter(({ step }) => step !== 'correct'),
});

/** The first change that `change` did again without a layer; undefined for all others. */
export function redoneSince({ options }: Pick<LoggedChange, 'options'>): number | undefined {
  const since = options['since'];
  return typeof since === 'number' ? since : undefined;
}

/** A change as it crosses to the host: enough to do it again. */
export const toLogged = ({ id, step, options, label }: Change): LoggedChange => ({
  id,
  step,
  options,
  label,
});

/** A change as the panel and the side bar list it. */
export const toApplied = ({ id, step, label, note }: Change): AppliedChange => ({
  id,
  step,
  label,
  note,
});

/**
 * The graph with exactly the changes `wanted` applied instead of `applied`: what both begin with
 * stays, the rest is taken back, last first, and the others are done again. Refuses a change that
 * was made on top of others than those before it.
 */
export function moveTo(graph: Graph, applied: readonly Change[], wanted: readonly Change[]): Graph {
  let common = 0;
  while (common < wanted.length && applied[common]?.id === wanted[common]?.id) common++;
  for (const [i, change] of wanted.entries()) {
    const before = wanted.slice(0, i).map(({ id }) => id);
    if (change.parents.join() !== before.join()) throw outOfOrder(change);
  }
  const back = applied.slice(common).reverse();
  const fixed = back.find((change) => change.fixed !== undefined);
  if (fixed) throw notKept(fixed);
  const edits = back.flatMap((change) => invertAll(change.edits));
  const forth = wanted.slice(common).flatMap((change) => change.edits);
  return applyEdits(graph, [...edits, ...forth]);
}

/** Why a change cannot be taken back. */
export const notKept = (change: Change): Refused =>
  new Refused({
    code: 'undo-not-kept',
    message: `"${change.label}" cannot be undone: ${change.fixed ?? ''}`,
    where: change.label,
    remedy: 'The file from before is in your version control or backup, if there is one.',
  });

const outOfOrder = (change: Change): Refused =>
  new Refused({
    code: 'out-of-order',
    message: `"${change.label}" was made on top of other changes than the ones before it here.`,
    where: change.label,
    remedy: 'Undo the later changes first, or take the step again.',
  });
