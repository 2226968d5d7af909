import { applyEdits } from '../core/graph/edits.ts';
import type { Job } from '../core/job.ts';
import type { ChangeLog, Fault, LoggedChange } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import { redoneSince, toLogged, type Change } from './changeLog.ts';
import { groupRepairs, planOfGroup, upTo } from './repairParts.ts';
import { runChange, type ChangeResult } from './runChange.ts';
import type { Session } from './session.ts';
import { runUndoLayer } from './undoLayer.ts';

/**
 * Does the changes of a log again on a session that was just opened. The steps are deterministic,
 * so the graph is the one that was backed up. Refuses when the file is another one by now.
 */
export async function replayLog(session: Session, log: ChangeLog, job: Job): Promise<void> {
  const { state, name } = session;
  if (log.changes.length > 0 && log.fileHash !== state.fileHash) {
    throw new Refused({
      code: 'file-changed',
      message: `${name} has changed on disk since its unsaved corrections were made; they belong to the file as it was.`,
      where: name,
      remedy:
        'Put the earlier file back and open it again, or open the file as it is and repeat the corrections.',
    });
  }
  const applied: Change[] = (log.saved ?? []).map(savedBefore);
  const warnings = (log.undone ?? []).map(
    ({ label }) =>
      `"${label}" had been saved and then undone. Its old weights were not kept over the restart, so the file still has it.`,
  );
  let { graph } = state;
  for (const group of groupRepairs(log.changes)) {
    const [logged] = group;
    if (!logged) continue;
    const ids = group.map(({ id }) => id);
    const at = { takeId: () => ids.shift() ?? 0, parents: applied.map(({ id }) => id) };
    const context = session.context(applied);
    const plan = planOfGroup(group);
    const run = (): Promise<ChangeResult> =>
      redoneSince(logged) === undefined
        ? runChange(context, graph, plan, at, job)
        : runUndoLayer(context, graph, session.openedCorrection, applied, logged, at, job);
    const result = await run().catch((thrown: unknown) => {
      if (!(thrown instanceof Refused) || logged.options['data'] === undefined) throw thrown;
      warnings.push(withoutItsData(logged, thrown.fault));
      return undefined;
    });
    if (!result) break; // what stands on top of it cannot be done either
    const made = upTo(group, result.changes);
    const missed = group.find(({ step }, i) => made[i]?.step !== step);
    if (missed) throw notRepeated(missed, name, result.notes);
    applied.push(...made.map((change, i) => ({ ...change, ...asLogged(group[i]) })));
    const isAll = made.length === result.changes.length;
    graph = isAll
      ? result.graph
      : applyEdits(
          graph,
          made.flatMap(({ edits }) => edits),
        );
  }
  const known = new Map(applied.map((change) => [change.id, change]));
  const saved = (log.saved ?? []).map(({ id }) => id);
  session.commit({ graph, applied, known, saved, warnings });
}

/** What a backup keeps of a session: what to do again on the file as it is on disk. */
export function logOf(session: Session): ChangeLog {
  const { state, uri } = session;
  const { applied, saved, known, fileHash } = state;
  let common = 0;
  while (common < saved.length && applied[common]?.id === saved[common]) common++;
  const labels = (ids: readonly number[]): LoggedChange[] =>
    ids.flatMap((id) => known.get(id) ?? []).map(toLogged);
  const undone = labels(saved.slice(common));
  // What was done on top of an undone save cannot be repeated on the file, which still has it.
  const changes = undone.length > 0 ? [] : applied.slice(common).map(toLogged);
  const kept = labels(saved);
  return {
    version: 1,
    uri,
    fileHash,
    changes,
    ...(kept.length > 0 ? { saved: kept } : {}),
    ...(undone.length > 0 ? { undone } : {}),
  };
}

/** As it was logged: a repair that goes on from what the file has counts its parts anew. */
const asLogged = (
  logged: LoggedChange | undefined,
): Pick<LoggedChange, 'label' | 'options'> | undefined =>
  logged && { label: logged.label, options: logged.options };

const savedBefore = (logged: LoggedChange, i: number, all: readonly LoggedChange[]): Change => ({
  ...logged,
  parents: all.slice(0, i).map(({ id }) => id),
  note: 'in the file',
  edits: [],
  records: [],
  fixed: 'it was saved before the file was read again, and what it replaced was not kept.',
});

/** Said of a change whose samples are gone; it and what followed is left out. */
const withoutItsData = ({ label }: LoggedChange, { message, remedy = '' }: Fault): string =>
  `"${label}" and what came after it could not be repeated: its samples cannot be used any more. ${message} ${remedy}`.trim();

const notRepeated = (logged: LoggedChange, name: string, notes: readonly string[]): Refused =>
  new Refused({
    code: 'not-repeated',
    message: `"${logged.label}" could not be repeated on ${name}: ${notes.join(' ')}`,
    where: name,
    remedy: 'Open the file as it is and take the step again.',
  });
