import type { ModelDocument } from '../formats/format.ts';
import { calibrate, type Calibration } from '../quantize/calibrate.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import { frozenEncodings } from './encodingsFiles.ts';
import { openQuantizing, openReference, type Quantizing } from './quantizing.ts';
import { hintAtSamples } from './uncorrected.ts';
import type { Workplace } from './workplace.ts';

/** A model with the grids of its target, and the samples to judge it by. */
export interface Calibrated extends Quantizing {
  readonly calibration: Calibration;
  readonly judge: TaskSamples;
  /** What its outputs are held against: the model itself, or that of `--reference`. */
  readonly reference: ModelDocument;
}

/**
 * Opens model and samples, and finds the grids on those that calibrate; without rounded activations
 * all samples judge. `alone`: also the grids that layers by themselves are judged by;
 * `hasReference`: the verb understands `--reference`.
 */
export async function openCalibrated(
  place: Workplace,
  options: { readonly alone?: boolean; readonly hasReference?: boolean },
): Promise<Calibrated> {
  const needsSamples = place.settings.target().activationBits !== 'float';
  const quantizing = await openQuantizing(
    place,
    needsSamples ? ['calibration', 'judge'] : ['judge'],
  );
  const { context, data, on } = quantizing;
  const judge = on('judge');
  const reference = options.hasReference
    ? await openReference(place, context.document)
    : context.document;
  hintAtSamples(place, context.document, data);
  const calibration = await calibrate(
    context,
    needsSamples ? on('calibration') : undefined,
    place.job,
    frozenEncodings(place, context),
    options,
  );
  return { ...quantizing, calibration, judge, reference };
}
