import { BadData } from '../data/samples.ts';
import { previewSample as preview } from '../data/previewSample.ts';
import { toFault } from '../data/openSamples.ts';
import type { OnModel, SamplePreview } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import { refusedData } from '../session/sessionData.ts';
import type { Sessions } from '../sessions.ts';
import { samplePreviewOf } from '../toWire/samplePreview.ts';

/** Pixels of a preview's longer side. */
const side = 256;

/** One sample as the network will see it. */
export async function previewSample(
  sessions: Sessions,
  params: OnModel & { readonly index: number },
): Promise<SamplePreview> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  const samples = session.state.data?.samples;
  const { index } = params;
  if (!samples || !(index >= 0 && index < samples.count)) {
    const count = samples?.count ?? 0;
    const message = `There is no sample ${index}: there are ${count}.`;
    throw new Refused({ code: 'no-sample', message, where: session.name });
  }
  try {
    return samplePreviewOf(index, await preview(samples, index, undefined, side));
  } catch (thrown) {
    if (thrown instanceof BadData) throw refusedData(toFault(thrown));
    throw thrown;
  }
}
