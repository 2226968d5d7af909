import type { Job } from '../core/job.ts';
import type { ApplyReply, OnModel, RunParams } from '../protocol/requests.ts';
import { toLogged } from '../session/changeLog.ts';
import { commitRun, isSameRun, runPlans, runRepair, runRequests } from '../session/runRequests.ts';
import type { Preview, Session } from '../session/session.ts';
import { planUndoLayer } from '../session/undoLayer.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Runs steps, proves each and makes them changes; a preview of the same steps is taken as it is. */
export function applySteps(sessions: Sessions, params: RunParams, job: Job): Promise<ApplyReply> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { preview } = session.state;
    const isShown = preview !== undefined && isSameRun(preview, params.steps);
    return finish(session, isShown ? preview : await runRequests(session, params.steps, job), job);
  });
}

/**
 * Runs all steps and keeps what helps, judged on the samples where there are some; a preview of
 * that is taken as it is. Each step that is kept is a change.
 */
export function repairModel(sessions: Sessions, params: OnModel, job: Job): Promise<ApplyReply> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { preview } = session.state;
    const run = preview?.isRepair === true ? preview : await runRepair(session, job);
    return finish(session, run, job);
  });
}

/** Brings back the biases from before the correction; a new change. */
export function removeCorrection(
  sessions: Sessions,
  params: OnModel,
  job: Job,
): Promise<ApplyReply> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const plan = { step: 'correct' as const, options: { remove: true } };
    return finish(session, await runPlans(session, [plan], [], job), job);
  });
}

/** Takes one layer out of the equalizing that was applied; a new change. */
export function undoLayer(
  sessions: Sessions,
  params: OnModel & { readonly layer: number },
  job: Job,
): Promise<ApplyReply> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { graph, applied } = session.state;
    const plan = planUndoLayer(graph, applied, params.layer);
    return finish(session, await runPlans(session, [plan], [], job), job);
  });
}

async function finish(session: Session, run: Preview, job: Job): Promise<ApplyReply> {
  await job.checkpoint(1, 1);
  commitRun(session, run);
  await session.analyst.settle(settleMs);
  return { state: stateOf(session), changes: run.changes.map(toLogged), notes: run.notes };
}
