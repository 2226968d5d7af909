import { layerUnits } from '../../core/quant/layerUnits.ts';
import { simulateGraph } from '../../core/quant/simulateGraph.ts';
import { simulateOptions } from '../../quantize/calibrate.ts';
import { evaluate } from '../../quantize/evaluate.ts';
import { measureLayers, worst, type LayerErrors } from '../../quantize/measureLayers.ts';
import type { ErrorScores } from '../../quantize/scores.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import { integerAgreement, integerContender } from '../../quantize/integerKernels.ts';
import { calibrationOf, layerOf } from '../../session/measureGraph.ts';
import { sideBySide } from '../../quantize/sameSamples.ts';
import type { Answer } from '../envelope.ts';
import { measuredScores, outputVerdict, reportOf } from '../reporting.ts';
import { openCalibrated } from '../calibrated.ts';
import { warnOfFewJudges } from '../fewSamples.ts';
import { reportFailures } from '../quantizing.ts';
import { integerFields, integerText, wantsIntegers } from '../integerFields.ts';
import { samplesText } from '../samplesText.ts';
import { db, judgedText, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { scoreFields } from './evaluate.ts';
import { wantedLayers } from './wantedLayers.ts';

/** `rangefinder measure`: errors of every layer, by itself and accumulated. */
export async function measure(place: Workplace): Promise<Answer> {
  const isInteger = wantsIntegers(place);
  const { context, data, calibration, judge, reference } = await openCalibrated(place, {
    alone: true,
    hasReference: true,
  });
  const units = layerUnits(context.graph, calibration.plan).map(({ layer }) => layer);
  const wanted = wantedLayers(place, units, context);
  const measured = await measureLayers(context, calibration, judge, place.job);
  const simulated = simulateGraph(context.graph, calibration.encodings, simulateOptions(context));
  const { labels } = data.samples;
  const { document, engine } = context;
  const { samples, feedsOf } = sideBySide(data.samples, document, [reference]);
  const whole = await evaluate(
    {
      engine,
      reference: { document: reference, graph: reference.graph, feeds: feedsOf(reference) },
      contenders: [
        { document, ...simulated },
        ...(isInteger ? [integerContender(context, calibration.encodings)] : []),
      ],
      on: { ...judge, samples },
      ...(labels ? { labels } : {}),
    },
    place.job,
  );
  reportFailures(place, [...calibration.failures, ...measured.failures]);
  place.issues.push(...calibrationNotes(calibration, context.graph));
  const [quantized, integer] = whole.contenders;
  const agreement = isInteger
    ? await integerAgreement(context, calibration.encodings, judge, place.job)
    : undefined;
  const steps = new Map(agreement?.values.map((one) => [one.name, one.steps]));
  if (!quantized) throw new Error('no contender');
  warnOfFewJudges(place, whole.count, quantized.accuracy);
  const layers = measured.layers.filter(({ name }) => wanted.has(name));
  return {
    fields: {
      layers: layers.map((layer) => layerFields(layer, steps.get(layer.value))),
      model: { ...scoreFields(quantized), worstSamples: worst({ samples: quantized.samples }) },
      ...(integer && agreement ? { integer: integerFields(integer, agreement) } : {}),
      samples: measured.count,
      source: data.samples.source,
      indices: { calibration: data.indices.calibration, judge: judge.indices },
    },
    text: [
      place.settings.targetText(),
      samplesText(data),
      `${judgedText(quantized)}.`,
      ...(integer && agreement ? [integerText(integer, agreement)] : []),
      ...table([
        ['SQNR in dB', 'alone', 'weights', 'activations', 'so far'],
        ...[...layers]
          .sort((a, b) => a.local.sqnrDb - b.local.sqnrDb)
          .map(({ name, local, weights, activations, accumulated }) => [
            name,
            ...[local, weights, activations, accumulated].map(({ sqnrDb }) => db(sqnrDb)),
          ]),
      ]),
    ],
    report: await reportOf(place, () => ({
      graph: context.graph,
      verdict: outputVerdict(whole, quantized),
      data,
      now: {
        calibration: calibrationOf(context, calibration),
        scores: measuredScores(whole, quantized),
        layers: Object.fromEntries(layers.map((layer) => [layer.name, layerOf(layer)])),
      },
    })),
  };
}

const layerFields = (layer: LayerErrors, integerSteps: number | undefined): object => ({
  name: layer.name,
  op: layer.op,
  value: layer.value,
  local: errorFields(layer.local),
  weights: errorFields(layer.weights),
  activations: errorFields(layer.activations),
  accumulated: errorFields(layer.accumulated),
  worstSamples: layer.worstSamples,
  ...(integerSteps === undefined ? {} : { integerSteps }),
});

const errorFields = ({ sqnrDb, mse, cosine, maxAbs }: ErrorScores): object => ({
  sqnrDb,
  mse,
  cosine,
  maxAbs,
});
