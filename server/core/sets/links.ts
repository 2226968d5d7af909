import { displayName, intAttribute, type Graph, type Node, type NodeId } from '../graph/graph.ts';
import { layersOf, type Layer, type Wiring } from '../graph/layer.ts';
import { isFloat } from '../graph/tensor.ts';
import type { Skip } from '../passes/pass.ts';
import type { ChannelPlace, Refusal, ShapeOf } from './channelPlace.ts';
import { stepOf, type Step } from './steps.ts';

/** Two layers with a way between them that only they use and that factors can pass. */
export interface Link {
  readonly from: Layer;
  readonly to: Layer;
  readonly steps: readonly Step[];
  /** The output channel of `from` at each input channel of `to`; absent: the same. */
  readonly channelAt: Int32Array | undefined;
}

/** How the layers of a graph hang together. */
export interface Links {
  readonly layers: readonly Layer[];
  /** By the id of the first layer; a layer is in at most one link on each side. */
  readonly after: ReadonlyMap<NodeId, Link>;
  readonly skipped: readonly Skip[];
}

/**
 * Every pair of layers joined by a value that is used once and is no output of the graph, through
 * operators that let a positive factor per channel pass (algorithms.md 2 and 3.1 R). `accepts` may
 * refuse a step besides.
 */
export function findLinks(
  graph: Graph,
  wiring: Wiring,
  shapeOf: ShapeOf,
  accepts: (step: Step) => Refusal | undefined,
): Links {
  const layers = layersOf(graph, wiring);
  const byNode = new Map(layers.map((layer) => [layer.node.id, layer]));
  const after = new Map<NodeId, Link>();
  const skipped: Skip[] = [];
  for (const layer of layers) {
    const found = walk(layer, byNode, wiring, shapeOf, accepts);
    if ('to' in found) after.set(layer.node.id, found);
    else if (leadsToLayer(found.at, byNode, wiring)) {
      const { code, reason, remedy } = found.refusal;
      const skip = {
        code,
        place: layer.name,
        node: layer.node.id,
        reason: `what follows cannot change with it: ${reason}`,
      };
      skipped.push(remedy === undefined ? skip : { ...skip, remedy });
    }
  }
  return { layers, after, skipped };
}

interface Stop {
  readonly refusal: Refusal;
  /** The value that the walk ended at. */
  readonly at: string;
}

function walk(
  from: Layer,
  byNode: ReadonlyMap<NodeId, Layer>,
  wiring: Wiring,
  shapeOf: ShapeOf,
  accepts: (step: Step) => Refusal | undefined,
): Link | Stop {
  let value = from.output;
  let place = outputPlace(from, shapeOf);
  const steps: Step[] = [];
  const stop = (refusal: Refusal): Stop => ({ refusal, at: value });
  const own = whyNotOutput(from, wiring);
  if (own) return stop(own);
  for (;;) {
    const shared = whyNotAlone(value, wiring);
    if (shared) return stop(shared);
    const [node] = wiring.users(value);
    if (!node) return stop({ code: 'unused', reason: 'nothing uses its output' });
    const to = byNode.get(node.id);
    if (to) {
      const why = whyNotInput(to, value, place);
      return why ? stop(why) : { from, to, steps, channelAt: place.channelAt };
    }
    if (node.captures.includes(value)) {
      return stop({
        code: 'subgraph',
        reason: `its output is used inside the branches of ${displayName(node)} (${node.op})`,
      });
    }
    const step = stepOf(node, value, place, wiring, shapeOf);
    if ('reason' in step) return stop(step);
    const refused = accepts(step);
    if (refused) return stop(refused);
    steps.push(step);
    place = step.after;
    value = node.outputs[0] ?? '';
  }
}

/** Where the channels are in what a layer gives out. */
export function outputPlace(layer: Layer, shapeOf: ShapeOf): ChannelPlace {
  const size = layer.outChannels;
  if (layer.kind === 'gemm') return { rank: 2, axis: 1, size };
  if (layer.kind !== 'matMul') return { rank: layer.weight.dims.length, axis: 1, size };
  const rank = shapeOf(layer.output)?.length;
  return { rank, axis: rank === undefined ? -1 : rank - 1, size };
}

/** Why a layer's output cannot be scaled with its own weight and bias. */
function whyNotOutput(layer: Layer, wiring: Wiring): Refusal | undefined {
  if (layer.kind === 'matMul') return undefined;
  const name = layer.node.inputs[2] ?? '';
  if (name === '') return undefined;
  const bias = wiring.tensor(name);
  if (!bias || !isFloat(bias.type)) {
    return { code: 'dynamic-bias', reason: `its bias "${name}" is made while the model runs` };
  }
  const last = bias.dims.at(-1) ?? 1;
  const others = bias.dims.slice(0, -1).reduce((a, b) => a * b, 1);
  if ((last !== layer.outChannels && last !== 1) || others !== 1) {
    return { code: 'rank', reason: `its bias "${name}" does not have one value a channel` };
  }
  return undefined;
}

function whyNotAlone(value: string, wiring: Wiring): Refusal | undefined {
  const users = wiring.users(value);
  if (wiring.isGraphOutput(value)) {
    return {
      code: 'graph-output',
      reason: `"${value}" between them is an output of the model, whose values must not change`,
    };
  }
  if (wiring.useCount(value) <= 1) return undefined;
  const names = users.slice(0, 3).map((user) => `${displayName(user)} (${user.op})`);
  return {
    code: 'used-elsewhere',
    reason: `"${value}" is used by more than one: ${names.join(', ')}${users.length > 3 ? ', ...' : ''}`,
  };
}

/** Why what comes in by `value` is not the input channels of a layer. */
export function whyNotInput(to: Layer, value: string, place: ChannelPlace): Refusal | undefined {
  if (to.input !== value) {
    return { code: 'dynamic-weight', reason: `${to.name} takes it as its weight or bias` };
  }
  const { rank, axis, size } = place;
  const isLast = axis === -1 || (rank !== undefined && axis === rank - 1);
  let isOnAxis = isLast;
  if (to.kind === 'gemm')
    isOnAxis = rank === 2 && isLast && intAttribute(to.node, 'transA', 0) === 0;
  else if (to.kind !== 'matMul') isOnAxis = axis === 1 && rank === to.weight.dims.length;
  if (!isOnAxis || size !== to.inChannels) {
    return {
      code: 'rank',
      reason: `the channels do not lie on the axis that ${to.name} (${to.node.op}) reads`,
    };
  }
  return undefined;
}

/** Operators that are layers when their weight is constant. */
const weighted = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** How many nodes are looked at for a layer further on: only so is a refusal worth a line. */
const lookAhead = 24;

function leadsToLayer(value: string, byNode: ReadonlyMap<NodeId, Layer>, wiring: Wiring): boolean {
  const queue: Node[] = [...wiring.users(value)];
  const seen = new Set(queue.map((node) => node.id));
  for (let at = 0; at < queue.length && at < lookAhead; at++) {
    const node = queue[at]!;
    if (byNode.has(node.id) || weighted.has(node.op)) return true;
    for (const next of node.outputs.flatMap((name) => wiring.users(name))) {
      if (!seen.has(next.id)) {
        seen.add(next.id);
        queue.push(next);
      }
    }
  }
  return false;
}
