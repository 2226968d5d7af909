import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel, RunParams } from '../protocol/requests.ts';
import { runRepair, runRequests } from '../session/runRequests.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Runs and proves steps and shows the model as it would be; nothing is applied. */
export function previewSteps(sessions: Sessions, params: RunParams, job: Job): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const preview = await runRequests(session, params.steps, job);
    session.commit({ preview });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}

/** Runs the pipeline with its stop rule and shows the model as it would be; nothing is applied. */
export function previewRepair(sessions: Sessions, params: OnModel, job: Job): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const preview = await runRepair(session, job);
    session.commit({ preview });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}

/** Shows the model as it is again. */
export function discardPreview(sessions: Sessions, params: OnModel, job: Job): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    if (session.state.preview) session.commit({ preview: undefined });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
