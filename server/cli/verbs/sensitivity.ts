import { layerUnits } from '../../core/quant/layerUnits.ts';
import { calibrate } from '../../quantize/calibrate.ts';
import { sensitivity as sweep, type OutputScores } from '../../quantize/sensitivity.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import { frozenEncodings } from '../encodingsFiles.ts';
import type { Answer } from '../envelope.ts';
import { openQuantizing, reportFailures } from '../quantizing.ts';
import { counted, db, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { wantedLayers } from './wantedLayers.ts';

/** `rangefinder sensitivity`: one layer quantized at a time, and one left in float at a time. */
export async function sensitivity(place: Workplace): Promise<Answer> {
  const needsCalibration = place.settings.target().activationBits !== 'float';
  const { context, data, on } = await openQuantizing(
    place,
    needsCalibration ? ['calibration', 'judge'] : ['judge'],
  );
  const calibration = await calibrate(
    context,
    needsCalibration ? on('calibration') : undefined,
    place.job,
    frozenEncodings(place, context),
  );
  const units = layerUnits(context.graph, calibration.plan).map(({ layer }) => layer);
  const wanted = wantedLayers(place, units);
  const { labels } = data.samples;
  const layers = await sweep(context, calibration, on('judge'), place.job, {
    layers: wanted,
    ...(labels ? { labels } : {}),
  });
  reportFailures(place, calibration.failures);
  place.issues.push(...calibrationNotes(calibration));
  return {
    fields: {
      layers: layers.map(({ name, op, onlyThis, allButThis }) => ({
        name,
        op,
        onlyThis: outputFields(onlyThis),
        allButThis: outputFields(allButThis),
      })),
      samples: on('judge').indices.length,
      source: data.samples.source,
      indices: { calibration: data.indices.calibration, judge: data.indices.judge },
    },
    text: [
      place.settings.targetText(),
      `${counted(on('judge').indices.length, 'sample')} from ${data.samples.source}.`,
      ...table([
        ['Output SQNR in dB', 'only this quantized', 'only this in float'],
        ...[...layers]
          .sort((a, b) => dbOf(a.onlyThis) - dbOf(b.onlyThis))
          .map(({ name, onlyThis, allButThis }) => [
            name,
            db(dbOf(onlyThis)),
            db(dbOf(allButThis)),
          ]),
      ]),
    ],
  };
}

const dbOf = ({ logits, sqnrDb }: OutputScores): number => logits?.sqnrDb ?? sqnrDb;

const outputFields = ({ sqnrDb, cosine, mse, logits, top1 }: OutputScores): object => ({
  sqnrDb,
  ...(logits ? { logitsSqnrDb: logits.sqnrDb } : {}),
  cosine,
  mse,
  ...(top1 === undefined ? {} : { top1 }),
});
