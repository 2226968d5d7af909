import type { Graph, Node } from '../graph/graph.ts';
import { layerOf, layersOf, type Layer } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import type { QuantizationPlan } from './plan.ts';

/**
 * A layer with what the target merges into it: from its input to the value that is rounded next.
 * Its error is that of all its roundings together.
 */
export interface LayerUnit {
  readonly layer: Layer;
  /** The nodes from the layer to `end`, in order, the layer's own first. */
  readonly nodes: readonly Node[];
  /** The value that the unit hands on. */
  readonly end: string;
  /** Tensors whose quantizers belong to the unit: weight, bias, `end`, and model inputs it reads. */
  readonly quantized: ReadonlySet<string>;
}

/** The layers of a graph as the plan's target sees them, in model order. */
export function layerUnits(graph: Graph, plan: QuantizationPlan): LayerUnit[] {
  const wiring = wiringOf(graph);
  const rounded = new Set(plan.quantizers.map(({ tensor }) => tensor));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  return layersOf(graph, wiring).map((layer) => {
    const nodes: Node[] = [layer.node];
    let end = layer.node.outputs[0] ?? '';
    while (!rounded.has(end) && !wiring.isGraphOutput(end)) {
      const [user, another] = wiring.users(end);
      if (!user || another || user.outputs.length !== 1 || layerOf(user, wiring)) break;
      if (user.captures.length > 0) break;
      nodes.push(user);
      end = user.outputs[0] ?? '';
    }
    // Without a rounded value behind it the unit is the layer itself, its bias included.
    if (!rounded.has(end)) {
      const own = nodes.findIndex(({ outputs }) => outputs[0] === layer.output);
      nodes.length = own + 1;
      end = layer.output;
    }
    const constants = nodes
      .flatMap((node) => node.inputs)
      .filter((name) => graph.tensors.has(name));
    const fed = inputs.has(layer.input) ? [layer.input] : [];
    const quantized = [...constants, end, ...fed].filter((name) => rounded.has(name));
    return { layer, nodes, end, quantized: new Set(quantized) };
  });
}
