import { layerUnits } from '../../core/quant/layerUnits.ts';
import { simulateGraph } from '../../core/quant/simulateGraph.ts';
import {
  sensitivity as sweep,
  type LayerSensitivity,
  type OutputScores,
} from '../../quantize/sensitivity.ts';
import { simulateOptions } from '../../quantize/calibrate.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import { moveOfValue } from '../../quantize/channelMoves.ts';
import type { QuantizeContext, RunnableModel } from '../../quantize/context.ts';
import { evaluate, judgedValues } from '../../quantize/evaluate.ts';
import { floatBiasesOf } from '../../quantize/floatBiases.ts';
import { sideBySide } from '../../quantize/sameSamples.ts';
import { correctionIn } from '../../session/corrections.ts';
import { calibrationOf } from '../../session/measureGraph.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { reportOf } from '../reporting.ts';
import { openCalibrated, type Calibrated } from '../calibrated.ts';
import { reportFailures } from '../quantizing.ts';
import { warnOfFewJudges } from '../fewSamples.ts';
import { samplesText } from '../samplesText.ts';
import { db, decibels, judgedText, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { wantedLayers } from './wantedLayers.ts';

/** `rangefinder sensitivity`: one layer quantized at a time, and one left in float at a time. */
export async function sensitivity(place: Workplace): Promise<Answer> {
  const opened = await openCalibrated(place, { alone: true, hasReference: true });
  const { data, calibration, judge, reference } = opened;
  const context = withFormerBiases(place, opened);
  const { document, graph } = context;
  const { samples, feedsOf } = sideBySide(data.samples, document, [reference]);
  const truth = { document: reference, graph: reference.graph, feeds: feedsOf(reference) };
  refuseMoved(truth, context);
  const on = { ...judge, samples };
  const isOwnFloat = reference === document || context.floatBiases !== undefined;
  const units = layerUnits(graph, calibration.plan).map(({ layer }) => layer);
  const wanted = wantedLayers(place, units, context);
  const { labels } = data.samples;
  const layers = await sweep(context, calibration, on, place.job, {
    layers: wanted,
    ...(reference === document ? {} : { reference: truth }),
    ...(labels ? { labels } : {}),
  });
  const simulated = simulateGraph(graph, calibration.encodings, simulateOptions(context));
  const whole = await evaluate(
    {
      engine: context.engine,
      reference: truth,
      contenders: [{ document, ...simulated }],
      on,
      ...(labels ? { labels } : {}),
    },
    place.job,
  );
  const [all] = whole.contenders;
  if (!all) throw new Error('no contender');
  warnOfFewJudges(place, whole.count, all.accuracy);
  reportFailures(place, calibration.failures);
  place.issues.push(...calibrationNotes(calibration, graph));
  return {
    fields: {
      layers: layers.map(({ name, op, onlyThis, allButThis }) => ({
        name,
        op,
        onlyThis: outputFields(onlyThis),
        allButThis: outputFields(allButThis),
      })),
      quantized: outputFields({ ...all, ...(all.accuracy ? { top1: all.accuracy.top1 } : {}) }),
      samples: judge.indices.length,
      source: data.samples.source,
      indices: { calibration: data.indices.calibration, judge: data.indices.judge },
    },
    text: [
      place.settings.targetText(),
      samplesText(data),
      `With every layer quantized: ${judgedText(all)}.${isOwnFloat ? ' In float nothing is lost.' : ''}`,
      ...table([
        [
          `${isOfLogits(layers) ? 'Logits' : 'Output'} SQNR in dB`,
          'only this quantized',
          'only this in float',
        ],
        ...[...layers]
          .sort((a, b) => dbOf(a.onlyThis) - dbOf(b.onlyThis))
          .map(({ name, onlyThis, allButThis }) => [
            name,
            db(dbOf(onlyThis)),
            db(dbOf(allButThis)),
          ]),
      ]),
      ...togetherText(layers, dbOf(all)),
    ],
    report: await reportOf(place, () => ({
      graph,
      verdict: sweepVerdict(layers),
      data,
      now: {
        calibration: calibrationOf(context, calibration),
        sensitivity: Object.fromEntries(
          layers.map(({ name, onlyThis, allButThis }) => [
            name,
            { alone: dbOf(onlyThis), allButThis: dbOf(allButThis) },
          ]),
        ),
      },
    })),
  };
}

/**
 * Held against the original, layers of a corrected file that are left in float have the biases from
 * before: a correction makes up for rounding, and does harm without it.
 */
function withFormerBiases(
  { issues }: Workplace,
  { context, reference }: Calibrated,
): QuantizeContext {
  const note = correctionIn(context.document);
  if (!note || reference === context.document) return context;
  const { former } = note;
  if (former.length > 0) return { ...context, floatBiases: floatBiasesOf(context.graph, former) };
  const message =
    'The file does not have the biases from before its correction any more: layers that are left in float keep the corrected ones, and what these are off by counts too.';
  issues.push({ code: 'correction-forgotten', severity: 'info', message });
  return context;
}

/** What is kept of a walk has its channels where this model has them. */
function refuseMoved(truth: RunnableModel, own: RunnableModel): void {
  const moved = judgedValues(truth.graph, [own]).some(({ reference: value, contenders }) =>
    moveOfValue({ ...own, value: contenders[0] ?? '' }, { ...truth, value }),
  );
  if (!moved) return;
  throw new CommandFault(
    4,
    'not-supported',
    'the outputs of the reference have their channels in another place',
    truth.document.path,
    'take the file as it was before in the format of the model; evaluate and measure take this one',
  );
}

/** What a column that is the same all the way down means. */
function togetherText(layers: readonly LayerSensitivity[], baseline: number): string[] {
  const gains = layers.map(({ allButThis }) => dbOf(allButThis) - baseline);
  if (layers.length < 2 || gains.some((gain) => !(Math.abs(gain) < smallGain))) return [];
  return [
    'None of these layers, left in float by itself, changes that by 1 dB at these ranges, which are those of the whole network quantized. As an exception of the target a layer in float has ranges found anew, and can gain more: the Findings of the editor measure that.',
  ];
}

/** Less than this is no help, in dB. */
const smallGain = 1;

const isOfLogits = (layers: readonly LayerSensitivity[]): boolean =>
  layers.some(({ onlyThis }) => onlyThis.logits !== undefined);

/** Which layer alone costs the outputs most. */
function sweepVerdict(layers: readonly LayerSensitivity[]): string {
  const [worst] = [...layers].sort((a, b) => dbOf(a.onlyThis) - dbOf(b.onlyThis));
  if (!worst) return 'No layer is quantized at this target.';
  return `With only one layer quantized, ${worst.name} costs most: the ${isOfLogits(layers) ? 'logits' : 'outputs'} keep ${decibels(dbOf(worst.onlyThis))}.`;
}

const dbOf = ({ logits, sqnrDb }: OutputScores): number => logits?.sqnrDb ?? sqnrDb;

const outputFields = ({ sqnrDb, cosine, mse, logits, top1 }: OutputScores): object => ({
  sqnrDb,
  ...(logits ? { logitsSqnrDb: logits.sqnrDb } : {}),
  cosine,
  mse,
  ...(top1 === undefined ? {} : { top1 }),
});
