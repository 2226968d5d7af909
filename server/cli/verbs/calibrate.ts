import type { TensorEncoding } from '../../core/quant/tensorEncoding.ts';
import { calibrate as calibrateModel, type Calibration } from '../../quantize/calibrate.ts';
import { simulationNotes } from '../calibrating.ts';
import type { Answer } from '../envelope.ts';
import { openQuantizing, reportFailures } from '../quantizing.ts';
import { counted, significant, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder calibrate`: ranges and grids of all tensors that the target rounds. */
export async function calibrate(place: Workplace): Promise<Answer> {
  const { context, data, on } = await openQuantizing(place, ['calibration']);
  const calibration = await calibrateModel(context, on('calibration'), place.job);
  reportFailures(place, calibration.failures);
  place.issues.push(...simulationNotes(calibration));
  const tensors = [...calibration.encodings.values()].map((encoding) =>
    tensorFields(encoding, calibration),
  );
  const activations = [...calibration.encodings.values()].filter(
    ({ kind }) => kind === 'activation',
  );
  return {
    fields: {
      tensors,
      unquantized: calibration.plan.unquantized,
      samples: calibration.count,
      source: data.samples.source,
      indices: data.indices.calibration,
    },
    text: [
      place.settings.targetText(),
      `${counted(calibration.count, 'sample')} from ${data.samples.source}: ${counted(activations.length, 'activation')}, ${counted(tensors.length - activations.length, 'constant')}.`,
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
    ],
  };
}

/** One tensor of the JSON: its grid and what was seen of it. */
function tensorFields(encoding: TensorEncoding, { plan, statistics }: Calibration): object {
  const { tensor, kind, axis, isSymmetric, grids } = encoding;
  const quantizer = plan.quantizers.find((one) => one.tensor === tensor);
  const seen = statistics.get(tensor);
  return {
    name: tensor,
    kind,
    layer: quantizer?.owner,
    bits: grids.bits,
    symmetric: isSymmetric,
    ...(axis === undefined ? {} : { axis }),
    scale: Array.from(grids.scale),
    offset: Array.from(grids.lowest),
    min: Array.from(grids.scale, (scale, c) => scale * (grids.lowest[c] ?? 0)),
    max: Array.from(grids.scale, (scale, c) => scale * (grids.highest[c] ?? 0)),
    ...(quantizer?.tiedTo === undefined ? {} : { tiedTo: quantizer.tiedTo }),
    ...(seen
      ? {
          seen: {
            min: seen.min,
            max: seen.max,
            mean: seen.sum / Math.max(1, seen.count),
            std: deviationOf(seen),
            count: seen.count,
            notFinite: seen.notFinite,
          },
        }
      : {}),
  };
}

const deviationOf = ({
  count,
  sum,
  sumSquares,
}: {
  count: number;
  sum: number;
  sumSquares: number;
}): number => (count === 0 ? 0 : Math.sqrt(Math.max(0, sumSquares / count - (sum / count) ** 2)));
