import type { Shape } from '../core/graph/dimensions.ts';
import { displayName, type Graph } from '../core/graph/graph.ts';
import { layersOf, type Layer } from '../core/graph/layer.ts';
import { elementCount, isFloat, type FloatArray, type Tensor } from '../core/graph/tensor.ts';
import { readFloats } from '../core/graph/tensorValues.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { axisRows } from '../core/kernels/channelRows.ts';
import { fakeQuantize } from '../core/kernels/fakeQuant.ts';
import { sqnrOf } from '../core/metrics/sqnr.ts';
import { quantizedLayers, isQuantizedModel } from '../core/quant/quantizedModel.ts';
import type { Grids } from '../core/quant/grid.ts';
import { quantizeWeight } from '../core/quant/quantizeWeight.ts';
import type { Target } from '../core/quant/targets.ts';
import { operatorLabel } from '../core/reports/operatorLabel.ts';
import { decibelText, nounText, rangeText } from '../core/reports/words.ts';

/** More elements than this are not rounded for a hover: it must come at once. */
const mostElements = 2e7;

/** Text for Markdown, its signs escaped. */
const plainText = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&');

/** A name as code. */
export const nameText = (name: string): string => `\`${name.replaceAll('`', '')}\``;

/** The layers of a model, quantized or not. */
export const layersIn = (graph: Graph): Layer[] =>
  isQuantizedModel(graph) ? quantizedLayers(graph) : layersOf(graph, wiringOf(graph));

/** Names of layers and batch norms, for completion and did-you-mean. */
export const batchNormsIn = (graph: Graph): string[] =>
  graph.nodes.filter(({ op }) => op === 'BatchNormalization').map(displayName);

/** `3 × 2 × 1 × 1`, `N × 2`, `? × 2`. */
export const dimsText = (dims: Shape): string =>
  dims.length === 0 ? 'one number' : dims.map((size) => size ?? '?').join(' × ');

/**
 * A layer's picture in words: what it is, its weight's range (unless that has been said), and what
 * rounding leaves of it.
 */
export function layerWords(layer: Layer, target: Target, isRangeSaid = false): string {
  const { weight, node } = layer;
  const lines = [
    `**${plainText(layer.name)}**: ${operatorLabel(node, layer)}, weight ${dimsText(weight.dims)}`,
  ];
  if (elementCount(weight.dims) > mostElements) return lines.join('\n\n');
  const values = readFloats(weight);
  if (!isRangeSaid) lines.push(rangeWords(values));
  const [tensor, channel] = (['tensor', 'channel'] as const).map((granularity) =>
    decibels(sqnrOf(values, quantizeWeight(layer, { ...target, granularity }))),
  );
  lines.push(
    `SQNR of the weight at ${target.weightBits} bits: ${tensor ?? ''} with one scale, ${channel ?? ''} with one for each of ${nounText(layer.outChannels, 'channel')}.`,
  );
  return lines.join('\n\n');
}

/** What a constant's values are, and what this grid leaves of them. */
export function gridWords(tensor: Tensor, axis: number | undefined, grids: Grids): string[] {
  if (!isFloat(tensor.type) || elementCount(tensor.dims) > mostElements) return [];
  const values = readFloats(tensor);
  const rows = axisRows(tensor.dims, axis);
  if (rows.channels !== grids.scale.length) return [rangeWords(values)];
  const rounded = fakeQuantize(values, rows, grids);
  return [
    rangeWords(values),
    `SQNR with this grid: ${decibels(sqnrOf(values, rounded))}.${clippedWords(values, rounded, grids)}`,
  ];
}

function rangeWords(values: FloatArray): string {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return values.length === 0
    ? 'It has no values.'
    : `Its values are ${rangeText(min)} to ${rangeText(max)}.`;
}

/** Values that lie more than half a step of the widest channel from where they were put. */
function clippedWords(values: FloatArray, rounded: FloatArray, { scale }: Grids): string {
  const half = scale.reduce((most, one) => Math.max(most, one), 0) * 0.5000001;
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    if (Math.abs((values[at] ?? 0) - (rounded[at] ?? 0)) > half) count++;
  }
  const share = (100 * count) / Math.max(1, values.length);
  return count === 0 ? '' : ` ${nounText(count, 'value')} (${share.toPrecision(2)} %) clipped.`;
}

const decibels = (value: number): string =>
  Number.isFinite(value) ? `${decibelText(value)} dB` : decibelText(value);
