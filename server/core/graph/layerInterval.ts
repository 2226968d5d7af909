import { outputBounds, type OutputBounds } from '../kernels/outputBounds.ts';
import { floatAttribute, intAttribute, type Node } from './graph.ts';
import { hull, join, rounded, uniform, type Interval } from './interval.ts';
import type { IntervalContext } from './intervalRule.ts';
import { layerOf, type Layer } from './layer.ts';
import { effectiveBias } from './layerFacts.ts';
import { isPadded } from './padding.ts';
import { vast } from './vast.ts';
import type { ElementType } from './tensor.ts';
import { readFloats } from './tensorValues.ts';

/**
 * Bounds of what a layer gives: b - sum|W|*max|x| .. b + sum|W|*max|x|, sharpened by the signs of
 * W and x (algorithms 3.7). Padding puts 0 among the inputs; so does a transposed convolution,
 * whose outputs do not all see every weight. A channel whose weights cannot move its bias in the
 * arithmetic of its type is that bias. Inputs that may be as large as they like count as 0 in
 * channels that `context.unseen` names. Bounds beyond `vast` are none.
 */
export function layerInterval(node: Node, context: IntervalContext): Interval | undefined {
  const layer = layerOf(node, context.wiring);
  const bias = layer && (layer.kind === 'matMul' ? zeros(layer) : effectiveBias(layer));
  if (!layer || !bias) return undefined;
  const input = inputOf(layer, context);
  const { layout, inChannels } = layer;
  const [lo, hi] = [filled(input.lo, inChannels), filled(input.hi, inChannels)];
  const weights = readFloats(layer.weight);
  const sums = outputBounds(weights, layout, lo, hi);
  const isOpen = (i: number): boolean => !(lo[i]! > -vast && hi[i]! < vast);
  const unseen = context.unseen?.(layer, isOpen) ?? [];
  if (unseen.length > 0) {
    const closed = (ends: Float64Array): Float64Array =>
      ends.map((end, i) => (isOpen(i) ? 0 : end));
    const rest = outputBounds(weights, layout, closed(lo), closed(hi));
    for (const o of unseen) {
      sums.lo[o] = rest.lo[o]!;
      sums.hi[o] = rest.hi[o]!;
      sums.size[o] = rest.size[o]!;
    }
  }
  const alpha = layer.kind === 'gemm' ? floatAttribute(node, 'alpha', 1) : 1;
  if (alpha !== 1) scaleBy(sums, alpha);
  const terms = layout.inPerGroup * layout.taps + 3;
  addBias(sums, bias, layer.weight.type, terms);
  const out = { lo: sums.lo.map(opened), hi: sums.hi.map(opened) };
  return layer.kind === 'matMul' && rankOfInput(layer, context) !== 2 ? hull(out) : out;
}

/** No bound, where it is too large to be one. */
const opened = (bound: number): number => (Math.abs(bound) < vast ? bound : bound * Infinity);

function inputOf(layer: Layer, context: IntervalContext): Interval {
  const { node, kind, inChannels } = layer;
  let input = context.interval(layer.input) ?? uniform(-Infinity, Infinity);
  const isElsewhere =
    (kind === 'matMul' && rankOfInput(layer, context) !== 2) ||
    (kind === 'gemm' && intAttribute(node, 'transA', 0) !== 0) ||
    (input.lo.length !== 1 && input.lo.length !== inChannels);
  if (isElsewhere) input = hull(input);
  const seesZeros =
    kind === 'convTranspose' ||
    (kind === 'conv' && isPadded(node, layer.weight.dims.slice(2), context.shape(layer.input)));
  return seesZeros ? join(input, uniform(0, 0)) : input;
}

const rankOfInput = (layer: Layer, context: IntervalContext): number | undefined =>
  context.shape(layer.input)?.length;

/** Half a unit in the last place, relative, of the arithmetic on weights of a type. */
function unitOf(type: ElementType): number {
  if (type === 'float16') return 2 ** -11;
  if (type === 'bfloat16') return 2 ** -8;
  return 2 ** -24;
}

/** Adds the bias to each sum; what cannot move it in the arithmetic of the type leaves it alone. */
function addBias(
  { lo, hi, size }: OutputBounds,
  biasO: Float64Array,
  type: ElementType,
  terms: number,
): void {
  const units = (terms * unitOf(type)) / 2 ** -24;
  const rounds = type !== 'float64';
  for (let o = 0; o < biasO.length; o++) {
    const bias = biasO[o] as number;
    const reach = (size[o] as number) * (1 + 2 ** -20);
    const isLost =
      reach === 0 ||
      (rounds &&
        Math.fround(bias + reach) === Math.fround(bias) &&
        Math.fround(bias - reach) === Math.fround(bias));
    if (isLost) {
      lo[o] = bias;
      hi[o] = bias;
      continue;
    }
    const sumLo = bias + (lo[o] as number);
    const sumHi = bias + (hi[o] as number);
    const pair = rounded(sumLo, sumHi, units, (size[o] as number) + Math.abs(bias));
    lo[o] = pair[0];
    hi[o] = pair[1];
  }
}

const zeros = (layer: Layer): Float64Array => new Float64Array(layer.outChannels);

const filled = (bounds: Float64Array, count: number): Float64Array =>
  bounds.length === count ? bounds : new Float64Array(count).fill(bounds[0] as number);

function scaleBy(
  sums: { readonly lo: Float64Array; readonly hi: Float64Array; readonly size: Float64Array },
  alpha: number,
): void {
  for (let o = 0; o < sums.lo.length; o++) {
    const [a, b] = [alpha * (sums.lo[o] as number), alpha * (sums.hi[o] as number)];
    sums.lo[o] = alpha === 0 ? 0 : Math.min(a, b);
    sums.hi[o] = alpha === 0 ? 0 : Math.max(a, b);
    sums.size[o] = alpha === 0 ? 0 : Math.abs(alpha) * (sums.size[o] as number);
  }
}
