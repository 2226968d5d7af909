import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { contextOf } from '../quantize/contextOf.ts';
import { noEngine, refusedFile } from '../refused.ts';
import { runPass } from '../runSteps.ts';
import { loadFrozen } from '../session/frozenEncodings.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Takes encodings from a file and freezes them; an empty `from` lets them go again. */
export function loadEncodings(
  sessions: Sessions,
  params: OnModel & { readonly from: string },
  job: Job,
): Promise<{ readonly state: ModelState; readonly notes: readonly string[] }> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    if (params.from === '') {
      session.commit({ frozen: undefined });
      return { state: stateOf(session), notes: [] };
    }
    const { document, engine, target, seed } = session.context();
    if (!engine) throw noEngine();
    const { graph } = await runPass(session.state.graph, 'fold', {}, job);
    const made = await contextOf({ document, graph, engine, target, seed }, undefined, job);
    if (!made.ok) throw refusedFile(made.error);
    const { frozen, notes } = loadFrozen(URI.parse(params.from).fsPath, made.value);
    session.commit({ frozen });
    await session.analyst.settle(settleMs);
    return { state: stateOf(session), notes };
  });
}
