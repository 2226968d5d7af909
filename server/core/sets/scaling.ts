import type { NodeId } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { ChannelRoom } from '../kernels/channelRoom.ts';
import { isAllFinite } from '../kernels/finite.ts';
import { largestLog, multiplyBy } from '../kernels/vectors.ts';
import type { ClsSet } from './findSets.ts';
import type { Link } from './links.ts';
import { ScaledLayer, type Pause } from './scaledLayer.ts';
import { atPositions, rangeByChannel, scaleFactors, spreadOf } from './scaleFactors.ts';

/** Limits of the factors of a link, per channel of its first layer. */
export interface Limits {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** The factors of one link so far: the first layer's output is divided by `total`. */
export interface LinkScale {
  readonly link: Link;
  readonly total: Float64Array;
  readonly limits: Limits;
  /** Channels that a limit holds back. */
  readonly clamped: Set<number>;
}

/** Factors this close to 1 are taken as 1: what float32 weights that were equalized before give. */
const balancedWithin = 1e-6;

/** Weights beyond this are read a second time rather than held. */
const mostHeldBytes = 5e8;

/** The scaling of many sets, worked out on largest values alone before any weight is written. */
export class Scaling {
  readonly layers = new Map<NodeId, ScaledLayer>();
  readonly #links = new Map<NodeId, LinkScale>();
  #heldBytes = 0;

  constructor(
    private readonly limitsOf: (link: Link) => Limits,
    private readonly pause: Pause,
  ) {}

  /** The layer with its factors; its weight is read the first time. */
  layer(layer: Layer): ScaledLayer {
    const known = this.layers.get(layer.node.id);
    if (known) return known;
    this.#heldBytes += layer.weight.data.sizeBytes;
    const made = new ScaledLayer(layer, this.pause, this.#heldBytes <= mostHeldBytes);
    this.layers.set(layer.node.id, made);
    return made;
  }

  /** The factors of a link so far. */
  link(link: Link): LinkScale {
    const known = this.#links.get(link.from.node.id);
    if (known) return known;
    const total = new Float64Array(link.from.outChannels).fill(1);
    const made = { link, total, limits: this.limitsOf(link), clamped: new Set<number>() };
    this.#links.set(link.from.node.id, made);
    return made;
  }

  /** Largest values of the channels that a set shares, one array a layer. */
  async ranges(set: ClsSet): Promise<Float64Array[]> {
    const ranges: Float64Array[] = [];
    for (const link of set.links) ranges.push(await this.layer(link.from).outputRange());
    const last = set.links.at(-1);
    if (last) {
      const range = await this.layer(last.to).inputRange();
      ranges.push(rangeByChannel(range, last.channelAt, last.from.outChannels));
    }
    return ranges;
  }

  /** The worst spread of a set's output channels (of all layers but the last). */
  async spread(set: ClsSet): Promise<number> {
    let worst = 1;
    for (const { from } of set.links) {
      worst = Math.max(worst, spreadOf(await this.layer(from).outputRange()));
    }
    return worst;
  }

  /** The first layer of a set whose weight has a NaN or an infinity; ask before scaling. */
  async notFinite(set: ClsSet): Promise<Layer | undefined> {
    const ranges = await this.ranges(set);
    return set.layers.find((_, at) => !isAllFinite(ranges[at] ?? new Float64Array()));
  }

  /** Scales one set once. Answers max |log s|: 0 when nothing changed. */
  async scale(set: ClsSet): Promise<number> {
    const steps = scaleFactors(await this.ranges(set)).map((wanted, at) => {
      const link = set.links[at];
      return link ? limited(wanted, this.link(link)) : wanted;
    });
    const moved = Math.max(0, ...steps.map((step) => largestLog(step)));
    if (moved < balancedWithin) return 0;
    for (const [at, step] of steps.entries()) {
      const link = set.links[at];
      if (!link) continue;
      const { total } = this.link(link);
      multiplyBy(total, step);
      this.layer(link.from).divideOutput(step);
      this.layer(link.to).multiplyInput(atPositions(step, link.channelAt));
    }
    return moved;
  }
}

/** The steps that keep the total of a link within its limits. */
export function limited(wanted: Float64Array, { total, limits, clamped }: LinkScale): Float64Array {
  const { length } = wanted;
  const room = clamped.size === 0 ? ChannelRoom.for(length) : undefined;
  if (room) {
    const [lower, upper] = [room.put(2, limits.lower), room.put(3, limits.upper)];
    const [at, totals] = [room.put(0, wanted), room.put(1, total)];
    const held = room.kernels.limit(at, totals, lower, upper, length, balancedWithin);
    if (held === 0) return room.take(0, length);
  }
  const steps = wanted.slice();
  for (let c = 0; c < steps.length; c++) {
    const step = steps[c]!;
    if (Math.abs(step - 1) < balancedWithin) {
      steps[c] = 1;
      continue;
    }
    const whole = total[c]! * step;
    const kept = Math.min(Math.max(whole, limits.lower[c]!), limits.upper[c]!);
    if (kept === whole) {
      if (clamped.size > 0) clamped.delete(c);
    } else {
      clamped.add(c);
      steps[c] = kept / total[c]!;
    }
  }
  return steps;
}
