import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';

/** Calibrates, evaluates and measures the model on its samples; what settles is published. */
export async function measureModel(
  sessions: Sessions,
  params: OnModel & { readonly sensitivity: boolean },
  job: Job,
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  // Its inputs were held against its encodings when the samples were chosen; that is all.
  if (session.kind === 'quantized' && session.state.data) return stateOf(session);
  if (session.kind !== 'float') {
    throw new Refused({
      code: session.kind,
      message: `${session.name} cannot be measured: what is measured is rounding float weights, and it has none.`,
      where: session.name,
      remedy: 'Open the float model that it was made from.',
    });
  }
  if (!session.state.data) {
    throw new Refused({
      code: 'no-data',
      message: 'There are no samples to measure on.',
      where: session.name,
      remedy: 'Choose samples, or use synthetic inputs.',
    });
  }
  await session.queue.run(() => Promise.resolve()); // a change that is under way has the engine
  session.expect(params.revision);
  await session.measurer.measure(params.sensitivity, job);
  return stateOf(session);
}

/** Forgets what a stopped measurement left half done. */
export function discardMeasured(
  sessions: Sessions,
  params: { readonly uri: string },
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  session.measurer.discard();
  return Promise.resolve(stateOf(session));
}

/** Stops measuring in the background. */
export function stopMeasuring(
  sessions: Sessions,
  params: { readonly uri: string },
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  session.measurer.stop();
  return Promise.resolve(stateOf(session));
}
