import type { Job } from '../core/job.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { openSessionData } from '../session/sessionData.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Takes samples for the model, or none; not an edit. */
export function chooseData(
  sessions: Sessions,
  params: OnModel & { readonly data?: DataChoice },
  job: Job,
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { data: before, document } = session.state;
    const data = params.data && (await openSessionData(document, params.data, session.dataPlace));
    session.commit({ data });
    await before?.samples.dispose();
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
