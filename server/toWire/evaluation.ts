import { targetLabel } from '../core/quant/targets.ts';
import { changeText, nounText } from '../core/reports/words.ts';
import type { EvaluationRow, EvaluationState } from '../protocol/data.ts';
import { toWire } from '../protocol/wire.ts';
import type { ContenderScores } from '../quantize/evaluate.ts';
import { worst } from '../quantize/measureLayers.ts';
import {
  exactTest,
  pairedTest,
  wilsonInterval,
  type Accuracy,
  type PairedTest,
} from '../quantize/scores.ts';
import type { MeasuredRemedy, MeasuredScores, RemedyKind } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';

/** What of a measurement its outputs are judged by. */
export interface Judgement extends Omit<Measurement, 'data'> {
  readonly data: Pick<Measurement['data'], 'samples' | 'isSynthetic' | 'isShared'>;
}

/** What running the network on the samples said; undefined while the outputs are not judged. */
export function evaluationOf(measurement: Judgement): EvaluationState | undefined {
  const { opened, now, data, target, isStale } = measurement;
  const [was, is] = [opened.scores ?? now.scores, now.scores];
  if (!was || !is) return undefined;
  const paired = pairedOf(was, is);
  const againstFloat = pairedTestOf(is.float?.isRight, is.quantized.accuracy?.isRight);
  return {
    rows: [
      { state: 'float', title: 'Float', ...floatScores(is) },
      { state: 'opened', title: 'Quantized, as opened', ...quantizedScores(was) },
      { state: 'now', title: 'Quantized, now', ...quantizedScores(is) },
      ...otherRows(now.remedies ?? [], is.samples, was !== is),
    ],
    samples: is.samples,
    source: data.samples.source,
    isSynthetic: data.isSynthetic,
    targetLabel: targetLabel(target),
    ...(paired ? { paired } : {}),
    ...(againstFloat
      ? {
          pairedFloat: {
            onlyFloat: againstFloat.onlyFirst,
            onlyNow: againstFloat.onlySecond,
            p: againstFloat.p,
          },
        }
      : {}),
    notes: notesOf(measurement, was, is),
    worstSamples: worst({ samples: is.quantized.samples }).map(({ index, sqnrDb }) => ({
      index,
      sqnrDb: toWire(sqnrDb),
    })),
    isStale,
  };
}

type Figures = Omit<EvaluationRow, 'state' | 'title'>;

/** What the float network scored; it agrees with itself. */
export function floatScores({ float, quantized }: MeasuredScores): Figures {
  const hasAgreement = quantized.agreement !== undefined;
  return {
    ...(float ? accuracyFields(float) : {}),
    ...(hasAgreement ? { agreement: 1 } : {}),
  };
}

/** What the quantized network scored, with the interval of its share. */
export function quantizedScores({ quantized, samples }: MeasuredScores): Figures {
  const { accuracy, agreement, sqnrDb, logits, cosine, mse } = quantized;
  return {
    ...(accuracy
      ? accuracyFields(accuracy)
      : agreement === undefined
        ? {}
        : { interval: wilsonInterval(Math.round(agreement * samples), samples) }),
    ...(agreement === undefined ? {} : { agreement }),
    sqnrDb: toWire(sqnrDb),
    ...(logits ? { logitsSqnrDb: toWire(logits.sqnrDb) } : {}),
    cosine: Number.isFinite(cosine) ? cosine : 0,
    mse: toWire(mse),
  };
}

/**
 * What other targets were measured to give the network as it is now, for who can choose the
 * hardware. One that was repaired for its target may lose by that on another.
 */
function otherRows(
  remedies: readonly MeasuredRemedy[],
  samples: number,
  isChanged: boolean,
): EvaluationRow[] {
  return remedies.flatMap((remedy) => {
    const { kind, top1, top5, right, agreement, outputDb, logitsDb } = remedy;
    const title = otherTitles[kind];
    if (title === undefined) return [];
    const share = agreement === undefined ? undefined : Math.round(agreement * samples);
    const hits = right ?? share;
    return {
      state: 'other',
      title: isChanged ? `Now, with ${title.toLowerCase()}` : title,
      ...(top1 === undefined ? {} : { top1 }),
      ...(top5 === undefined ? {} : { top5 }),
      ...(hits === undefined ? {} : { interval: wilsonInterval(hits, samples) }),
      ...(agreement === undefined ? {} : { agreement }),
      sqnrDb: toWire(outputDb),
      ...(logitsDb === undefined ? {} : { logitsSqnrDb: toWire(logitsDb) }),
    };
  });
}

const otherTitles: Partial<Record<RemedyKind, string>> = {
  perChannel: 'Weights per channel',
  perChannelCorrect: 'Weights per channel, corrected',
};

function accuracyFields({ top1, top5, isRight }: Accuracy): Partial<EvaluationRow> {
  const right = isRight.filter(Boolean).length;
  return {
    top1,
    ...(top5 === undefined ? {} : { top5 }),
    interval: wilsonInterval(right, isRight.length),
  };
}

