import { activationOf } from '../graph/activations.ts';
import { batchNormOf } from '../graph/affine.ts';
import { resolvingConstants } from '../graph/constants.ts';
import { axisOf } from '../graph/dimensions.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  isStandard,
  type Graph,
  type LayerStatistics,
  type Node,
} from '../graph/graph.ts';
import { layersOf, type Layer, type Wiring } from '../graph/layer.ts';
import { isPadded } from '../graph/padding.ts';
import { inferShapes } from '../graph/shapes.ts';
import { wiringOf } from '../graph/wiring.ts';
import {
  isMove,
  isRefusal,
  movedPlace,
  reducedPlace,
  type ChannelPlace,
  type Refusal,
  type ShapeOf,
} from '../sets/channelPlace.ts';
import { clampedMean, clampedVariance, insideShare } from './normalMean.ts';

/** One number for each channel. */
type Channels = Float64Array;

/** The mean of each channel of a value, and where these channels lie in it. */
export interface ExpectedMean {
  readonly mean: Channels;
  /** Its axis is from the end (-1) where that is all that is known. */
  readonly place: ChannelPlace;
}

/** What is known of a value without data: its mean, and its distribution where it is normal. */
interface Known extends ExpectedMean {
  /** The value is min(max(x, lo), hi) with x distributed as N(centre, deviation^2). */
  readonly normal?: {
    readonly centre: Channels;
    readonly deviation: Channels;
    readonly lo: Channels;
    readonly hi: Channels;
  };
}

/** Means of a value that are known from elsewhere, along one of its axes. */
export interface KnownMean {
  readonly mean: Float64Array;
  readonly axis: number;
}

/** Means that are known from elsewhere, along one axis or several: those of the model's inputs. */
export type KnownMeans = ReadonlyMap<string, readonly KnownMean[]>;

/** Sizes of a value, batch and channels included, where they are known. */
export type DimsOf = (value: string) => readonly number[] | undefined;

/**
 * The expected mean of each channel of a value, from the statistics of the batch norms that were
 * folded, as scaling and absorbing left them (algorithms: section 14), or of batch norms that stand
 * in the graph. It is carried through clamps and leaky rectifiers, average pooling, Concat, Add,
 * and what only rearranges, with the place of the channels. Empty where it would be a guess: behind
 * max pooling, products, a rectified sum of values that are rectified or made of the same. More than one where means were given
 * along several axes.
 */
export function expectedMeans(
  graph: Graph,
  dimsOf: DimsOf,
  given: KnownMeans = new Map(),
): (value: string) => readonly ExpectedMean[] {
  const shapes = inferShapes(graph);
  const shapeOf: ShapeOf = (value) => dimsOf(value) ?? shapes.get(value);
  const most = Math.max(1, ...Array.from(given.values(), (means) => means.length));
  const finders = Array.from({ length: most }, (_, at) => {
    const own = [...given].flatMap(([value, means]) => {
      const mean = means[at] ?? means[0];
      return mean ? [[value, mean] as const] : [];
    });
    return new Finder(graph, shapeOf, new Map(own));
  });
  return (value) =>
    finders.map((finder) => finder.known(value)).filter((known) => known !== undefined);
}

/** The mean and the variance of each channel of a value, and where these channels lie in it. */
export interface ExpectedSpread extends ExpectedMean {
  readonly variance: Channels;
  /** Share of a channel's values that no bound of a clamp cuts off. */
  readonly inside: Channels;
}

/**
 * The same with variances, as an estimate: what is added counts as independent, and a sum as normal;
 * pooling leaves mean and variance as they are. For a rank of layers, not for a correction.
 */
export function expectedSpreads(graph: Graph): (value: string) => ExpectedSpread | undefined {
  const shapes = inferShapes(graph);
  const finder = new Finder(graph, (value) => shapes.get(value), new Map(), true);
  return (value) => {
    const known = finder.known(value);
    if (!known?.normal) return undefined;
    const { mean, place, normal: own } = known;
    const each = (of: typeof clampedVariance): Channels =>
      own.centre.map((c, i) => of(c, own.deviation[i] ?? NaN, own.lo[i] ?? NaN, own.hi[i] ?? NaN));
    return { mean, place, variance: each(clampedVariance), inside: each(insideShare) };
  };
}

