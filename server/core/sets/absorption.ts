import type { LayerStatistics } from '../graph/graph.ts';
import { ChannelRoom } from '../kernels/channelRoom.ts';
import { areAll, lowerTo } from '../kernels/vectors.ts';
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
    const isBelow = areAll(lo, 0);
    const isOpen = areAll(lo, -Infinity);
    const isCut = step.kind === 'homogeneous' && !areAll(hi, Infinity);
    if (!step.activation.isClamp || isCut || (!isBelow && !isOpen)) {
      return {
        code: 'activation',
        reason: `the activation between them, ${step.node.op}, is neither a ReLU nor a bounded one`,
      };
    }
    if (isBelow) isRelu = true;
    lowerTo(cap, hi, step.before.channelAt);
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
  const { length } = statistics.gamma;
  const room = ChannelRoom.for(length);
  if (room) {
    const parts = [statistics.gamma, statistics.beta, statistics.scale, statistics.absorbed, cap];
    const [g = 0, b = 0, s = 0, a = 0, top = 0] = parts.map((part, at) => room.put(at, part));
    room.kernels.absorbable(g, b, s, a, top, length, sigmas, isRelu ? 1 : 0);
    return room.take(0, length);
  }
  // Plain arrays are of several kinds inside (all whole, or not), which keeps a loop from settling.
  const gamma = new Float64Array(statistics.gamma);
  const beta = new Float64Array(statistics.beta);
  const scale = new Float64Array(statistics.scale);
  const absorbed = new Float64Array(statistics.absorbed);
  const c = new Float64Array(gamma.length);
  for (let channel = 0; channel < c.length; channel++) {
    const by = scale[channel]!;
    const mean = beta[channel]! / by - absorbed[channel]!;
    const low = mean - sigmas * (Math.abs(gamma[channel]!) / by);
    const taken = isRelu ? Math.min(Math.max(0, low), Math.max(0, cap[channel]!)) : mean;
    if (Number.isFinite(taken)) c[channel] = taken;
  }
  return c;
}
