import { nounText } from '../core/reports/words.ts';
import type { ContenderScores, Evaluation } from './evaluate.ts';
import { gainOf, metricText, valueOf, type JudgeMetric } from './judging.ts';
import type { StepId } from '../steps.ts';
import { pairedTest } from './scores.ts';

/** How two scores differ, for people. `together`: what they are judged with. */
export function words(
  before: ContenderScores,
  after: ContenderScores,
  metric: JudgeMetric,
  together = '',
): string {
  const { noise, isReal } = gainOf(before, after, metric);
  const [was, is] = [before, after].map((scores) => metricText(valueOf(scores, metric), metric));
  const chance =
    noise > 0 && metric !== 'mse' && metric !== 'cosine'
      ? ` (chance: ±${metricText(noise, metric)})`
      : '';
  const on = ` on ${nounText(before.samples.index.length, 'sample')}`;
  return `${metricName(metric, before)}${together}${on}: ${was} → ${is}${chance}${isReal ? '' : ', no gain'}.`;
}

/**
 * How many steps were judged as one, and among how many ways theirs was chosen: the beginning of a
 * sentence that goes on with `words`, the figure that chose.
 */
export function howChosen(steps: number, ways: number): string {
  const together = steps > 1 ? 'Clearing and equalizing together' : '';
  if (ways < 3) return together && `${together}. `;
  const best = `the best of ${ways} ways by `;
  return together ? `${together}: ${best}` : `T${best.slice(1)}`;
}

/**
 * Why the best way does without a step; `isScaled` says of that way, and of the best one with the
 * step, whether it scales. Clearing is listed before the scaling that it is judged against, and
 * loses nothing by itself: both are said.
 */
export function leftOutWords(
  step: StepId,
  words: string,
  [isChosenScaled = false, isRivalScaled = false]: readonly boolean[],
): string {
  if (step !== 'clear' || !isChosenScaled) return `Left out. ${words}`;
  const start = 'Left out: equalizing without it, the next step, does better.';
  return isRivalScaled
    ? `${start} ${words} By itself clearing moves no output: but it changes the ranges, and with them the factors that equalizing takes.`
    : `${start} ${words}`;
}

/** What a repair came to. */
export interface Verdict {
  readonly float: Evaluation['float'];
  readonly before: ContenderScores;
  readonly after: ContenderScores;
  readonly gained: boolean;
  readonly metric: JudgeMetric;
  /** How many samples judged, and where they are from. */
  readonly on: string;
  /** Steps that were not kept. */
  readonly left: readonly string[];
  /** How many ways of scaling were judged on these samples, of which the best was taken. */
  readonly ways?: number;
  /** The biases were corrected for this grid before. */
  readonly isRepaired?: boolean;
}

/** What it was, what it is; or that there is nothing to gain, and why. */
export function verdictWords({ before, after, metric, left, ...rest }: Verdict): string {
  const { ways = 0 } = rest;
  const chose = rest.gained && ways > 2 ? `, and chose among ${ways} ways of scaling` : '';
  const on = `on ${rest.on} that served neither calibrating nor correcting${chose}`;
  const [was, is] = [before, after].map((scores) => metricText(valueOf(scores, metric), metric));
  const accuracy = accuracyText(rest.float, before, after);
  const name = metricName(metric, before);
  const [rose, raises] = metric === 'mse' ? ['fell', 'lowers'] : ['rose', 'raises'];
  if (rest.gained) return `${name} ${rose} from ${was} to ${is} ${on}${accuracy}.`;
  if (was !== is) {
    return `Every step is kept, as asked for, and nothing is gained: ${name} went from ${was} to ${is} ${on}${accuracy}.`;
  }
  if (rest.isRepaired) {
    return `Already repaired for this grid, and nothing to gain: ${name} is ${was} ${on}${accuracy}.`;
  }
  return `Nothing to gain here: ${name} is ${was} ${on}${accuracy}, and no step (${left.join(', ')}) ${raises} it by more than chance would.`;
}

/** Top-1 before and after, where samples have labels. */
function accuracyText(
  float: Evaluation['float'],
  before: ContenderScores,
  after: ContenderScores,
): string {
  if (!float.accuracy || !before.accuracy || !after.accuracy) return '';
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const [was, is] = [before, after].map(({ accuracy }) => percent(accuracy?.top1 ?? 0));
  const fell = fallText(before.accuracy.isRight, after.accuracy.isRight);
  return `; top-1 ${was === is ? '' : `${was} → `}${is} of ${percent(float.accuracy.top1)} in float${fell}`;
}

/** Whether fewer right answers than before mean anything, by the exact test of the same samples. */
function fallText(before: readonly boolean[], after: readonly boolean[]): string {
  const { onlyFirst, onlySecond, p } = pairedTest(before, after);
  if (onlyFirst <= onlySecond) return '';
  const how = p > 0.05 ? 'a fall within chance' : 'a fall that chance does not explain';
  return ` (${how}: ${onlyFirst} right before only, ${onlySecond} after only, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(p < 0.1 ? 3 : 2)}`})`;
}

const names: Readonly<Record<JudgeMetric, string>> = {
  sqnr: 'Output SQNR',
  logits: 'Logits SQNR',
  top1: 'Top-1',
  top5: 'Top-5',
  mse: 'Mean squared error',
  cosine: 'Cosine',
};

/** The metric for people; `logits` is that of the outputs where a network has none. */
const metricName = (metric: JudgeMetric, { logits }: ContenderScores): string =>
  names[metric === 'logits' && !logits ? 'sqnr' : metric];
