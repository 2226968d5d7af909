import type { GraphDraft } from '../../graph/draft.ts';
import type { Shape } from '../../graph/dimensions.ts';
import { floatAttribute } from '../../graph/graph.ts';
import type { Layer, WeightLayout } from '../../graph/layer.ts';
import { effectiveBias, rankOf, seesBorders } from '../../graph/layerFacts.ts';
import type { FloatArray } from '../../graph/tensor.ts';
import { readFloats } from '../../graph/tensorValues.ts';
import { isAllFinite } from '../../kernels/finite.ts';
import { writeBias, writeWeight } from '../fold/writeLayer.ts';
import type { ConstantInput, DeadLayer } from './deadChannels.ts';

/** What was done to one layer. */
export interface Cleared {
  /** Inputs whose weights are 0 now and were not before. */
  readonly inputs: readonly ConstantInput[];
  /** Output channels that were changed. */
  readonly outputs: readonly number[];
  /** Inputs that keep their weights because their share cannot move into the bias. */
  readonly kept: readonly ConstantInput[];
  /** Why `kept` were kept, or the whole layer was left. */
  readonly why: 'padded' | 'dynamic-bias' | 'not-finite' | undefined;
}

/**
 * Clears the constant channels of one layer (algorithms 3.7).
 *
 *   input channel k, always c:   b'[o] = b[o] + c * sum W[o,k],  W'[:,k] = 0
 *   output channel o, always c:  W'[o] = 0,  b'[o] = c
 *
 * The first needs no padding where c is not 0.
 */
export function clearLayer(
  draft: GraphDraft,
  dead: DeadLayer,
  shapes: ReadonlyMap<string, Shape>,
): Cleared {
  const { layer } = dead;
  const from = readFloats(layer.weight);
  if (!isAllFinite(from)) return { inputs: [], outputs: [], kept: [], why: 'not-finite' };
  const bias = effectiveBias(layer);
  const isPadded = seesBorders(layer, shapes);
  const canShift = bias !== undefined && !isPadded;
  const weights = from.slice();
  const shifted = bias?.slice() ?? new Float64Array(layer.outChannels);

  const used = dead.inputs.filter(({ channel }) => readsChannel(from, layer.layout, channel));
  const inputs = used.filter(({ value }) => value === 0 || canShift);
  const kept = used.filter(({ value }) => value !== 0 && !canShift);
  for (const { channel, value } of inputs) takeInput(weights, layer, channel, value, shifted);
  const outputs = bias ? dead.outputs.filter((o) => takeOutput(weights, layer, o, shifted)) : [];

  if (inputs.length > 0 || outputs.length > 0) {
    if (weights.some((w, at) => w !== from[at])) writeWeight(draft, layer, weights, false);
    if (bias && shifted.some((b, o) => b !== bias[o])) {
      writeBias(draft, layer, shifted, rankOf(layer, shapes), false);
    }
    restate(draft, layer, outputs);
  }
  const why = kept.length === 0 ? undefined : isPadded ? 'padded' : 'dynamic-bias';
  return { inputs, outputs: outputs.map(({ channel }) => channel), kept, why };
}

/** True where some weight of an input channel is not 0. */
export function readsChannel(w: FloatArray, layout: WeightLayout, channel: number): boolean {
  const { outPerGroup, taps, stride } = layout;
  const start = startOf(layout, channel);
  for (let o = 0; o < outPerGroup; o++) {
    const from = start + o * stride.o;
    for (let k = from; k < from + taps; k++) if (w[k] !== 0) return true;
  }
  return false;
}

const startOf = ({ inPerGroup, stride }: WeightLayout, channel: number): number =>
  Math.floor(channel / inPerGroup) * stride.g + (channel % inPerGroup) * stride.i;

/** Moves what an input channel contributes into the bias. */
function takeInput(
  weights: FloatArray,
  layer: Layer,
  channel: number,
  value: number,
  bias: Float64Array,
): void {
  const { inPerGroup, outPerGroup, taps, stride } = layer.layout;
  const factor = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) * value : value;
  const start = startOf(layer.layout, channel);
  const first = Math.floor(channel / inPerGroup) * outPerGroup;
  for (let o = 0; o < outPerGroup; o++) {
    const from = start + o * stride.o;
    let sum = 0;
    for (let k = from; k < from + taps; k++) sum += weights[k] as number;
    weights.fill(0, from, from + taps);
    if (factor !== 0) bias[first + o] = (bias[first + o] as number) + factor * sum;
  }
}

/** Makes an output channel its bias alone; false where it was that already. */
function takeOutput(
  weights: FloatArray,
  layer: Layer,
  { channel, bias: value }: { readonly channel: number; readonly bias: number },
  bias: Float64Array,
): boolean {
  const { inPerGroup, outPerGroup, taps, stride } = layer.layout;
  const start = Math.floor(channel / outPerGroup) * stride.g + (channel % outPerGroup) * stride.o;
  let changes = bias[channel] !== value;
  for (let i = 0; i < inPerGroup; i++) {
    const from = start + i * stride.i;
    for (let k = from; k < from + taps; k++) changes ||= weights[k] !== 0;
    weights.fill(0, from, from + taps);
  }
  bias[channel] = value;
  return changes;
}

/** A cleared channel is its bias and does not vary: mean = bias, deviation 0. */
function restate(
  draft: GraphDraft,
  layer: Layer,
  outputs: readonly { readonly channel: number; readonly bias: number }[],
): void {
  const known = draft.statistics(layer.output);
  if (!known || outputs.length === 0) return;
  const gamma = [...known.gamma];
  const beta = [...known.beta];
  for (const { channel, bias } of outputs) {
    gamma[channel] = 0;
    beta[channel] = (bias + (known.absorbed[channel] ?? 0)) * (known.scale[channel] ?? 1);
  }
  draft.setStatistics(layer.output, { ...known, gamma, beta });
}
