import { applyEdits, invertAll } from '../core/graph/edits.ts';
import { displayName, type Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import { Refused } from '../refused.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import { correctionAfter } from './corrections.ts';
import { notKept, redoneSince, type Change, type StepRecord } from './changeLog.ts';
import { groupRepairs, planOfGroup, upTo } from './repairParts.ts';
import {
  runChange,
  type ChangeContext,
  type ChangePlace,
  type ChangePlan,
  type ChangeResult,
} from './runChange.ts';

/** The plan that takes one layer out of the equalizing that was applied. */
export function planUndoLayer(
  graph: Graph,
  applied: readonly Change[],
  nodeId: number,
): ChangePlan {
  const node = graph.nodes.find(({ id }) => id === nodeId);
  if (!node) throw new Refused({ code: 'unknown-layer', message: 'The model has no such layer.' });
  const layer = displayName(node);
  const scaled = standingOf(applied).find((change) => scaledBy(change).includes(layer));
  if (!scaled) {
    throw new Refused({
      code: 'not-equalized',
      message: `${layer} was not equalized, so there is nothing to undo for it.`,
      where: layer,
    });
  }
  if (scaled.fixed !== undefined) throw notKept(scaled);
  // Parts of a repair that the file has already cannot be taken back with it.
  const groups = groupRepairs(applied.filter(({ fixed }) => fixed === undefined));
  const [first = scaled] = groups.find((group) => group.includes(scaled)) ?? [];
  return { step: 'equalize', options: { without: layer, since: redoneSince(scaled) ?? first.id } };
}

/** Names of the layers whose equalizing can be taken back one by one. */
export const equalizedLayers = (applied: readonly Change[]): ReadonlySet<string> =>
  new Set(standingOf(applied).flatMap((one) => (one.fixed === undefined ? scaledBy(one) : [])));

/** The changes that no later one has done again without a layer. */
function standingOf(applied: readonly Change[]): Change[] {
  let standing: Change[] = [];
  for (const change of applied) {
    const since = redoneSince(change);
    if (since !== undefined)
      standing = standing.filter((one) => (redoneSince(one) ?? one.id) < since);
    standing.push(change);
  }
  return standing;
}

/**
 * Takes back every change since the equalizing and does them again without the sets of the layer.
 * That is the exact inverse for the layer, also where later sets were scaled on top of it.
 */
export async function runUndoLayer(
  context: ChangeContext,
  graph: Graph,
  openedCorrection: CorrectionNote | undefined,
  applied: readonly Change[],
  plan: ChangePlan,
  at: ChangePlace,
  job: Job,
): Promise<ChangeResult> {
  const since = redoneSince(plan);
  const first = applied.findIndex(({ id }) => id === since);
  if (first < 0)
    throw new Refused({ code: 'unknown-change', message: 'The change to redo is not known.' });
  const redone = applied.slice(first);
  const lost = redone.find(({ fixed }) => fixed !== undefined);
  if (lost) throw notKept(lost);
  const back = [...redone].reverse().flatMap((change) => invertAll(change.edits));
  const ignore = [...redone, plan].flatMap(({ options }) => withoutOf(options));
  let current = applyEdits(graph, back);
  const edits = [...back];
  const records: StepRecord[] = [];
  const notes: string[] = [];
  const made: Change[] = [];
  const id = at.takeId();
  const place = { takeId: () => id, parents: at.parents };
  const asked = redone.filter((change) => redoneSince(change) === undefined);
  for (const group of groupRepairs(asked)) {
    const { step, options } = planOfGroup(group);
    const isScaling = step === 'equalize' || step === 'repair';
    const again = isScaling ? leavingOut(ignore, options) : options;
    if (again === undefined) continue;
    const correction = correctionAfter(openedCorrection, [...applied.slice(0, first), ...made]);
    const own = { ...context, correction };
    const result = await runChange(own, current, { step, options: again }, place, job);
    const changes = upTo(group, result.changes);
    const done = changes.flatMap((change) => change.edits);
    made.push(...changes);
    records.push(...(changes.length > 0 ? changes.flatMap((one) => one.records) : result.records));
    notes.push(...result.notes);
    current = changes.length === result.changes.length ? result.graph : applyEdits(current, done);
    edits.push(...done);
  }
  const label = `Undo equalizing of ${ignore.at(-1) ?? 'a layer'}`;
  const note = made.map((change) => change.note).join('; ');
  const correction = correctionAfter(openedCorrection, [...applied.slice(0, first), ...made]);
  const change = {
    id,
    parents: at.parents,
    step: 'equalize' as const,
    options: plan.options,
    label,
    note,
    edits,
    records,
    correction: correction ?? ('removed' as const),
  };
  return { graph: current, changes: [change], records, notes };
}

/** The layers that a change scaled. */
const scaledBy = (change: Change): string[] =>
  change.records.flatMap(({ step, notKept: refused, applied }) =>
    step === 'equalize' && refused === undefined
      ? (applied as readonly EqualizeApplied[]).flatMap(({ layers }) => layers)
      : [],
  );

/** Options of a scaling that leave layers alone; undefined where no set that was chosen is left. */
function leavingOut(
  ignore: readonly string[],
  options: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const again = { ...options, ignore: [...ignoreOf(options), ...ignore] };
  const { only } = options as { readonly only?: readonly (readonly string[])[] };
  if (!only || only.length === 0) return again;
  const left = only.filter((set) => !set.some((name) => ignore.includes(name)));
  return left.length > 0 ? { ...again, only: left } : undefined;
}

const withoutOf = (options: Record<string, unknown>): string[] =>
  typeof options['without'] === 'string' ? [options['without']] : [];

const ignoreOf = (options: Record<string, unknown>): string[] =>
  Array.isArray(options['ignore']) ? (options['ignore'] as string[]) : [];