class Finder {
  readonly #wiring: Wiring;
  readonly #statistics = new Map<string, { statistics: LayerStatistics; layer: Layer }>();
  readonly #found = new Map<string, Known | undefined>();
  readonly #opset: number;
  #origins: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(
    private readonly graph: Graph,
    private readonly shapeOf: ShapeOf,
    private readonly given: ReadonlyMap<string, KnownMean>,
    private readonly isRough = false,
  ) {
    this.#wiring = resolvingConstants(wiringOf(graph));
    this.#opset = graph.opsets.get('') ?? 17;
    for (const layer of layersOf(graph, wiringOf(graph))) {
      const { node, output } = layer;
      const statistics =
        graph.statistics.get(output) ?? graph.statistics.get(node.outputs[0] ?? '');
      if (statistics) this.#statistics.set(output, { statistics, layer });
    }
  }

  known(value: string): Known | undefined {
    if (this.#found.has(value)) return this.#found.get(value);
    this.#found.set(value, undefined);
    const found = this.#find(value);
    const isUsable = found?.mean.every(Number.isFinite) ?? false;
    this.#found.set(value, isUsable ? found : undefined);
    return this.#found.get(value);
  }

  #find(value: string): Known | undefined {
    const given = this.given.get(value);
    if (given) return { mean: given.mean, place: this.#place(value, given.axis, given.mean) };
    const own = this.#statistics.get(value);
    if (own) {
      const axis = own.layer.kind === 'matMul' ? -1 : 1;
      const rank = own.layer.kind === 'matMul' ? undefined : own.layer.weight.dims.length;
      return ofLayer(own.statistics, this.#place(value, axis, own.statistics.beta, rank));
    }
    const node = this.#wiring.maker(value);
    if (!node || !isStandard(node) || node.outputs[0] !== value) return undefined;
    if (node.op === 'BatchNormalization') {
      const found = batchNormOf(node, this.#wiring, this.#opset);
      if (!found.ok || !found.value.beta || !found.value.gamma) return undefined;
      const { beta, gamma, axis } = found.value;
      return normal(beta, gamma.map(Math.abs), this.#place(value, axis, beta));
    }
    return this.#behind(node);
  }

  /** Where the channels of a value are that has one number for each of them. */
  #place(
    value: string,
    axis: number,
    { length: size }: ArrayLike<number>,
    rank = this.shapeOf(value)?.length,
  ): ChannelPlace {
    return { rank, axis: rank === undefined ? axis : axisOf(axis, rank), size };
  }

  /** What a node makes of what is known of its inputs. */
  #behind(node: Node): Known | undefined {
    const before = (): Known | undefined => this.known(node.inputs[0] ?? '');
    switch (node.op) {
      case 'MaxPool':
        return this.isRough ? before() : undefined;
      case 'AveragePool':
        return this.#countsPadding(node) && !this.isRough ? undefined : this.#pooled(before());
      case 'GlobalAveragePool':
        return this.#pooled(before());
      case 'ReduceMean': {
        const known = before();
        return known && this.#averaged(known, reducedPlace(node, known.place, this.#wiring));
      }
      case 'Concat':
        return this.#concat(node);
      case 'Add':
        return this.#sum(node);
      case 'LeakyRelu':
        return this.#leaky(before(), floatAttribute(node, 'alpha', 0.01));
      default:
        return isMove(node.op) ? this.#moved(node, before()) : this.#clamped(node);
    }
  }

  /** True where an average may be over zeros beside the input too. */
  #countsPadding(node: Node): boolean {
    if (intAttribute(node, 'count_include_pad', 0) === 0) return false;
    const kernel = intsAttribute(node, 'kernel_shape') ?? [];
    // Versions of runtimes disagree on what a window that hangs over the end counts.
    if (intAttribute(node, 'ceil_mode', 0) !== 0) return true;
    return isPadded(node, kernel, this.shapeOf(node.inputs[0] ?? ''));
  }

  /** Pools average over every axis but the first two. */
  #pooled(known: Known | undefined): Known | undefined {
    return known?.place.axis === 1 ? this.#averaged(known, known.place) : undefined;
  }

  /** Averages of many values are no clamped normal variable any more; their mean is the same. */
  #averaged(known: Known, place: ChannelPlace | Refusal): Known | undefined {
    if (isRefusal(place)) return undefined;
    return this.isRough ? { ...known, place } : { mean: known.mean, place };
  }

  /** x where it is above 0, alpha * x below: max(x, 0) + alpha * min(x, 0). */
  #leaky(known: Known | undefined, alpha: number): Known | undefined {
    if (!known || !isPlain(known)) return undefined;
    const { centre, deviation } = known.normal;
    const of = (part: typeof clampedMean, lo: number, hi: number): Channels =>
      centre.map((c, i) => part(c, deviation[i] ?? NaN, lo, hi));
    const [over, under] = [of(clampedMean, 0, Infinity), of(clampedMean, -Infinity, 0)];
    const mean = over.map((value, i) => value + alpha * (under[i] ?? NaN));
    const { place } = known;
    if (!this.isRough) return { mean, place };
    // One of the two parts is always 0: E[over * under] = 0.
    const below = of(clampedVariance, -Infinity, 0);
    const spread = of(clampedVariance, 0, Infinity).map((value, i) =>
      Math.sqrt(
        value + alpha ** 2 * (below[i] ?? NaN) - 2 * alpha * (over[i] ?? NaN) * (under[i] ?? NaN),
      ),
    );
    return normal(mean, spread, place);
  }

  #moved(node: Node, known: Known | undefined): Known | undefined {
    const place = known && movedPlace(node, known.place, this.#wiring, this.shapeOf);
    return known && place && !isRefusal(place) ? { ...known, place } : undefined;
  }

  #clamped(node: Node): Known | undefined {
    const input = activationOf(node, this.#wiring)?.input;
    const before = input === undefined ? undefined : this.known(input);
    if (!before) return undefined;
    const activation = activationOf(node, this.#wiring, before.place.rank);
    if (!activation?.isClamp) return undefined;
    const at = (bounds: readonly number[], c: number): number =>
      bounds[bounds.length === 1 ? 0 : c] ?? NaN;
    const isNone =
      activation.lo.every((b) => b === -Infinity) && activation.hi.every((b) => b === Infinity);
    if (isNone) return before;
    const { place } = before;
    const isPerChannel = activation.lo.length > 1 || activation.hi.length > 1;
    if (!before.normal || (isPerChannel && (place.axis !== 1 || place.channelAt))) return undefined;
    const { centre, deviation, lo, hi } = before.normal;
    const clamp = (bound: number, c: number): number =>
      Math.min(Math.max(bound, at(activation.lo, c)), at(activation.hi, c));
    return clampedNormal(centre, deviation, lo.map(clamp), hi.map(clamp), place);
  }

  #concat(node: Node): Known | undefined {
    const found = node.inputs.map((name) => this.known(name));
    const parts = found.filter((part) => part !== undefined);
    const [first] = parts;
    if (!first || parts.length < found.length) return undefined;
    const { rank } = first.place;
    const given = intAttribute(node, 'axis', 1);
    const axis = rank === undefined ? given : axisOf(given, rank);
    if (!parts.every(({ place }) => place.axis === axis && place.rank === rank)) return undefined;
    const join = (of: (part: Known) => Channels | undefined): Channels =>
      Float64Array.from(parts.flatMap((part) => Array.from(of(part) ?? [])));
    const size = parts.reduce((sum, part) => sum + part.place.size, 0);
    const place = { rank, axis, size, ...joinedChannels(parts) };
    const mean = join((part) => part.mean);
    if (!parts.every((part) => part.normal)) return { mean, place };
    return {
      mean,
      place,
      normal: {
        centre: join((part) => part.normal?.centre),
        deviation: join((part) => part.normal?.deviation),
        lo: join((part) => part.normal?.lo),
        hi: join((part) => part.normal?.hi),
      },
    };
  }

  /** A sum of two values that are made at run time. */
  #sum(node: Node): Known | undefined {
    const [a, b] = [this.known(node.inputs[0] ?? ''), this.known(node.inputs[1] ?? '')];
    if (!a || !b || !isSamePlace(a.place, b.place)) return undefined;
    if (a.mean.length !== b.mean.length) return undefined;
    const { place } = a;
    const mean = a.mean.map((value, c) => value + (b.mean[c] ?? NaN));
    const [first = '', second = ''] = node.inputs;
    const isNormal = isPlain(a) && isPlain(b) && this.#isIndependent(first, second);
    const deviations = [deviationOf(a), deviationOf(b)];
    if ((!isNormal && !this.isRough) || !deviations[0] || !deviations[1]) return { mean, place };
    const [ofA, ofB] = deviations;
    const deviation = ofA.map((value, c) => Math.hypot(value, ofB[c] ?? NaN));
    return normal(mean, deviation, place);
  }

  /** True where two values have nothing in common that samples change. */
  #isIndependent(a: string, b: string): boolean {
    this.#origins ??= originsOf(this.graph);
    const [ofA, ofB] = [this.#origins.get(a), this.#origins.get(b)];
    return ofA && ofB ? ![...ofA].some((origin) => ofB.has(origin)) : false;
  }
}

