import type { DataSettings } from '../data/dataSettings.ts';
import { keepDataSettings, keptDataSettings } from '../data/keptSettings.ts';
import { toFault } from '../data/openSamples.ts';
import { BadData } from '../data/samples.ts';
import type { OnModel } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import { refusedData } from '../session/sessionData.ts';
import type { Sessions } from '../sessions.ts';

/** Writes the chosen samples into the `rangefinder.json` of the model. */
export async function keepData(
  sessions: Sessions,
  params: OnModel,
): Promise<{ readonly path: string }> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  const { data, document } = session.state;
  if (!data) {
    const message = 'There are no samples to keep: none were chosen.';
    throw new Refused({ code: 'no-data', message, where: session.name });
  }
  const { path, labels, preprocess, dims, calibration, correction, judge } = data.choice;
  const changes = {
    data: path,
    labels,
    preprocess: preprocess as DataSettings['preprocess'],
    calibration,
    correction,
    judge,
  };
  try {
    // Others that the file knows stay.
    const known = dims && { dims: { ...keptDataSettings(document.path).dims, ...dims } };
    return { path: await keepDataSettings(document.path, { ...changes, ...known }) };
  } catch (thrown) {
    if (thrown instanceof BadData) throw refusedData(toFault(thrown));
    throw thrown;
  }
}
