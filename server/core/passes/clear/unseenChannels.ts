import type { Layer, Wiring } from '../../graph/layer.ts';
import { layerOf } from '../../graph/layer.ts';
import { floatAttribute } from '../../graph/graph.ts';
import type { ElementType, FloatArray } from '../../graph/tensor.ts';
import { readFloats } from '../../graph/tensorValues.ts';
import { negligibleChannels, tapSum } from '../../kernels/negligible.ts';
import type { ChannelPlace, ShapeOf } from '../../sets/channelPlace.ts';
import { outputPlace, whyNotInput } from '../../sets/links.ts';
import { stepOf, type Step } from '../../sets/steps.ts';

/**
 * Output channels of a layer in which its open inputs cannot be seen by anybody: every layer that
 * reads such a channel gets at most a rounding by it, of what it gets of the same input by another
 * channel. A depthwise reader hands the question on to its own readers. Between them may stand only
 * what treats all channels alike and has no upper bound, at which the other channels would stop
 * growing. A channel that reaches anything else, such as an output of the network, can be seen.
 */
export function unseenChannels(
  layer: Layer,
  isOpen: (input: number) => boolean,
  wiring: Wiring,
  shapeOf: ShapeOf,
): number[] {
  const weight = readFloats(layer.weight);
  const small = negligibleChannels(weight, layer.layout, isOpen, unitOf(layer.weight.type));
  if (small.length === 0) return [];
  const search = new Search(wiring, shapeOf, small.length);
  const reach = reachOf(layer, weight, isOpen);
  search.follow(layer.output, outputPlace(layer, shapeOf), { reach, origin: (c) => c }, small);
  return small.filter((channel) => !search.seen.has(channel));
}

/** Half a unit in the last place, relative, of what runs weights of a type. */
const unitOf = (type: ElementType): number => (type === 'float64' ? 2 ** -53 : 2 ** -24);

/** How the channels of a value follow from the layer that the search began at. */
interface Channels {
  /** The most that each open input of that layer can add to a channel, over the input. */
  reach(channel: number): Float64Array;
  /** The channel of that layer that a channel comes from. */
  origin(channel: number): number;
}

class Search {
  /** Channels of the first layer that somebody can see. */
  readonly seen = new Set<number>();

  constructor(
    private readonly wiring: Wiring,
    private readonly shapeOf: ShapeOf,
    /** All small channels together must stay below a rounding. */
    private readonly count: number,
  ) {}

  /** Looks at everybody who uses a value; `small`: its channels that are in question. */
  follow(value: string, place: ChannelPlace, channels: Channels, small: readonly number[]): void {
    const users = this.wiring.users(value);
    if (this.wiring.isGraphOutput(value) || users.length === 0) this.#see(channels, small);
    for (const user of users) {
      const reader = layerOf(user, this.wiring);
      if (reader) {
        if (whyNotInput(reader, value, place)) this.#see(channels, small);
        else if (isDepthwise(reader)) this.#handOn(reader, place, channels, small);
        else this.#compare(reader, place, channels, small);
        continue;
      }
      const step = stepOf(user, value, place, this.wiring, this.shapeOf);
      if ('reason' in step || !treatsAlike(step)) this.#see(channels, small);
      else this.follow(user.outputs[0] ?? '', step.after, channels, small);
    }
  }

