import type { GraphEdit } from '../core/graph/edits.ts';
import type { Graph } from '../core/graph/graph.ts';
import { MemoryData, type Tensor } from '../core/graph/tensor.ts';
import type { Job } from '../core/job.ts';
import { restoreBiases, type FormerBias } from '../core/passes/restoreBiases.ts';
import type { CorrectedOn } from '../correctedOn.ts';
import {
  correctionKey,
  formatCorrection,
  noteCorrection,
  parseCorrection,
  type CorrectionNote,
} from '../correctionNote.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { Change } from './changeLog.ts';

/** The correction that a file has, by its own note. */
export const correctionIn = (document: ModelDocument): CorrectionNote | undefined =>
  parseCorrection(document.info.metadata.get(correctionKey));

/**
 * The correction that is in force after these changes on a file that had `opened`. After a change
 * that moves weights or biases they are still made for its grid, but what was noted of the biases
 * from before is of another scale: nothing of it can be brought back.
 */
export function correctionAfter(
  opened: CorrectionNote | undefined,
  changes: readonly Change[],
): CorrectionNote | undefined {
  let note = opened;
  for (const { correction, edits } of changes) {
    if (correction === 'removed') note = undefined;
    else if (correction) note = correction;
    else if (edits.length > 0) note = note && { ...note, former: [] };
  }
  return note;
}

/** The note on a correction of these layers, with copies of the biases: a save replaces the file. */
export function noteFor(
  uncorrected: Graph,
  layers: readonly string[],
  target: TargetSettings,
  on: CorrectedOn | undefined,
): CorrectionNote {
  const { former } = noteCorrection(uncorrected, layers, target, undefined);
  return {
    target,
    ...(on ? { on } : {}),
    former: former.map(({ layer, bias }) => ({ layer, bias: bias && inMemory(bias) })),
  };
}

/** The graph with the biases from before a correction, and the edits that lead there. */
export async function withoutCorrection(
  graph: Graph,
  former: readonly FormerBias[],
  job: Job,
): Promise<{ readonly graph: Graph; readonly edits: readonly GraphEdit[] }> {
  if (former.length === 0) return { graph, edits: [] };
  const result = await restoreBiases.run(graph, { former }, job);
  return { graph: result.graph, edits: result.edits };
}

/** What a saved file says of its correction; empty text takes the note out. */
export function correctionNotes(
  document: ModelDocument,
  correction: CorrectionNote | undefined,
): ReadonlyMap<string, string> {
  if (correction) return new Map([[correctionKey, formatCorrection(correction)]]);
  return document.info.metadata.has(correctionKey) ? new Map([[correctionKey, '']]) : new Map();
}

const inMemory = (tensor: Tensor): Tensor => ({
  ...tensor,
  data: new MemoryData(Uint8Array.from(tensor.data.read())),
});
