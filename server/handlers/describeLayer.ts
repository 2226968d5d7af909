import type { Job } from '../core/job.ts';
import type { CockpitState } from '../protocol/cockpit.ts';
import type { OnModel } from '../protocol/requests.ts';
import type { Sessions } from '../sessions.ts';
import { cockpitOf } from '../toWire/cockpit.ts';

/** Why, for one layer of the graph that is shown. */
export async function describeLayer(
  sessions: Sessions,
  params: OnModel & { readonly layer: number },
  job: Job,
): Promise<CockpitState> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  try {
    return await cockpitOf(session, params.layer, job);
  } catch (thrown) {
    // A save may have closed the file under a read that had begun: then the answer is "ask again".
    session.expect(params.revision);
    throw thrown;
  }
}
