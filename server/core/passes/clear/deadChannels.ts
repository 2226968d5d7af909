import { activationOf, type Activation } from '../../graph/activations.ts';
import { resolvingConstants } from '../../graph/constants.ts';
import type { Shape } from '../../graph/dimensions.ts';
import { displayName, intAttribute, type Graph, type Node } from '../../graph/graph.ts';
import { constantOfChannel, GrowingIntervals } from '../../graph/intervals.ts';
import type { Interval } from '../../graph/interval.ts';
import { layersOf, type Layer, type Wiring } from '../../graph/layer.ts';
import { rankOf } from '../../graph/layerFacts.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { wiringOf } from '../../graph/wiring.ts';
import type { Job } from '../../job.ts';
import { meet } from '../../kernels/vectors.ts';
import { sourceOf } from './sourceOf.ts';
import { unseenChannels } from './unseenChannels.ts';

/** An input channel of a layer that is the same number whatever the input of the network. */
export interface ConstantInput {
  /** Of the layer that reads it. */
  readonly channel: number;
  readonly value: number;
  /** Who makes it, and which of that one's channels it is. */
  readonly maker: Node;
  readonly makerChannel: number;
}

/** A layer with channels that never change, on either side. */
export interface DeadLayer {
  readonly layer: Layer;
  readonly inputs: readonly ConstantInput[];
  /** Output channels whose weights can be taken out, with the bias that then does the same. */
  readonly outputs: readonly { readonly channel: number; readonly bias: number }[];
  /** Who uses the output: named where a channel is cleared that no layer reads. */
  readonly user: Node | undefined;
  /** What its users give. */
  readonly after: readonly string[];
}

/** Every layer that reads or makes channels proved to be constant (algorithms 3.7). */
export async function searchDead(
  graph: Graph,
  inputLimit: number,
  job: Job,
): Promise<{ shapes: ReadonlyMap<string, Shape>; layers: DeadLayer[] }> {
  const shapes = inferShapes(graph);
  const wiring = resolvingConstants(wiringOf(graph));
  const growing = new GrowingIntervals(graph, shapes, inputLimit, (layer, isOpen) =>
    unseenChannels(layer, isOpen, wiring, (value) => shapes.get(value)),
  );
  for (const [done, node] of graph.nodes.entries()) {
    await job.checkpoint(done, graph.nodes.length, displayName(node));
    growing.get(node.outputs[0] ?? '');
  }
  const intervals = growing.all();
  const layers: DeadLayer[] = [];
  for (const layer of layersOf(graph, wiring)) {
    if (graph.fixed?.has(layer.node.id)) continue;
    const inputs = constantInputs(layer, intervals, wiring, shapes);
    const outputs = constantOutputs(layer, intervals, wiring, shapes);
    if (inputs.length === 0 && outputs.length === 0) continue;
    const users = wiring.users(layer.output);
    const after = users.map((node) => node.outputs[0] ?? '').filter((name) => name !== '');
    layers.push({ layer, inputs, outputs, user: users[0], after });
  }
  return { shapes, layers };
}

function constantInputs(
  layer: Layer,
  intervals: ReadonlyMap<string, Interval>,
  wiring: Wiring,
  shapes: ReadonlyMap<string, Shape>,
): ConstantInput[] {
  const bounds = intervals.get(layer.input);
  if (!bounds || !hasConstant(bounds) || !readsAxisOne(layer, shapes)) return [];
  const found: ConstantInput[] = [];
  for (let channel = 0; channel < layer.inChannels; channel++) {
    const value = constantOfChannel(bounds, channel);
    if (value === undefined || !Number.isFinite(value)) continue;
    const source = sourceOf(layer.input, channel, wiring, shapes);
    if (source) found.push({ channel, value, ...source });
  }
  return found;
}

const hasConstant = ({ lo, hi }: Interval): boolean => meet(lo, hi);

/** True where the input channels lie on axis 1 of the value. */
function readsAxisOne(layer: Layer, shapes: ReadonlyMap<string, Shape>): boolean {
  if (layer.kind === 'gemm') return intAttribute(layer.node, 'transA', 0) === 0;
  return layer.kind !== 'matMul' || shapes.get(layer.input)?.length === 2;
}

/**
 * Output channels that everybody who uses them sees as one number: the layer may then give any
 * number that the activations make the same of. A channel that is a constant itself, or one that
 * each of its users, all of them clamps, cuts to a constant.
 */
function constantOutputs(
  layer: Layer,
  intervals: ReadonlyMap<string, Interval>,
  wiring: Wiring,
  shapes: ReadonlyMap<string, Shape>,
): { channel: number; bias: number }[] {
  const rank = rankOf(layer, shapes);
  if (layer.kind === 'matMul' && rank !== 2) return [];
  if (wiring.isGraphOutput(layer.output)) return [];
  const own = intervals.get(layer.output);
  const hasNoBias = layer.kind === 'matMul' && layer.biasAdd === undefined;
  const clamps = wiring.users(layer.output).map((node) => activationOf(node, wiring, rank));
  const after = clamps.map((clamp) => (clamp?.isClamp ? intervals.get(clamp.output) : undefined));
  if (![own, ...after].some((bounds) => bounds && hasConstant(bounds))) return [];
  const found: { channel: number; bias: number }[] = [];
  for (let channel = 0; channel < layer.outChannels; channel++) {
    const bias = afterClamps(clamps, after, channel) ?? (own && constantOfChannel(own, channel));
    const isPossible = bias !== undefined && Number.isFinite(bias) && (!hasNoBias || bias === 0);
    if (isPossible) found.push({ channel, bias });
  }
  return found;
}

/** The number that every user of a channel cuts it to, if that number passes all of them. */
function afterClamps(
  clamps: readonly (Activation | undefined)[],
  after: readonly (Interval | undefined)[],
  channel: number,
): number | undefined {
  const values = after.map((bounds) => bounds && constantOfChannel(bounds, channel));
  const [value] = values;
  if (value === undefined || values.some((other) => other !== value)) return undefined;
  const isKept = clamps.every((c) => c && cut(value, c.lo, c.hi, channel) === value);
  return isKept ? value : undefined;
}

function cut(x: number, lo: readonly number[], hi: readonly number[], channel: number): number {
  const bound = (list: readonly number[]): number => list[list.length === 1 ? 0 : channel] ?? NaN;
  return Math.min(Math.max(x, bound(lo)), bound(hi));
}
