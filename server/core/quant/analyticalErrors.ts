import { constantInts, resolvingConstants } from '../graph/constants.ts';
import { intsAttribute, stringAttribute, type Graph } from '../graph/graph.ts';
import { layersOf, type Layer, type Wiring } from '../graph/layer.ts';
import { paddingOf, windowsOf } from '../graph/padding.ts';
import { readFloats, readNumbers } from '../graph/tensorValues.ts';
import { wiringOf } from '../graph/wiring.ts';
import { tapSums } from '../kernels/tapSums.ts';
import { quantizeAlong } from '../kernels/quantizeAlong.ts';
import type { BiasError } from '../passes/correctBiases.ts';
import type { Skip } from '../passes/pass.ts';
import { expectedMeans, type KnownMeans } from './expectedMeans.ts';
import type { EncodingSet, TensorEncoding } from './tensorEncoding.ts';

/** Errors of the layers whose expected input is known, and why the others have none. */
export interface AnalyticalErrors {
  readonly errors: readonly BiasError[];
  readonly skipped: readonly Skip[];
  /** What the errors were computed with, by layer: the mean of each channel of this value. */
  readonly means: ReadonlyMap<string, { readonly value: string; readonly mean: Float64Array }>;
}

/** Sizes of a value, batch and channels included, where they are known. */
export type DimsOf = (value: string) => readonly number[] | undefined;

/**
 * Analytical bias correction (Nagel et al. 2019, section 4.2.1; algorithms: section 5.2):
 *
 *   error[o] = sum over i and taps of share[tap] * (W~ - W)[o, i, tap] * E[x_i]
 *
 * share is the part of the output positions at which the tap is over real input, not padding.
 * E[x_i] comes from `expectedMeans`, or from `given` for inputs of layers that are known.
 */
export function analyticalErrors(
  graph: Graph,
  encodings: EncodingSet,
  layers: ReadonlySet<string>,
  dimsOf: DimsOf,
  given: KnownMeans = new Map(),
): AnalyticalErrors {
  const meanOf = expectedMeans(graph, given);
  const errors: BiasError[] = [];
  const skipped: Skip[] = [];
  const used = new Map<string, { value: string; mean: Float64Array }>();
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const wiring = resolvingConstants(wiringOf(graph));
  for (const layer of layersOf(graph, wiringOf(graph))) {
    if (!layers.has(layer.name)) continue;
    const encoding = encodings.get(layer.weight.name);
    if (!encoding) continue;
    const { source, begin } = behindPad(layer, wiring);
    const mean = meanOf(source) ?? given.get(layer.input);
    const means = perInput(layer, mean);
    const shares = tapShares(layer, dimsOf, source, begin);
    if (means && shares) {
      errors.push({ layer: layer.name, error: errorOf(layer, encoding, means, shares) });
      if (mean) used.set(layer.name, { value: source, mean });
    } else skipped.push(whyNot(layer, means !== undefined, inputs.has(layer.input)));
  }
  return { errors, skipped, means: used };
}

/** What rounding its weight adds to each output channel of a layer whose input has these means. */
export function errorOf(
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
  return Array.from({ length: layer.outChannels }, (_, o) => {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += (shares[tap] ?? 0) * (sums[o * taps + tap] ?? 0);
    return sum;
  });
}

/** The means as the layer's inputs see them: behind a Flatten each channel has many. */
export function perInput(layer: Layer, means: Float64Array | undefined): Float64Array | undefined {
  if (!means || means.length === 0) return undefined;
  if (means.length === layer.inChannels) return means;
  const each = layer.inChannels / means.length;
  if (layer.kind === 'conv' || layer.kind === 'convTranspose' || !Number.isInteger(each)) {
    return undefined;
  }
  return Float64Array.from(
    { length: layer.inChannels },
    (_, i) => means[Math.floor(i / each)] ?? NaN,
  );
}

/**
 * For each kernel position the share of output positions at which it meets real input. Undefined
 * where sizes are needed and not known.
 */
function tapShares(
  layer: Layer,
  dimsOf: DimsOf,
  source = layer.input,
  begin: readonly number[] = [],
): Float64Array | undefined {
  const { kind, node, weight, layout } = layer;
  if (kind === 'gemm' || kind === 'matMul') return new Float64Array(layout.taps).fill(1);
  const kernel = weight.dims.slice(2);
  const input = dimsOf(source);
  const pads = paddingOf(node, kernel, dimsOf(layer.input));
  const isPlain =
    kind === 'conv' &&
    begin.length === 0 &&
    pads.every((pad) => pad && pad[0] === 0 && pad[1] === 0);
  if (isPlain) return new Float64Array(layout.taps).fill(1);
  const output = dimsOf(node.outputs[0] ?? '');
  if (!input || !output) return undefined;
  let shares = Float64Array.of(1);
  for (const [axis, window] of windowsOf(node, kernel).entries()) {
    const [inSize = 0, outSize = 0] = [input[axis + 2], output[axis + 2]];
    const padding = pads[axis]?.[0];
    if (padding === undefined) return undefined;
    const pad = padding + (begin[axis] ?? 0);
    const [from, to] = kind === 'conv' ? [outSize, inSize] : [inSize, outSize];
    const own = Array.from({ length: window.kernel }, (_, tap) => {
      let inside = 0;
      for (let p = 0; p < from; p++) {
        const at = p * window.stride + tap * window.dilation - pad;
        if (at >= 0 && at < to) inside++;
      }
      return inside / outSize;
    });
    shares = Float64Array.from(
      Array.from(shares).flatMap((share) => own.map((one) => share * one)),
    );
  }
  return shares;
}

/**
 * The value behind a Pad with zeros on the spatial axes, which counts as padding of the layer, and
 * how much it puts before each axis; the layer's own input where there is none.
 */
function behindPad(
  layer: Layer,
  wiring: Wiring,
): { readonly source: string; readonly begin: readonly number[] } {
  const none = { source: layer.input, begin: [] };
  const node = wiring.maker(layer.input);
  if (!node || node.op !== 'Pad' || layer.kind !== 'conv') return none;
  const pads = constantInts(wiring, node.inputs[1] ?? '') ?? intsAttribute(node, 'pads');
  const rank = layer.weight.dims.length;
  const value = node.inputs[2] ? wiring.tensor(node.inputs[2]) : undefined;
  const isZero = node.inputs[2] ? value !== undefined && readNumbers(value)[0] === 0 : true;
  const isSpatial = pads?.length === 2 * rank && [0, 1, rank, rank + 1].every((i) => pads[i] === 0);
  if (!pads || !isZero || !isSpatial || stringAttribute(node, 'mode', 'constant') !== 'constant') {
    return none;
  }
  return { source: node.inputs[0] ?? '', begin: pads.slice(2, rank) };
}

function whyNot({ name, node }: Layer, hasMeans: boolean, isFirst: boolean): Skip {
  const base = { place: name, node: node.id };
  if (hasMeans) {
    return {
      ...base,
      code: 'unknown-size',
      reason: `The sizes of what "${name}" reads are not known, and its padding depends on them.`,
      remedy: 'Give samples, so that the network can be run once.',
    };
  }
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
