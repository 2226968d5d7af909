import type { Job } from '../core/job.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel } from '../protocol/requests.ts';
import { inputRanges } from '../quantize/inputRanges.ts';
import { openSessionData } from '../session/sessionData.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Takes samples for the model, or none; not an edit. A preview, made on the old ones, goes. */
export function chooseData(
  sessions: Sessions,
  params: OnModel & { readonly data?: DataChoice },
  job: Job,
): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { data: before, document } = session.state;
    const opened = params.data && (await openSessionData(document, params.data, session.dataPlace));
    // A quantized model is not measured, but what goes into it can be held against its encodings.
    const data =
      opened && session.kind === 'quantized'
        ? { ...opened, inputRanges: await inputRanges(opened.samples, job) }
        : opened;
    session.commit({ data, preview: undefined });
    await before?.samples.dispose();
    await session.analyst.settle(settleMs);
    return stateOf(session);
  });
}
