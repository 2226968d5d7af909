import { simulateGraph } from '../../core/quant/simulateGraph.ts';
import { simulateOptions, type Calibration } from '../../quantize/calibrate.ts';
import { evaluate as evaluateModels, type ContenderScores } from '../../quantize/evaluate.ts';
import { pairedTest, wilsonInterval, type Accuracy } from '../../quantize/scores.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import type { SampleFailure } from '../../quantize/runTask.ts';
import { integerAgreement, integerContender } from '../../quantize/integerKernels.ts';
import { calibrationOf } from '../../session/measureGraph.ts';
import { sideBySide } from '../../quantize/sameSamples.ts';
import { classCountOf } from '../../data/classCount.ts';
import type { Answer } from '../envelope.ts';
import { measuredScores, outputVerdict, reportOf } from '../reporting.ts';
import { openCalibrated } from '../calibrated.ts';
import { foldedText, foldedTwin, noteTwinFault, type FoldedTwin } from '../foldedTwin.ts';
import { warnOfChance, warnOfFewJudges } from '../fewSamples.ts';
import { reportFailures } from '../quantizing.ts';
import { integerFields, integerText, wantsIntegers } from '../integerFields.ts';
import { samplesText } from '../samplesText.ts';
import { decibels, percent } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder evaluate`: accuracy and output error of the float and the quantized network. */
export async function evaluate(place: Workplace): Promise<Answer> {
  const isInteger = wantsIntegers(place);
  const opened = await openCalibrated(place, { hasReference: true });
  const { context, data, calibration, judge, reference } = opened;
  const made = await foldedTwin(place, opened);
  const simulated = simulateGraph(context.graph, calibration.encodings, simulateOptions(context));
  const { samples, feedsOf } = sideBySide(data.samples, context.document, [reference]);
  const { labels } = data.samples;
  const judgeWith = async (folded: FoldedTwin | undefined) => ({
    twin: folded,
    result: await evaluateModels(
      {
        engine: context.engine,
        reference: { document: reference, graph: reference.graph, feeds: feedsOf(reference) },
        contenders: [
          { document: context.document, ...simulated },
          ...(folded ? [folded.contender] : []),
          ...(isInteger ? [integerContender(context, calibration.encodings)] : []),
        ],
        on: { ...judge, samples },
        ...(labels ? { labels } : {}),
      },
      place.job,
    ),
  });
  const { twin, result } = await judgeWith(made).catch((thrown: unknown) => {
    if (!made) throw thrown;
    noteTwinFault(place, thrown);
    return judgeWith(undefined);
  });
  reportFailures(place, [
    ...calibration.failures,
    ...unseenIn(calibration.failures, twin?.failures),
    ...result.failures,
  ]);
  place.issues.push(...calibrationNotes(calibration, context.graph));
  const [quantized, ...others] = result.contenders;
  const folded = twin && others.shift();
  const [integer] = others;
  const agreement = isInteger
    ? await integerAgreement(context, calibration.encodings, judge, place.job)
    : undefined;
  if (!quantized) throw new Error('no contender');
  warnOfFewJudges(place, result.count, quantized.accuracy);
  const { accuracy } = result.float;
  warnOfChance(place, accuracy, classCountOf(reference.graph));
  return {
    fields: {
      float: accuracy ? accuracyFields(accuracy) : {},
      quantized: scoreFields(quantized),
      ...(twin && folded
        ? { folded: { batchNorms: twin.batchNorms, quantized: scoreFields(folded) } }
        : {}),
      ...(integer && agreement ? { integer: integerFields(integer, agreement) } : {}),
      ...(accuracy && quantized.accuracy
        ? { paired: pairedTest(accuracy.isRight, quantized.accuracy.isRight) }
        : {}),
      samples: result.count,
      calibration: calibrationFields(calibration, data.indices.calibration),
      judge: judge.indices,
      source: data.samples.source,
    },
    text: [
      place.settings.targetText(),
      samplesText(data),
      ...(accuracy && quantized.accuracy
        ? [
            `Top-1: float ${percent(accuracy.top1)}, quantized ${percent(quantized.accuracy.top1)}${intervalText(quantized.accuracy)}.`,
          ]
        : []),
      `Output SQNR: ${decibels(quantized.sqnrDb)}${quantized.logits ? `, logits SQNR: ${decibels(quantized.logits.sqnrDb)}` : ''}.`,
      ...(integer && agreement ? [integerText(integer, agreement)] : []),
      ...(quantized.agreement === undefined
        ? []
        : [`Same answer as float: ${percent(quantized.agreement)}.`]),
      ...(twin && folded ? [foldedText(twin, folded)] : []),
    ],
    report: await reportOf(place, () => ({
      graph: context.graph,
      verdict: [
        outputVerdict(result, quantized),
        ...(twin && folded ? [foldedText(twin, folded)] : []),
      ].join(' '),
      data,
      now: {
        calibration: calibrationOf(context, calibration),
        scores: measuredScores(result, quantized),
      },
    })),
  };
}

/** The failures of the folded twin on samples that the network as it is could take. */
const unseenIn = (
  own: readonly SampleFailure[],
  folded: readonly SampleFailure[] = [],
): SampleFailure[] => folded.filter(({ index }) => !own.some((one) => one.index === index));

/** The scores of the contract, and what else is known. */
export const scoreFields = (scores: ContenderScores): object => ({
  ...(scores.accuracy ? accuracyFields(scores.accuracy) : {}),
  sqnrDb: scores.sqnrDb,
  ...(scores.logits ? { logitsSqnrDb: scores.logits.sqnrDb } : {}),
  cosine: scores.cosine,
  mse: scores.mse,
  maxAbs: scores.maxAbs,
  ...(scores.agreement === undefined ? {} : { agreement: scores.agreement }),
});

/** Accuracy with its 95 % interval. */
export const accuracyFields = (accuracy: Accuracy): object => {
  const right = accuracy.isRight.filter(Boolean).length;
  return {
    top1: accuracy.top1,
    ...(accuracy.top5 === undefined ? {} : { top5: accuracy.top5 }),
    interval95: wilsonInterval(right, accuracy.isRight.length),
  };
};

const calibrationFields = ({ count }: Calibration, indices: readonly number[]): object => ({
  samples: count,
  indices,
});

function intervalText(accuracy: Accuracy): string {
  const right = accuracy.isRight.filter(Boolean).length;
  const [low, high] = wilsonInterval(right, accuracy.isRight.length);
  return ` (95 % interval ${percent(low)} to ${percent(high)})`;
}
