import { calibrate as calibrateModel } from '../../quantize/calibrate.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import { encodingsOutputs, frozenEncodings, writeOutputs } from '../encodingsFiles.ts';
import type { Answer } from '../envelope.ts';
import { openQuantizing, reportFailures } from '../quantizing.ts';
import { rangesText, tensorFields } from '../tensorFields.ts';
import { samplesText } from '../samplesText.ts';
import { counted, significant, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder calibrate`: ranges and grids of all tensors that the target rounds. */
export async function calibrate(place: Workplace): Promise<Answer> {
  const outputs = encodingsOutputs(place);
  const { context, data, on } = await openQuantizing(place, ['calibration']);
  const frozen = frozenEncodings(place, context);
  const calibration = await calibrateModel(context, on('calibration'), place.job, frozen);
  reportFailures(place, calibration.failures);
  place.issues.push(...calibrationNotes(calibration, context.graph));
  const tensors = [...calibration.encodings.values()].map((encoding) =>
    tensorFields(encoding, calibration),
  );
  const activations = [...calibration.encodings.values()].filter(
    ({ kind }) => kind === 'activation',
  );
  const paths = await writeOutputs(place, outputs, calibration.encodings);
  return {
    fields: {
      tensors,
      unquantized: calibration.plan.unquantized,
      samples: calibration.count,
      source: data.samples.source,
      indices: data.indices.calibration,
      ...(paths.length > 0 ? { outputs: paths } : {}),
    },
    text: [
      place.settings.targetText(),
      samplesText(data),
      `${counted(activations.length, 'activation')}, ${counted(tensors.length - activations.length, 'constant')}.`,
      ...(activations.length > 0 ? [rangesText] : []),
      ...table([
        ['Activation', 'min', 'max', 'scale', 'zero point'],
        ...activations.map(({ tensor, grids }) => {
          const scale = grids.scale[0] ?? 0;
          const [low, high] = [grids.lowest[0] ?? 0, grids.highest[0] ?? 0];
          return [
            tensor,
            significant(low * scale),
            significant(high * scale),
            significant(scale),
            String(-low),
          ];
        }),
      ]),
      ...paths.map((path) => `Saved: ${path}`),
    ],
  };
}
