import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import { moveTo } from '../session/changeLog.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Undo and redo: makes exactly these changes applied. A preview that is shown goes. */
export function setChanges(
  sessions: Sessions,
  params: OnModel & { readonly ids: readonly number[] },
  job: Job,
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { graph, applied, known } = session.state;
    const wanted = params.ids.map((id) => {
      const change = known.get(id);
      if (change) return change;
      throw new Refused({
        code: 'unknown-change',
        message: `${session.name} has no change ${id} to do again.`,
        where: session.name,
        remedy: 'Take the step again.',
      });
    });
    const moved = moveTo(graph, applied, wanted);
    session.commit({ graph: moved, applied: wanted, preview: undefined, tried: [] });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
