import { resolvingConstants } from '../graph/constants.ts';
import { floatAttribute, type Graph } from '../graph/graph.ts';
import { layersOf, type Layer } from '../graph/layer.ts';
import { inferShapes } from '../graph/shapes.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { wiringOf } from '../graph/wiring.ts';
import { tapSums } from '../kernels/tapSums.ts';
import { quantizeAlong } from '../kernels/quantizeAlong.ts';
import type { BiasError } from '../passes/correctBiases.ts';
import type { Skip } from '../passes/pass.ts';
import type { ShapeOf } from '../sets/channelPlace.ts';
import { expectedMeans, type DimsOf, type ExpectedMean, type KnownMeans } from './expectedMeans.ts';
import { isSummedOver, perInput, transposes } from './layerInputs.ts';
import { behindPad, tapShares } from './tapShares.ts';
import type { EncodingSet, TensorEncoding } from './tensorEncoding.ts';

/** Errors of the layers whose expected input is known, and why the others have none. */
export interface AnalyticalErrors {
  readonly errors: readonly BiasError[];
  readonly skipped: readonly Skip[];
  /** What the errors were computed with, by layer: the means of the channels of this value. */
  readonly means: ReadonlyMap<string, ExpectedMean & { readonly value: string }>;
}

/**
 * Analytical bias correction (Nagel et al. 2019, section 4.2.1; algorithms: section 5.2):
 *
 *   error[o] = alpha * sum over i and taps of share[tap] * (W~ - W)[o, i, tap] * E[x_i]
 *
 * share is the part of the output positions at which the tap is over real input, not padding; alpha
 * that of a Gemm. E[x_i] comes from `expectedMeans`, which starts from `given` too.
 */
export function analyticalErrors(
  graph: Graph,
  encodings: EncodingSet,
  layers: ReadonlySet<string>,
  dimsOf: DimsOf,
  given: KnownMeans = new Map(),
): AnalyticalErrors {
  const meansOf = expectedMeans(graph, dimsOf, given);
  const shapeOf = shapesOf(graph, dimsOf);
  const errors: BiasError[] = [];
  const skipped: Skip[] = [];
  const used = new Map<string, ExpectedMean & { readonly value: string }>();
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const wiring = resolvingConstants(wiringOf(graph));
  for (const layer of layersOf(graph, wiringOf(graph))) {
    if (!layers.has(layer.name)) continue;
    const encoding = encodings.get(layer.weight.name);
    if (!encoding) continue;
    const { source, begin } = behindPad(layer, wiring);
    const known = meansOf(source);
    const expected = known.find(({ place }) => isSummedOver(layer, place));
    const means = expected && perInput(layer, expected.mean, expected.place);
    const shares = tapShares(layer, shapeOf, source, begin);
    if (means && shares) {
      errors.push({ layer: layer.name, error: errorOf(layer, encoding, means, shares) });
      used.set(layer.name, { value: source, ...expected });
    } else if (means) skipped.push(unknownSize(layer));
    else if (known.length > 0 && !expected) skipped.push(otherAxis(layer));
    else skipped.push(unknownMean(layer, inputs.has(source)));
  }
  return { errors, skipped, means: used };
}

/**
 * The same from means that a user gives, by layer: those of what the layer itself reads, one an
 * input channel. A matrix product may have one for several inputs in a row, as behind a Flatten.
 */
export function givenErrors(
  graph: Graph,
  layers: readonly Layer[],
  encodings: EncodingSet,
  dimsOf: DimsOf,
  given: ReadonlyMap<string, Float64Array>,
): Omit<AnalyticalErrors, 'means'> {
  const shapeOf = shapesOf(graph, dimsOf);
  const errors: BiasError[] = [];
  const skipped: Skip[] = [];
  for (const layer of layers) {
    const mean = given.get(layer.name);
    const encoding = encodings.get(layer.weight.name);
    if (!mean || !encoding) continue;
    const means = spread(layer, mean);
    const shares = tapShares(layer, shapeOf);
    if (means && shares) {
      errors.push({ layer: layer.name, error: errorOf(layer, encoding, means, shares) });
    } else skipped.push(means ? unknownSize(layer) : wrongLength(layer, mean.length));
  }
  return { errors, skipped };
}

/** Sizes as they were seen in a run; else what follows from those that the model states. */
function shapesOf(graph: Graph, dimsOf: DimsOf): ShapeOf {
  const shapes = inferShapes(graph);
  return (value) => dimsOf(value) ?? shapes.get(value);
}

/** What rounding its weight adds to each output channel of a layer whose input has these means. */
function errorOf(
  layer: Layer,
  encoding: TensorEncoding,
  means: Float64Array,
  shares: Float64Array,
): number[] {
  const weight = readFloats(layer.weight);
  const { axis, grids } = encoding;
  const rounded = quantizeAlong(weight, layer.weight.dims, axis, grids, undefined);
  const difference = Float64Array.from(rounded, (value, i) => value - (weight[i] ?? NaN));
  const sums = tapSums(difference, layer.layout, means);
  const taps = layer.layout.taps;
  const factor = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) : 1;
  return Array.from({ length: layer.outChannels }, (_, o) => {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += (shares[tap] ?? 0) * (sums[o * taps + tap] ?? 0);
    return factor * sum;
  });
}

/** Means of a matrix product that has several inputs in a row for each. */
function spread({ kind, inChannels }: Layer, mean: Float64Array): Float64Array | undefined {
  const each = inChannels / mean.length;
  const isProduct = kind === 'gemm' || kind === 'matMul';
  if (each === 1) return mean;
  if (!isProduct || !Number.isInteger(each)) return undefined;
  return Float64Array.from({ length: inChannels }, (_, i) => mean[Math.floor(i / each)] ?? NaN);
}

const unknownSize = ({ name, node }: Layer): Skip => ({
  place: name,
  node: node.id,
  code: 'unknown-size',
  reason: `The sizes of what "${name}" reads are not known, and its padding depends on them.`,
  remedy: 'Give samples, so that the network can be run once.',
});

const wrongLength = ({ name, node, inChannels }: Layer, count: number): Skip => ({
  place: name,
  node: node.id,
  code: 'wrong-length',
  reason: `"${name}" has ${inChannels} input channels, and ${count} means were given.`,
  remedy: 'Give one mean an input channel.',
});

function otherAxis(layer: Layer): Skip {
  const own = transposes(layer) ? 'first' : layer.kind === 'matMul' ? 'last' : 'second';
  return {
    place: layer.name,
    node: layer.node.id,
    code: 'other-axis',
    reason: `"${layer.name}" sums over the ${own} axis of what it reads, and the means that are known are those along another axis.`,
    remedy: 'Correct it empirically.',
  };
}

function unknownMean({ name, node }: Layer, isFirst: boolean): Skip {
  const base = { place: name, node: node.id };
  return isFirst
    ? {
        ...base,
        code: 'first-layer',
        reason: `"${name}" reads the model's input, whose mean no batch norm knows.`,
        remedy: 'Give samples: then the mean is measured.',
      }
    : {
        ...base,
        code: 'no-statistics',
        reason: `No batch norm tells the mean of what "${name}" reads.`,
        remedy: 'Correct it empirically.',
      };
}
