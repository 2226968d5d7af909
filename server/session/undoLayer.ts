import { applyEdits, invertAll } from '../core/graph/edits.ts';
import { displayName, type Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import { Refused } from '../refused.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import { correctionAfter } from './corrections.ts';
import { redoneSince, type Change } from './changeLog.ts';
import { runChange, type ChangeContext, type ChangePlan, type ChangeResult } from './runChange.ts';

/** The plan that takes one layer out of the equalizing that was applied. */
export function planUndoLayer(
  graph: Graph,
  applied: readonly Change[],
  nodeId: number,
): ChangePlan {
  const node = graph.nodes.find(({ id }) => id === nodeId);
  if (!node) throw new Refused({ code: 'unknown-layer', message: 'The model has no such layer.' });
  const layer = displayName(node);
  const scaled = applied.find((change) => scales(change, layer));
  if (!scaled) {
    throw new Refused({
      code: 'not-equalized',
      message: `${layer} was not equalized, so there is nothing to undo for it.`,
      where: layer,
    });
  }
  return { step: 'equalize', options: { without: layer, since: redoneSince(scaled) ?? scaled.id } };
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
  at: { readonly id: number; readonly parents: readonly number[] },
  job: Job,
): Promise<ChangeResult> {
  const since = redoneSince(plan);
  const first = applied.findIndex(({ id }) => id === since);
  if (first < 0)
    throw new Refused({ code: 'unknown-change', message: 'The change to redo is not known.' });
  const redone = applied.slice(first);
  const back = [...redone].reverse().flatMap((change) => invertAll(change.edits));
  const ignore = [...redone, plan].flatMap(({ options }) => withoutOf(options));
  let current = applyEdits(graph, back);
  const edits = [...back];
  const results: ChangeResult[] = [];
  const made: Change[] = [];
  for (const { step, options } of redone.filter((change) => redoneSince(change) === undefined)) {
    const isScaling = step === 'equalize' || step === 'repair';
    const again = isScaling ? { ...options, ignore: [...ignoreOf(options), ...ignore] } : options;
    const correction = correctionAfter(openedCorrection, [...applied.slice(0, first), ...made]);
    const own = { ...context, correction };
    const result = await runChange(own, current, { step, options: again }, at, job);
    if (result.change) made.push(result.change);
    results.push(result);
    current = result.graph;
    edits.push(...(result.change?.edits ?? []));
  }
  const records = results.flatMap((result) => result.records);
  const notes = results.flatMap((result) => result.notes);
  const label = `Undo equalizing of ${ignore.at(-1) ?? 'a layer'}`;
  const note = results
    .map((result) => result.change?.note)
    .filter(Boolean)
    .join('; ');
  const correction = correctionAfter(openedCorrection, [...applied.slice(0, first), ...made]);
  const change = {
    ...at,
    ...plan,
    label,
    note,
    edits,
    records,
    correction: correction ?? ('removed' as const),
  };
  return { graph: current, change, records, notes };
}

function scales(change: Change, layer: string): boolean {
  return change.records.some(
    (record) =>
      record.step === 'equalize' &&
      record.notKept === undefined &&
      (record.applied as EqualizeApplied[]).some((set) => set.layers.includes(layer)),
  );
}

const withoutOf = (options: Record<string, unknown>): string[] =>
  typeof options['without'] === 'string' ? [options['without']] : [];

const ignoreOf = (options: Record<string, unknown>): string[] =>
  Array.isArray(options['ignore']) ? (options['ignore'] as string[]) : [];