/**
 * What each value that is made at run time comes from: inputs of the graph, and what is made of
 * constants alone, as random numbers are.
 */
function originsOf({ nodes, inputs, tensors }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const origins = new Map<string, ReadonlySet<string>>();
  for (const { name } of inputs) origins.set(name, new Set([name]));
  for (const node of nodes) {
    const read = [...node.inputs, ...node.captures].filter((name) => name && !tensors.has(name));
    const known = [...new Set(read.map((name) => origins.get(name)))];
    const all = known.length === 1 ? known[0] : new Set(known.flatMap((one) => [...(one ?? [])]));
    const own = all && all.size > 0 ? all : new Set([`node ${node.id}`]);
    for (const name of node.outputs) origins.set(name, own);
  }
  return origins;
}

/** The channel of each position of several values joined; absent where it is the position. */
function joinedChannels(parts: readonly Known[]): Pick<ChannelPlace, 'channelAt'> {
  if (parts.every(({ place }) => !place.channelAt)) return {};
  let first = 0;
  const channels = parts.flatMap(({ mean, place }) => {
    const from = first;
    first += mean.length;
    return Array.from({ length: place.size }, (_, at) => from + (place.channelAt?.[at] ?? at));
  });
  return { channelAt: Int32Array.from(channels) };
}

