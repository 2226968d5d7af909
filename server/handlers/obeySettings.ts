import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import { modelSettings } from '../modelSettings.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Takes pairs and sets from the settings file as it is now; not an edit. */
export function obeySettings(sessions: Sessions, params: OnModel, job: Job): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    if (!session.dataPlace.isTrusted) return stateOf(session);
    const { chosen } = modelSettings(URI.parse(session.uri).fsPath);
    session.commit({ chosen, preview: undefined });
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
