import { activationOf } from '../graph/activations.ts';
import { batchNormOf } from '../graph/affine.ts';
import { resolvingConstants } from '../graph/constants.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  isStandard,
  type Graph,
  type LayerStatistics,
  type Node,
} from '../graph/graph.ts';
import { layersOf, type Wiring } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import { clampedMean } from './normalMean.ts';

/** One number for each channel of axis 1. */
type Channels = Float64Array;

/** What is known of a value without data: its mean, and its distribution where it is normal. */
interface Known {
  readonly mean: Channels;
  /** The value is min(max(x, lo), hi) with x distributed as N(centre, deviation^2). */
  readonly normal?: {
    readonly centre: Channels;
    readonly deviation: Channels;
    readonly lo: Channels;
    readonly hi: Channels;
  };
}

/** Means that are known from elsewhere: those of the model's inputs, from data. */
export type KnownMeans = ReadonlyMap<string, Float64Array>;

/**
 * The expected mean of each channel of a value (axis 1), from the statistics of the batch norms
 * that were folded, as scaling and absorbing left them (algorithms: section 14), or of batch norms
 * that stand in the graph. It is carried through clamps and leaky rectifiers, average pooling,
 * Concat, Add, constants that scale and shift, and what moves no channel. Undefined where it would
 * be a guess: behind max pooling, products, a rectified sum of rectified values.
 */
export function expectedMeans(
  graph: Graph,
  given: KnownMeans = new Map(),
): (value: string) => Float64Array | undefined {
  const finder = new Finder(graph, given);
  return (value) => finder.known(value)?.mean;
}

class Finder {
  readonly #wiring: Wiring;
  readonly #statistics = new Map<string, LayerStatistics>();
  readonly #found = new Map<string, Known | undefined>();
  readonly #opset: number;

  constructor(
    graph: Graph,
    private readonly given: KnownMeans,
  ) {
    this.#wiring = resolvingConstants(wiringOf(graph));
    this.#opset = graph.opsets.get('') ?? 17;
    for (const { node, output } of layersOf(graph, wiringOf(graph))) {
      const found = graph.statistics.get(output) ?? graph.statistics.get(node.outputs[0] ?? '');
      if (found) this.#statistics.set(output, found);
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
    const mean = this.given.get(value);
    if (mean) return { mean };
    const statistics = this.#statistics.get(value);
    if (statistics) return ofLayer(statistics);
    const node = this.#wiring.maker(value);
    if (!node || !isStandard(node) || node.outputs[0] !== value) return undefined;
    if (node.op === 'BatchNormalization') {
      const found = batchNormOf(node, this.#wiring, this.#opset);
      return found.ok && found.value.beta && found.value.gamma
        ? normal(found.value.beta, found.value.gamma.map(Math.abs))
        : undefined;
    }
    return this.#behind(node);
  }

  /** What a node makes of what is known of its inputs. */
  #behind(node: Node): Known | undefined {
    switch (node.op) {
      case 'AveragePool': {
        const pads = intsAttribute(node, 'pads')?.some((pad) => pad !== 0) ?? false;
        const counts = intAttribute(node, 'count_include_pad', 0) !== 0;
        return pads && counts ? undefined : meanOnly(this.known(node.inputs[0] ?? ''));
      }
      case 'GlobalAveragePool':
        return meanOnly(this.known(node.inputs[0] ?? ''));
      case 'Concat':
        return this.#concat(node);
      case 'Add':
      case 'Sub':
      case 'Mul':
        return this.#arithmetic(node);
      case 'LeakyRelu':
        return leaky(this.known(node.inputs[0] ?? ''), floatAttribute(node, 'alpha', 0.01));
      case 'Flatten':
      case 'Reshape':
      case 'Squeeze':
        // The reader of the value tells whether channels are still where they were.
        return meanOnly(this.known(node.inputs[0] ?? ''));
      default:
        return this.#clamped(node);
    }
  }

  #clamped(node: Node): Known | undefined {
    const activation = activationOf(node, this.#wiring);
    const before = activation?.isClamp ? this.known(activation.input) : undefined;
    if (!activation || !before) return undefined;
    const at = (bounds: readonly number[], c: number): number =>
      bounds[bounds.length === 1 ? 0 : c] ?? NaN;
    const isNone =
      activation.lo.every((b) => b === -Infinity) && activation.hi.every((b) => b === Infinity);
    if (isNone) return before;
    if (!before.normal) return undefined;
    const { centre, deviation, lo, hi } = before.normal;
    const clamp = (bound: number, c: number): number =>
      Math.min(Math.max(bound, at(activation.lo, c)), at(activation.hi, c));
    return clampedNormal(centre, deviation, lo.map(clamp), hi.map(clamp));
  }

  #concat(node: Node): Known | undefined {
    if (intAttribute(node, 'axis', 1) !== 1) return undefined;
    const parts = node.inputs.map((name) => this.known(name));
    if (parts.some((part) => !part)) return undefined;
    const join = (of: (part: Known) => Channels | undefined): Channels =>
      Float64Array.from(parts.flatMap((part) => Array.from((part && of(part)) ?? [])));
    const mean = join((part) => part.mean);
    if (parts.some((part) => !part?.normal)) return { mean };
    return {
      mean,
      normal: {
        centre: join((part) => part.normal?.centre),
        deviation: join((part) => part.normal?.deviation),
        lo: join((part) => part.normal?.lo),
        hi: join((part) => part.normal?.hi),
      },
    };
  }