/** Now against as opened, where both were judged on the very same samples. */
function pairedOf(was: MeasuredScores, is: MeasuredScores): EvaluationState['paired'] {
  const [before, after] = [was.quantized.accuracy?.isRight, is.quantized.accuracy?.isRight];
  const isSame =
    was.quantized.samples.index.join() === is.quantized.samples.index.join() &&
    before?.length === after?.length;
  const test = isSame ? pairedTestOf(before, after) : undefined;
  return test && { onlyOpened: test.onlyFirst, onlyNow: test.onlySecond, p: test.p };
}

function pairedTestOf(
  first: readonly boolean[] | undefined,
  second: readonly boolean[] | undefined,
): PairedTest | undefined {
  if (!first || !second || first.length !== second.length) return undefined;
  return pairedTest(first, second);
}

/** Fewer judging samples than this say little of others. */
const few = 30;

function notesOf({ data, now }: Judgement, was: MeasuredScores, is: MeasuredScores): string[] {
  const { samples, failures } = is;
  const { accuracy } = is.quantized;
  const [first] = failures;
  const paired = pairedOf(was, is);
  const floated = pairedTestOf(is.float?.isRight, accuracy?.isRight);
  const apart = [
    ...toldApart('the file as opened', samples, paired?.onlyNow, paired?.onlyOpened, paired?.p),
    ...toldApart('float', samples, floated?.onlySecond, floated?.onlyFirst, floated?.p),
  ];
  return [
    ...(data.isSynthetic
      ? [
          'The inputs are synthetic: they say how much rounding disturbs, not how often it is wrong.',
        ]
      : []),
    ...(data.isShared ? ['The same samples calibrate and judge: every figure flatters.'] : []),
    ...(accuracy ? [decidedTo(accuracy, samples, apart.length === 0)] : []),
    ...(!accuracy && samples < few
      ? [
          `${nounText(samples, 'sample says', 'samples say')} little about the output error of others.`,
        ]
      : []),
    ...apart,
    ...(first
      ? [
          `${nounText(failures.length, 'sample was', 'samples were')} left out. The first, ${data.samples.nameOf?.(first.index) ?? `#${first.index}`}: ${first.reason}`,
        ]
      : []),
    ...(now.calibration?.notes ?? []).slice(0, 4).map(({ message }) => message),
  ];
}

/**
 * `40 samples decide top-1 to within 15.5 points; about 1,540 would decide it to within 2.5.` How
 * many would is left out where another number of samples is named, which decides something else.
 */
function decidedTo({ top1 }: Accuracy, samples: number, hasCount: boolean): string {
  const share = Math.min(0.9, Math.max(0.1, top1));
  const within = (count: number): number =>
    100 * 1.96 * Math.sqrt((share * (1 - share)) / Math.max(1, count));
  const wanted = 2.5;
  const said = `${nounText(samples, 'sample decides', 'samples decide')} top-1 to within ${within(samples).toFixed(1)} points`;
  if (within(samples) <= wanted || !hasCount) return `${said}.`;
  const needed = Math.ceil((samples * (within(samples) / wanted) ** 2) / 10) * 10;
  return `${said}; about ${nounText(needed, 'sample')} would decide it to within ${wanted}.`;
}

/** More times the samples than this are not worth saying. */
const mostTimes = 1000;

/**
 * How many samples would make a difference like this one sure, where these cannot: the same shares
 * of more samples, held to the very test that could not tell. It goes up and down with whole
 * answers, so the number is the first behind the last that fails.
 */
function toldApart(
  other: string,
  samples: number,
  onlyNow = 0,
  onlyOther = 0,
  p = 1,
): readonly string[] {
  if (p <= 0.05 || onlyNow === onlyOther) return [];
  const isSure = (count: number): boolean => {
    const answers = (share: number): number => Math.round((share * count) / samples);
    return exactTest(answers(onlyNow), answers(onlyOther)) < 0.05;
  };
  let most = samples;
  // Where a count is sure, and all up to twice that, no larger one falls back.
  while (most < mostTimes * samples && !(isSure(most) && lastUnsure(most, 2 * most, isSure) === 0))
    most *= 2;
  if (most >= mostTimes * samples)
    return [
      `If it stays like that, more than ${nounText(mostTimes * samples, 'sample')} would be needed to tell it from ${other}.`,
    ];
  const needed = Math.ceil((lastUnsure(samples, most, isSure) + 1) / 10) * 10;
  return [
    `If it stays like that, about ${nounText(needed, 'sample')} would tell it from ${other}.`,
  ];
}

/** The largest of some counts, in tens, that is not sure; 0 where all are. */
function lastUnsure(from: number, to: number, isSure: (count: number) => boolean): number {
  for (let count = to; count >= from; count -= 10) if (!isSure(count)) return count;
  return 0;
}

/** SQNR behind the last activation where there is one: what steps are judged by. */
export const judgedDb = ({ logits, sqnrDb }: ContenderScores): number =>
  (logits ?? { sqnrDb }).sqnrDb;

/** `−0.2 → 14.2 dB`, of the outputs as opened and now; undefined while not measured. */
export function outputGain({ opened, now }: Measurement): string | undefined {
  const [was, is] = [opened.scores ?? now.scores, now.scores];
  if (!was || !is) return undefined;
  return changeText(judgedDb(was.quantized), judgedDb(is.quantized));
}
