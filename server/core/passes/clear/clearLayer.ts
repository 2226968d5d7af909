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
  const bias = effectiveBias(layer);
  const isPadded = seesBorders(layer, shapes);
  const canShift = bias !== undefined && !isPadded;
  const used = dead.inputs.filter(({ channel }) => readsChannel(from, layer.layout, channel));
  const inputs = used.filter(({ value }) => value === 0 || canShift);
  const kept = used.filter(({ value }) => value !== 0 && !canShift);
  const outputs = dead.outputs.filter(
    (output) => bias !== undefined && !isCleared(from, layer, output, bias),
  );
  const why = kept.length === 0 ? undefined : isPadded ? 'padded' : 'dynamic-bias';
  if (inputs.length > 0 || outputs.length > 0) {
    if (!isAllFinite(from)) return { inputs: [], outputs: [], kept: [], why: 'not-finite' };
    change(draft, layer, inputs, outputs, bias, rankOf(layer, shapes));
  }
  return { inputs, outputs: outputs.map(({ channel }) => channel), kept, why };
}

type DeadOutput = DeadLayer['outputs'][number];

function change(
  draft: GraphDraft,
  layer: Layer,
  inputs: readonly ConstantInput[],
  outputs: readonly DeadOutput[],
  bias: Float64Array | undefined,
  rank: number | undefined,
): void {
  const weights = readFloats(layer.weight).slice();
  const shifted = bias?.slice() ?? new Float64Array(layer.outChannels);
  for (const { channel, value } of inputs) takeInput(weights, layer, channel, value, shifted);
  for (const { channel, bias: value } of outputs) {
    for (const from of rowsOf(layer, channel)) weights.fill(0, from, from + layer.layout.taps);
    shifted[channel] = value;
  }
  writeWeight(draft, layer, weights, false);
  if (bias && shifted.some((b, o) => b !== bias[o])) writeBias(draft, layer, shifted, rank, false);
  restate(draft, layer, outputs);
}

/** True where some weight of an input channel is not 0. */
function readsChannel(w: FloatArray, layout: WeightLayout, channel: number): boolean {
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

/** True where an output channel is its bias alone already. */
function isCleared(
  w: FloatArray,
  layer: Layer,
  { channel, bias: value }: DeadOutput,
  bias: Float64Array,
): boolean {
  if (bias[channel] !== value) return false;
  for (const from of rowsOf(layer, channel)) {
    for (let k = from; k < from + layer.layout.taps; k++) if (w[k] !== 0) return false;
  }
  return true;
}

/** Where the runs of an output channel begin, one an input channel. */
function rowsOf({ layout }: Layer, channel: number): number[] {
  const { inPerGroup, outPerGroup, stride } = layout;
  const start = Math.floor(channel / outPerGroup) * stride.g + (channel % outPerGroup) * stride.o;
  return Array.from({ length: inPerGroup }, (_, i) => start + i * stride.i);
}

/** A cleared channel is its bias and does not vary: mean = bias, deviation 0. */
function restate(draft: GraphDraft, layer: Layer, outputs: readonly DeadOutput[]): void {
  const known = draft.statistics(layer.output);
  if (!known || outputs.length === 0) return;
  const gamma = Array.from(known.gamma);
  const beta = Array.from(known.beta);
  for (const { channel, bias } of outputs) {
    gamma[channel] = 0;
    beta[channel] = (bias + (known.absorbed[channel] ?? 0)) * (known.scale[channel] ?? 1);
  }
  draft.setStatistics(layer.output, { ...known, gamma, beta });
}