  /** A sum of two values, or a constant for each channel that scales or shifts one. */
  #arithmetic(node: Node): Known | undefined {
    const [first = '', second = ''] = node.inputs;
    const [a, b] = [this.#wiring.tensor(first), this.#wiring.tensor(second)];
    if (!a && !b) return node.op === 'Add' ? this.#sum(first, second) : undefined;
    return undefined;
  }

  #sum(first: string, second: string): Known | undefined {
    const [a, b] = [this.known(first), this.known(second)];
    if (!a || !b || a.mean.length !== b.mean.length) return undefined;
    const mean = a.mean.map((value, c) => value + (b.mean[c] ?? NaN));
    if (!isPlain(a) || !isPlain(b)) return { mean };
    const deviation = a.normal.deviation.map((value, c) =>
      Math.hypot(value, b.normal.deviation[c] ?? NaN),
    );
    return normal(mean, deviation);
  }
}

/** mean = beta / scale - absorbed, deviation = |gamma| / scale. */
function ofLayer({ beta, gamma, scale, absorbed }: LayerStatistics): Known {
  const mean = Float64Array.from(beta, (b, c) => b / (scale[c] ?? 1) - (absorbed[c] ?? 0));
  return normal(
    mean,
    Float64Array.from(gamma, (g, c) => Math.abs(g) / (scale[c] ?? 1)),
  );
}

const normal = (mean: Channels, deviation: Channels): Known => ({
  mean,
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
): Known => ({
  mean: centre.map((c, i) => clampedMean(c, deviation[i] ?? NaN, lo[i] ?? NaN, hi[i] ?? NaN)),
  normal: { centre, deviation, lo, hi },
});

/** Averages of many values are no clamped normal variable any more; their mean is the same. */
const meanOnly = (known: Known | undefined): Known | undefined => known && { mean: known.mean };

/** x where it is above 0, alpha * x below: max(x, 0) + alpha * min(x, 0). */
function leaky(known: Known | undefined, alpha: number): Known | undefined {
  if (!known || !isPlain(known)) return undefined;
  const { centre, deviation } = known.normal;
  const mean = centre.map((c, i) => {
    const d = deviation[i] ?? NaN;
    return clampedMean(c, d, 0, Infinity) + alpha * clampedMean(c, d, -Infinity, 0);
  });
  return { mean };
}

const isPlain = (known: Known): known is Required<Known> =>
  known.normal !== undefined &&
  known.normal.lo.every((bound) => bound === -Infinity) &&
  known.normal.hi.every((bound) => bound === Infinity);
