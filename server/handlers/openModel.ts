import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OpenParams } from '../protocol/requests.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { checkTarget } from './checkParams.ts';
import { settleMs } from './settle.ts';

/** Opens a model and answers with what is known of it after a moment; the rest comes as notes. */
export async function openModel(
  sessions: Sessions,
  params: OpenParams,
  job: Job,
): Promise<ModelState> {
  checkTarget(params.target);
  const session = await sessions.open(params, job);
  await session.analyst.settle(settleMs);
  return stateOf(session);
}
