import type { ContenderScores } from './evaluate.ts';
import { decibel } from './scores.ts';

/** What a repair is judged by. `logits`: the SQNR before a final Softmax or Sigmoid. */
export type JudgeMetric = 'sqnr' | 'logits' | 'top1' | 'top5' | 'mse' | 'cosine';

/** A score as one number, higher is better; `logits` is `sqnr` where the network has none. */
export function valueOf(scores: ContenderScores, metric: JudgeMetric): number {
  switch (metric) {
    case 'sqnr':
      return scores.sqnrDb;
    case 'logits':
      return (scores.logits ?? scores).sqnrDb;
    case 'mse':
      return -scores.mse;
    case 'cosine':
      return scores.cosine;
    case 'top1':
      return scores.accuracy?.top1 ?? scores.agreement ?? 0;
    case 'top5':
      return scores.accuracy?.top5 ?? scores.accuracy?.top1 ?? scores.agreement ?? 0;
  }
}

/** A gain in the metric's own unit, and what chance alone may make of it. */
export interface Gain {
  readonly gain: number;
  /** One standard error of the gain over the judging samples; 0 where it cannot be told. */
  readonly noise: number;
  readonly isReal: boolean;
}

/** Less than this is no gain, however certain. */
const leastDb = 0.1;

/**
 * What `after` gains over `before` on the same samples. For errors the noise is the jackknife's
 * standard error of the difference in dB (Efron 1981): each sample left out once. Where one sample
 * decides the sum, that is large whatever the others say; so a gain is real, too, when the mean of
 * the samples' own gains in dB is above its standard error. For accuracy the noise is the root of
 * the number of samples on which the two disagree.
 */
export function gainOf(before: ContenderScores, after: ContenderScores, metric: JudgeMetric): Gain {
  const gain = valueOf(after, metric) - valueOf(before, metric);
  if (metric === 'top1' || metric === 'top5') {
    const noise = accuracyNoise(before, after);
    // Shares are not exact: one answer more is no more than its noise.
    return { gain, noise, isReal: gain > 0 && gain > noise + 1e-9 };
  }
  const db = { before: errorsOf(before, metric), after: errorsOf(after, metric) };
  const noise = jackknife(db.before, db.after);
  if (metric === 'mse' || metric === 'cosine') {
    const inDb = totalDb(db.after) - totalDb(db.before);
    return { gain, noise, isReal: gain > 0 && inDb > Math.max(leastDb, noise) };
  }
  const isSure = gain > noise || risesOnMost(db.before, db.after);
  const isReal = gain === Infinity || (gain > leastDb && isSure);
  return { gain: Number.isNaN(gain) ? 0 : gain, noise, isReal };
}

type Errors = ContenderScores['samples'];

const errorsOf = (scores: ContenderScores, metric: JudgeMetric): Errors =>
  metric === 'logits' ? (scores.logitsSamples ?? scores.samples) : scores.samples;

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

const totalDb = ({ sumSquaredReference, sumSquaredError }: Errors): number =>
  decibel(sum(sumSquaredReference), sum(sumSquaredError));

function jackknife(before: Errors, after: Errors): number {
  const n = before.index.length;
  if (n < 2) return 0;
  const signal = sum(before.sumSquaredReference);
  const noise = [sum(before.sumSquaredError), sum(after.sumSquaredError)] as const;
  const without = Array.from({ length: n }, (_, i) => {
    const rest = signal - (before.sumSquaredReference[i] ?? 0);
    const old = decibel(rest, noise[0] - (before.sumSquaredError[i] ?? 0));
    return decibel(rest, noise[1] - (after.sumSquaredError[i] ?? 0)) - old;
  }).filter(Number.isFinite);
  const mean = without.reduce((a, b) => a + b, 0) / Math.max(1, without.length);
  const spread = without.reduce((total, one) => total + (one - mean) ** 2, 0);
  return Math.sqrt((spread * (n - 1)) / n);
}

/** Whether the mean gain of the samples, each in dB by itself, is above its standard error. */
function risesOnMost(before: Errors, after: Errors): boolean {
  const gains = Array.from(before.index, (_, i) => {
    const [old = 0, now = 0] = [before.sumSquaredError[i], after.sumSquaredError[i]];
    return old === now ? 0 : decibel(old, now);
  }).filter(Number.isFinite);
  const n = gains.length;
  if (n < 2) return false;
  const mean = gains.reduce((a, b) => a + b, 0) / n;
  const spread = gains.reduce((total, one) => total + (one - mean) ** 2, 0);
  return mean > Math.sqrt(spread / (n - 1) / n);
}

function accuracyNoise(before: ContenderScores, after: ContenderScores): number {
  const [old, now] = [before.accuracy?.isRight, after.accuracy?.isRight];
  if (!old || !now || old.length === 0) return 0;
  const apart = old.filter((right, i) => right !== now[i]).length;
  return Math.sqrt(apart) / old.length;
}

/** A value of the metric for people. */
export function metricText(value: number, metric: JudgeMetric): string {
  if (metric === 'top1' || metric === 'top5') return `${(100 * value).toFixed(1)} %`;
  if (metric === 'mse') return (-value).toPrecision(3);
  if (metric === 'cosine') return value.toFixed(4);
  return Number.isFinite(value) ? `${value.toFixed(1).replace('-', '−')} dB` : 'exact';
}
