import { resolve } from 'node:path';
import type { Graph } from '../core/graph/graph.ts';
import type { Tensor } from '../core/graph/tensor.ts';
import type { Job } from '../core/job.ts';
import { adoptMeasurements } from '../core/reports/weightStatistics.ts';
import type { ModelDocument } from '../formats/format.ts';
import { Refused, refusedFile } from '../refused.ts';
import { unsoundness } from '../unsoundGraph.ts';
import { correctionAfter } from './corrections.ts';
import type { Change } from './changeLog.ts';
import { fileIdentity, hashModel } from './fileHash.ts';
import { liesInModelFile, rebindEdits, rebindGraph, tensorsOf, type TensorMap } from './rebind.ts';
import { saveNotes } from './saveNotes.ts';
import type { Session, SessionState } from './session.ts';

/**
 * Writes the applied changes to `path` (default: the model's own file), atomically. Over its own
 * file, the session goes on with the file as written and undo still works: what it would bring
 * back is copied out of the file first. Answers in sentences what writing changed besides.
 */
export async function saveSession(
  session: Session,
  path: string | undefined,
  job: Job,
): Promise<readonly string[]> {
  const { document, graph } = session.state;
  const fault = unsoundness(graph, document.graph);
  if (fault !== undefined) throw new Error(`the result is broken, and was not saved: ${fault}`);
  const isOwn = path === undefined || resolve(path) === resolve(document.path);
  const notes = notesFor(session);
  if (!isOwn) {
    const written = await document.write(graph, path, notes, job);
    if (!written.ok) throw refusedFile(written.error);
    if (written.value === document) return [];
    const said = saidOf(written.value);
    written.value.dispose();
    return said;
  }
  await refuseChangedFile(session);
  const kept = await keepForUndo(session, job);
  const written = await document.write(kept.graph, document.path, notes, job);
  if (!written.ok) throw refusedFile(written.error);
  const map = pairUp(kept.graph, written.value.graph);
  const moved = rebindState(kept, map);
  for (const [from, to] of map) adoptMeasurements(from, to);
  session.commit({
    ...moved,
    document: written.value,
    graph: written.value.graph,
    fileHash: (await hashModel(written.value)) ?? '',
    fileId: (await fileIdentity(document.path)) ?? '',
    saved: kept.applied.map(({ id }) => id),
    preview: undefined,
  });
  if (written.value === document) return [];
  document.dispose();
  return saidOf(written.value);
}

/** The metadata that the file of a session is to carry. */
export function notesFor({ state, openedCorrection }: Session): ReadonlyMap<string, string> {
  const { document, applied, saved } = state;
  return saveNotes(document, applied, saved, correctionAfter(openedCorrection, applied));
}

/** What a document says about how it was just written. */
const saidOf = ({ issues }: ModelDocument): readonly string[] =>
  issues.filter(({ code }) => code === 'saved').map(({ message }) => message);

/** Refuses to write over a file that somebody else has changed or removed since it was read. */
async function refuseChangedFile(session: Session): Promise<void> {
  const { name, state } = session;
  const hash = await hashModel(state.document);
  if (hash === state.fileHash) return;
  const what = hash === undefined ? 'is gone or cannot be read any more' : 'has changed on disk';
  throw new Refused({
    code: hash === undefined ? 'file-missing' : 'file-changed',
    message: `${name} ${what} since it was opened. It was not saved, so that nothing of it is lost.`,
    where: name,
    remedy:
      'Use Save As to write your corrections to another file, or revert to load the file as it is.',
  });
}

type Kept = Pick<SessionState, 'base' | 'graph' | 'applied' | 'known'>;

/**
 * Copies the tensors that only undo or redo needs out of the model's file, newest change first.
 * A change for which the spill file has no room stays applied and cannot be undone any more.
 */
async function keepForUndo(session: Session, job: Job): Promise<Kept> {
  const { state, spill } = session;
  const current = new Set(state.graph.tensors.values());
  const map = new Map<Tensor, Tensor>();
  const fixed = new Set<number>();
  const changes = [...state.known.values()].sort((a, b) => b.id - a.id);
  for (const [done, change] of changes.entries()) {
    const needed = [...tensorsOf(change.edits)].filter(
      (tensor) => liesInModelFile(tensor) && !current.has(tensor) && !map.has(tensor),
    );
    const bytes = needed.reduce((sum, { data }) => sum + data.sizeBytes, 0);
    if (!spill.hasRoom(bytes)) {
      fixed.add(change.id);
      continue;
    }
    for (const tensor of needed) {
      await job.checkpoint(done, changes.length, tensor.name);
      map.set(tensor, { ...tensor, data: spill.add(tensor.data) });
    }
  }
  for (const [from, to] of map) adoptMeasurements(from, to);
  const kept = rebindState(state, map);
  const fix = (change: Change): Change =>
    fixed.has(change.id)
      ? { ...change, edits: [], fixed: 'the disk space for undo is used up.' }
      : change;
  return {
    ...kept,
    graph: rebindGraph(state.graph, map),
    applied: kept.applied.map(fix),
    known: new Map([...kept.known].map(([id, change]) => [id, fix(change)])),
  };
}

function rebindState(state: Kept, map: TensorMap): Omit<Kept, 'graph'> {
  const known = new Map(
    [...state.known].map(([id, change]) => [
      id,
      { ...change, edits: rebindEdits(change.edits, map) },
    ]),
  );
  return {
    base: rebindGraph(state.base, map),
    applied: state.applied.map((change) => known.get(change.id) ?? change),
    known,
  };
}

/** The tensors of the graph that was written, and the same ones where the new file has them. */
function pairUp(before: Graph, after: Graph): TensorMap {
  const map = new Map<Tensor, Tensor>();
  for (const [name, tensor] of before.tensors) {
    const twin = after.tensors.get(name);
    if (twin && twin !== tensor) map.set(tensor, twin);
  }
  return map;
}
