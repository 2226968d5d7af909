import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Takes the layers that corrections leave alone, and tries the steps without them; not an edit. */
export function leaveAlone(
  sessions: Sessions,
  params: OnModel & { readonly names: readonly string[] },
  job: Job,
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const known = new Set(session.analyst.insight.layers.map(({ name }) => name));
    const stranger = params.names.find((name) => !known.has(name));
    if (stranger !== undefined) {
      throw new Refused({
        code: 'unknown-layer',
        message: `${session.name} has no layer "${stranger}".`,
      });
    }
    session.commit({ leftAlone: params.names, preview: undefined });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