const isSamePlace = (a: ChannelPlace, b: ChannelPlace): boolean =>
  a.rank === b.rank &&
  a.axis === b.axis &&
  a.size === b.size &&
  a.channelAt?.join() === b.channelAt?.join();

/** mean = beta / scale - absorbed, deviation = |gamma| / scale. */
function ofLayer({ beta, gamma, scale, absorbed }: LayerStatistics, place: ChannelPlace): Known {
  const mean = Float64Array.from(beta, (b, c) => b / (scale[c] ?? 1) - (absorbed[c] ?? 0));
  return normal(
    mean,
    Float64Array.from(gamma, (g, c) => Math.abs(g) / (scale[c] ?? 1)),
    place,
  );
}

const normal = (mean: Channels, deviation: Channels, place: ChannelPlace): Known => ({
  mean,
  place,
  normal: {
    centre: mean,
    deviation,
    lo: new Float64Array(mean.length).fill(-Infinity),
    hi: new Float64Array(mean.length).fill(Infinity),
  },
});

const clampedNormal = (
  centre: Channels,
  deviation: Channels,
  lo: Channels,
  hi: Channels,
  place: ChannelPlace,
): Known => ({
  place,
  mean: centre.map((c, i) => clampedMean(c, deviation[i] ?? NaN, lo[i] ?? NaN, hi[i] ?? NaN)),
  normal: { centre, deviation, lo, hi },
});

/** The deviation of each channel; undefined where only its mean is known. */
const deviationOf = ({ normal: own }: Known): Channels | undefined =>
  own?.centre.map((c, i) =>
    Math.sqrt(clampedVariance(c, own.deviation[i] ?? NaN, own.lo[i] ?? NaN, own.hi[i] ?? NaN)),
  );

const isPlain = (known: Known): known is Required<Known> =>
  known.normal !== undefined &&
  known.normal.lo.every((bound) => bound === -Infinity) &&
  known.normal.hi.every((bound) => bound === Infinity);
