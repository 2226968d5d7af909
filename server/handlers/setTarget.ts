import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { checkTarget } from './checkParams.ts';
import { settleMs } from './settle.ts';

/** Ranks the layers anew for another target; not an edit. A preview, made for the old one, goes. */
export function setTarget(
  sessions: Sessions,
  params: OnModel & { readonly target: TargetSettings },
  job: Job,
): Promise<ModelState> {
  checkTarget(params.target);
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    session.commit({ target: params.target, preview: undefined });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
