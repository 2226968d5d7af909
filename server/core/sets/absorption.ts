import type { LayerStatistics } from '../graph/graph.ts';
import type { Refusal } from './channelPlace.ts';
import { boundsAt } from './clamps.ts';
import type { Link } from './links.ts';

/** How the values between two layers answer to a constant taken from them. */
export interface Between {
  /** Values below 0 are cut off, so only what is surely above can be taken. */
  readonly isRelu: boolean;
  /** Smallest upper bound of each channel of the first layer; Infinity where there is none. */
  readonly cap: Float64Array;
}

/** What lies between the layers of a link, or why nothing can be taken through it. */
export function betweenOf(link: Link): Between | Refusal {
  const cap = new Float64Array(link.from.outChannels).fill(Infinity);
  let isRelu = false;
  for (const step of link.steps) {
    if (step.kind === 'pool' && !step.shifts) {
      return {
        code: 'activation',
        reason: `${step.node.op} between them does not let a constant through`,
      };
    }
    if (step.kind !== 'homogeneous' && step.kind !== 'clamp') continue;
    const { lo, hi } = boundsAt(step.activation, step.before.size);
    const isBelow = lo.every((bound) => bound === 0);
    const isOpen = lo.every((bound) => bound === -Infinity);
    const isCut = step.kind === 'homogeneous' && hi.some((bound) => bound !== Infinity);
    if (!step.activation.isClamp || isCut || (!isBelow && !isOpen)) {
      return {
        code: 'activation',
        reason: `the activation between them, ${step.node.op}, is neither a ReLU nor a bounded one`,
      };
    }
    if (isBelow) isRelu = true;
    for (let at = 0; at < hi.length; at++) {
      const channel = step.before.channelAt?.[at] ?? at;
      cap[channel] = Math.min(cap[channel] ?? Infinity, hi[at] ?? Infinity);
    }
  }
  return { isRelu, cap };
}

/**
 * What to take from each channel (algorithms.md 4): its mean where no activation lies between; with
 * a ReLU what it exceeds with a probability of 99.87 % (3 sigmas); with a cap no more than that.
 */
export function absorbable(
  statistics: LayerStatistics,
  { isRelu, cap }: Between,
  sigmas: number,
): Float64Array {
  return Float64Array.from(statistics.gamma, (gamma, channel) => {
    const scale = statistics.scale[channel] ?? 1;
    const mean = (statistics.beta[channel] ?? 0) / scale - (statistics.absorbed[channel] ?? 0);
    const spread = Math.abs(gamma) / scale;
    const c = isRelu
      ? Math.min(Math.max(0, mean - sigmas * spread), Math.max(0, cap[channel] ?? Infinity))
      : mean;
    return Number.isFinite(c) ? c : 0;
  });
}
