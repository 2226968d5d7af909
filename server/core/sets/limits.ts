import type { Interval } from '../graph/interval.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { boundsAt } from './clamps.ts';
import type { Link } from './links.ts';
import type { Limits } from './scaling.ts';
import type { Step } from './steps.ts';

/** The largest number of float16; half of it is left for what a float sum adds to a bias. */
const largestHalf = 65504 / 2;

/** Room for the rounding of weights that are divided by a factor. */
const rounding = 1 + 1e-5;

/** Bounds of a value, where something is known of it. */
export type IntervalOf = (value: string) => Interval | undefined;

/**
 * How far factors may go: 1/maxFactor to maxFactor, and no float16 bias out of its range. With
 * `intervalOf`, clamps stay as they are: a channel is scaled only where its interval shows that it
 * never reaches a bound, and only so far that it still does not (algorithms.md 2 R (c)).
 */
export function limitsOf(maxFactor: number, intervalOf?: IntervalOf): (link: Link) => Limits {
  return (link) => {
    const channels = link.from.outChannels;
    const lower = new Float64Array(channels).fill(1 / maxFactor);
    const upper = new Float64Array(channels).fill(maxFactor);
    keepBias(link, lower);
    if (intervalOf) {
      for (const step of link.steps) keepBounds(step, intervalOf, lower, upper);
    }
    return { lower, upper };
  };
}

function keepBias({ from }: Link, lower: Float64Array): void {
  if (from.bias?.type !== 'float16') return;
  const values = readFloats(from.bias);
  for (let c = 0; c < lower.length; c++) {
    const least = Math.abs(values[values.length === 1 ? 0 : c] ?? 0) / largestHalf;
    lower[c] = Math.max(lower[c] ?? 0, Math.min(1, least));
  }
}

function keepBounds(
  step: Step,
  intervalOf: IntervalOf,
  lower: Float64Array,
  upper: Float64Array,
): void {
  if (step.kind !== 'clamp') return;
  const { size, channelAt, axis } = step.before;
  const interval = intervalOf(step.activation.input);
  const isKnown =
    interval && (interval.lo.length === 1 || (axis === 1 && interval.lo.length === size));
  const bounds = boundsAt(step.activation, size);
  for (let position = 0; position < size; position++) {
    const channel = channelAt?.[position] ?? position;
    const at = interval?.lo.length === 1 ? 0 : position;
    const least = isKnown
      ? Math.max(
          leastFactor(interval.hi[at] ?? Infinity, bounds.hi[position] ?? 0),
          leastFactor(-(interval.lo[at] ?? -Infinity), -(bounds.lo[position] ?? 0)),
        )
      : Infinity;
    if (least > 1) {
      lower[channel] = 1;
      upper[channel] = 1;
    } else lower[channel] = Math.max(lower[channel] ?? 0, least);
  }
}

/**
 * The smallest factor s for which a value that reaches `top` at most, divided by s, does not pass
 * `bound`; more than 1 where it does already. A bound of 0 divides as it is.
 */
function leastFactor(top: number, bound: number): number {
  if (bound === Infinity || bound === 0) return 0;
  if (bound < 0) return Infinity;
  return top <= 0 ? 0 : (top * rounding) / bound;
}