  #see(channels: Channels, small: readonly number[]): void {
    for (const channel of small) this.seen.add(channels.origin(channel));
  }

  /** Each output channel of the reader has one input channel, times its own weights. */
  #handOn(
    reader: Layer,
    { channelAt }: ChannelPlace,
    from: Channels,
    small: readonly number[],
  ): void {
    const { layout } = reader;
    const weight = readFloats(reader.weight);
    const before = (o: number): number => {
      const input = Math.floor(o / layout.outPerGroup);
      return channelAt?.[input] ?? input;
    };
    const reach = cached((o) => {
      const sum = tapSum(
        weight,
        layout,
        Math.floor(o / layout.outPerGroup),
        o % layout.outPerGroup,
        0,
      );
      return from.reach(before(o)).map((x) => x * sum);
    });
    const inQuestion = new Set(small);
    const all = Array.from({ length: reader.outChannels }, (_, o) => o);
    this.follow(
      reader.output,
      outputPlace(reader, this.shapeOf),
      { reach, origin: (o) => from.origin(before(o)) },
      all.filter((o) => inQuestion.has(before(o))),
    );
  }

  /** Compares what a reader gets by the small channels with what it gets by others. */
  #compare(
    reader: Layer,
    { channelAt }: ChannelPlace,
    from: Channels,
    small: readonly number[],
  ): void {
    const { groups, outPerGroup, inPerGroup } = reader.layout;
    const weight = readFloats(reader.weight);
    const unit = unitOf(reader.weight.type) / this.count;
    const inQuestion = new Set(small);
    for (let g = 0; g < groups; g++) {
      const inputs = Array.from({ length: inPerGroup }, (_, i) => {
        const channel = channelAt?.[g * inPerGroup + i] ?? g * inPerGroup + i;
        return { i, channel, isSmall: inQuestion.has(channel) };
      });
      const asked = inputs.filter(({ isSmall }) => isSmall);
      if (asked.length === 0) continue;
      const others = inputs.filter(({ isSmall }) => !isSmall);
      for (let o = 0; o < outPerGroup; o++) {
        const sum = (i: number): number => tapSum(weight, reader.layout, g, o, i);
        const crowd = new Crowd(others, sum, from);
        for (const { i, channel } of asked) {
          if (!crowd.hides(sum(i) / unit, from.reach(channel))) this.seen.add(from.origin(channel));
        }
      }
    }
  }
}

/** What an output of a reader gets by channels that are not in question, looked at as needed. */
class Crowd {
  /** The most that one of those looked at adds, for each open input. */
  #most: Float64Array | undefined;
  #next = 0;

  constructor(
    private readonly inputs: readonly { readonly i: number; readonly channel: number }[],
    private readonly sum: (i: number) => number,
    private readonly from: Channels,
  ) {}

  /** True where, for each open input, one of them adds at least `factor` times the reach. */
  hides(factor: number, reach: Float64Array): boolean {
    const most = (this.#most ??= new Float64Array(reach.length));
    while (!isAtMost(reach, factor, most)) {
      const other = this.inputs[this.#next++];
      if (!other) return false;
      const sum = this.sum(other.i);
      const added = this.from.reach(other.channel);
      for (let at = 0; at < most.length; at++) most[at] = Math.max(most[at]!, sum * added[at]!);
    }
    return true;
  }
}

function isAtMost(values: Float64Array, factor: number, most: Float64Array): boolean {
  for (let at = 0; at < values.length; at++) {
    if (!(values[at]! * factor <= most[at]!)) return false;
  }
  return true;
}

const isDepthwise = ({ layout }: Layer): boolean => layout.groups > 1 && layout.inPerGroup === 1;

/** Operators through which every channel passes alike: by the same factor at most. */
function treatsAlike(step: Step): boolean {
  switch (step.kind) {
    case 'move':
    case 'pool':
    case 'pad':
      return true;
    default: {
      const { node, activation } = step;
      if (node.op === 'LeakyRelu') return Math.abs(floatAttribute(node, 'alpha', 0.01)) <= 1;
      if (node.op === 'PRelu') return false;
      return node.op === 'Abs' || activation.hi.every((bound) => bound === Infinity);
    }
  }
}

/** The most that each open input of a layer adds to its channels, over the input. */
function reachOf(
  { layout }: Layer,
  weight: FloatArray,
  isOpen: (input: number) => boolean,
): (channel: number) => Float64Array {
  const { groups, outPerGroup, inPerGroup } = layout;
  const inputs = Array.from({ length: groups * inPerGroup }, (_, input) => input).filter(isOpen);
  return cached((channel) => {
    const group = Math.floor(channel / outPerGroup);
    return Float64Array.from(inputs, (input) =>
      Math.floor(input / inPerGroup) === group
        ? tapSum(weight, layout, group, channel % outPerGroup, input % inPerGroup)
        : 0,
    );
  });
}

function cached(make: (channel: number) => Float64Array): (channel: number) => Float64Array {
  const known = new Map<number, Float64Array>();
  return (channel) => {
    const found = known.get(channel) ?? make(channel);
    known.set(channel, found);
    return found;
  };
}
