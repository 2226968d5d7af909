import type { Graph, ValueInfo } from '../../../core/graph/graph.ts';
import type { ElementType } from '../../../core/graph/tensor.ts';
import {
  badArchitecture,
  inputShapeOf,
  leavesOf,
  type KerasLayer,
  type KerasModel,
} from '../config/model.ts';
import type { Ref } from '../config/inbound.ts';
import { textOf } from '../config/fields.ts';
import type { LayerWeights } from '../source.ts';
import { activationLayers } from './activations.ts';
import { GraphBuilder, LayerContext, type NodeOrigin } from './builder.ts';
import { attentionLayers } from './attention.ts';
import { einsumLayers } from './einsum.ts';
import { recurrentLayers } from './recurrent.ts';
import { bareNodes, fixedNodes } from './fixedNodes.ts';
import { timeDistributed } from './timeDistributed.ts';
import { convolutionLayers } from './convolutions.ts';
import { graphShape, type Flow, type Size } from './flow.ts';
import type { Lowerings } from './lowering.ts';
import { mergeLayers } from './merges.ts';
import { normalizationLayers } from './normalizations.ts';
import { asIs } from './weightViews.ts';
import { poolLayers } from './pools.ts';
import { shapingLayers } from './shaping.ts';

/** Version of ONNX that the graphs are written in. */
const OPSET = 18;
/** Domain of the nodes that stand for layers which cannot be run. */
export const KERAS_DOMAIN = 'keras';

/** Inputs that are no floats: indices for an embedding. */
const integers: Readonly<Record<string, ElementType>> = {
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
};

const lowerings: Lowerings = {
  ...activationLayers,
  ...convolutionLayers,
  ...normalizationLayers,
  ...poolLayers,
  ...shapingLayers,
  ...mergeLayers,
  ...recurrentLayers,
  ...attentionLayers,
  ...einsumLayers,
  TimeDistributed: (context, inputs, call) => timeDistributed(context, inputs, call, lowerings),
};

/** Classes of layers that can be run, whatever their options are. */
export const knownClasses: readonly string[] = ['InputLayer', ...Object.keys(lowerings)];

/** A model as a graph, and what each node of it stands for in the file. */
export interface LoweredModel {
  readonly graph: Graph;
  readonly origins: ReadonlyMap<number, NodeOrigin>;
  /** Layers that cannot be run: name and class. */
  readonly opaque: readonly KerasLayer[];
  /** Nodes that give what a layer gives, by id; of layers that run once. */
  readonly results: ReadonlyMap<number, LayerResult>;
}

/** What a node's output is in terms of layers. */
export interface LayerResult {
  /** Key of the layer. */
  readonly layer: string;
  /** Which output of the node. */
  readonly output: number;
  /** The graph has the last axis of Keras as its second. */
  readonly isMoved: boolean;
}

/** Version of Keras whose rules hold: 1, 2 or 3. */
export const dialectOf = (version: string): number =>
  Number(/^\d+/.exec(version)?.[0] ?? (version.startsWith('tfjs') ? 2 : 1));

/** Lowers an architecture; `where` is the file to blame. */
export function lowerModel(
  model: KerasModel,
  weights: ReadonlyMap<string, LayerWeights>,
  version: string,
  where: string,
): LoweredModel {
  return new ModelLowering(model, weights, version, where).run();
}

class ModelLowering {
  readonly #builder = new GraphBuilder();
  readonly #inputs: ValueInfo[] = [];
  readonly #opaque: KerasLayer[] = [];
  readonly #names = new Map<string, string>();
  readonly #dialect: number;
  readonly #results = new Map<number, LayerResult>();
  readonly #runs = new Map<string, number>();

  constructor(
    private readonly model: KerasModel,
    private readonly weights: ReadonlyMap<string, LayerWeights>,
    version: string,
    private readonly where: string,
  ) {
    this.#dialect = dialectOf(version);
    const leaves = leavesOf(model);
    const counts = new Map<string, number>();
    for (const { name } of leaves) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { name, key } of leaves) this.#names.set(key, counts.get(name) === 1 ? name : key);
  }

  run(): LoweredModel {
    const given = this.model.kind === 'sequential' && this.model.inputs.length === 0;
    const flows = given ? [this.#implicitInput()] : undefined;
    const results = this.#lowerModel(this.model, flows);
    const outputs = this.#outputs(results);
    const { nodes, tensors, values, origins } = this.#builder;
    const graph: Graph = {
      name: this.model.name,
      nodes,
      tensors,
      inputs: this.#inputs,
      outputs,
      values,
      opsets: new Map([
        ['', OPSET],
        ...(this.#opaque.length > 0 ? [[KERAS_DOMAIN, 1] as const] : []),
      ]),
      statistics: new Map(),
      lacksChannelCaps: true,
      fixed: fixedNodes(nodes, origins),
      lacksBias: bareNodes(nodes, origins),
    };
    const once = [...this.#results].filter(([, { layer }]) => this.#runs.get(layer) === 1);
    return { graph, origins, opaque: this.#opaque, results: new Map(once) };
  }

  /** What goes into a Sequential that has no InputLayer. */
  #implicitInput(): Flow {
    const [first] = this.model.layers;
    const shape = (this.model.inputShape ?? (first && inputShapeOf(first)))?.map(
      (size) => size ?? undefined,
    );
    if (!first || !shape) {
      badArchitecture(
        this.where,
        'it does not say what shape its input has (the model was never built)',
      );
    }
    return this.#input(`${first.name}_input`, shape, first);
  }

  #input(wish: string, shape: readonly Size[], layer: KerasLayer): Flow {
    const value = this.#builder.freshName(wish);
    const dtype = textOf(layer.config['dtype'], 'float32');
    const type = (layer.className === 'InputLayer' && integers[dtype]) || 'float32';
    const flow = this.#builder.flow(value, shape, false, type);
    this.#inputs.push({ name: value, type, shape: graphShape(flow) });
    return flow;
  }

  /** Lowers a model on these inputs; the outermost makes its own. */
  #lowerModel(model: KerasModel, given: readonly Flow[] | undefined): Flow[] {
    const results = new Map<string, readonly Flow[]>();
    const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
    const shifted = shiftedLayers(model);
    const busy = new Set<string>();
    const result = (ref: Ref): Flow => {
      const layer = layers.get(ref.layer);
      if (!layer)
        return badArchitecture(this.where, `"${ref.layer}" is used and is not there`, ref.layer);
      const node = ref.node - (shifted.has(ref.layer) ? 1 : 0);
      const flow = call(layer, Math.max(node, 0))[ref.tensor];
      return (
        flow ?? badArchitecture(this.where, `"${ref.layer}" has no output ${ref.tensor}`, ref.layer)
      );
    };
    const call = (layer: KerasLayer, index: number): readonly Flow[] => {
      const key = `${layer.name} ${index}`;
      const known = results.get(key);
      if (known) return known;
      if (busy.has(key))
        badArchitecture(this.where, `"${layer.name}" needs its own output`, layer.key);
      busy.add(key);
      const made = this.#call(layer, index, model, given, result);
      results.set(key, made);
      return made;
    };
    for (const layer of model.layers) {
      const count = Math.max(layer.calls.length, layer.className === 'InputLayer' ? 1 : 0);
      for (let index = 0; index < count; index++) call(layer, index);
    }
    return model.outputs.map(result);
  }

  #call(
    layer: KerasLayer,
    index: number,
    model: KerasModel,
    given: readonly Flow[] | undefined,
    result: (ref: Ref) => Flow,
  ): readonly Flow[] {
    if (layer.className === 'InputLayer') {
      if (given) {
        const at = model.inputs.findIndex((ref) => ref.layer === layer.name);
        const flow = given[at];
        return flow
          ? [flow]
          : badArchitecture(this.where, `nothing goes into "${layer.name}"`, layer.key);
      }
      const shape = inputShapeOf(layer)?.map((size) => size ?? undefined);
      if (!shape) badArchitecture(this.where, `the input "${layer.name}" has no shape`, layer.key);
      return [this.#input(layer.name, shape, layer)];
    }
    const how = layer.calls[index] ?? layer.calls[0];
    if (!how) badArchitecture(this.where, `"${layer.name}" is used and has no input`, layer.key);
    const named = Object.values(how.named ?? {}).map(result);
    const inputs = [...how.inputs.map(result), ...named];
    const own = inputs.length === 0 && model.kind === 'sequential' && given ? given : inputs;
    if (layer.model) return this.#lowerModel(layer.model, own);
    return [this.#lowerLayer(layer, index, own, how)];
  }

  #lowerLayer(
    layer: KerasLayer,
    index: number,
    inputs: readonly Flow[],
    call: KerasLayer['calls'][number],
  ): Flow {
    const shown = this.#names.get(layer.key) ?? layer.name;
    const weights = this.weights.get(layer.key) ?? new Map<string, never>();
    const wish = index === 0 ? shown : `${shown}:${index}`;
    const builder = this.#builder;
    const lower = lowerings[layer.className];
    const output = builder.freshName(wish);
    const context = new LayerContext(
      builder,
      layer,
      shown,
      output,
      weights,
      this.where,
      this.#dialect,
    );
    const first = builder.nodes.length;
    const flow = lower?.(context, inputs, call);
    if (flow) {
      this.#note(layer, flow, first);
      return flow;
    }
    builder.nodes.length = first;
    return this.#opaqueLayer(context, inputs);
  }

  /** Notes which of the nodes made for a layer gives what the layer gives. */
  #note(layer: KerasLayer, { value, isMoved }: Flow, first: number): void {
    this.#runs.set(layer.key, (this.#runs.get(layer.key) ?? 0) + 1);
    const node = this.#builder.nodes.slice(first).find(({ outputs }) => outputs.includes(value));
    if (!node) return;
    this.#results.set(node.id, { layer: layer.key, output: node.outputs.indexOf(value), isMoved });
  }

  /** A node that stands for a layer which has no counterpart in ONNX. */
  #opaqueLayer(context: LayerContext, inputs: readonly Flow[]): Flow {
    const { layer, builder, output, name } = context;
    this.#opaque.push(layer);
    const flows = inputs.map((input) => builder.straight(input));
    const tensors = [...context.weights].map(([slot, weight]) => context.tensor(slot, weight));
    const values = [...flows.map(({ value }) => value), ...tensors];
    builder.add(layer.className, name, values, {}, output, KERAS_DOMAIN);
    const origins = [...context.weights].map(
      ([slot, { dims }], i) => [flows.length + i, { slot, view: asIs(dims) }] as const,
    );
    builder.mark(layer.key, 'main', new Map(origins));
    const shape = (flows[0]?.shape ?? [undefined]).map((size, i) => (i === 0 ? size : undefined));
    return builder.flow(output, shape, false);
  }

  /** Outputs have the axis order of Keras and, where they can, the name of the layer. */
  #outputs(flows: readonly Flow[]): ValueInfo[] {
    const builder = this.#builder;
    const taken = new Set(this.#inputs.map(({ name }) => name));
    return flows.map((flow) => {
      let straight = builder.straight(flow);
      if (straight !== flow) {
        const wish = flow.value;
        const inner = builder.freshName(`${wish}/channels_first`);
        this.#rename(wish, inner);
        this.#rename(straight.value, wish);
        straight = { ...straight, value: wish };
      }
      if (taken.has(straight.value)) {
        const value = builder.add('Identity', `${straight.value}/output`, [straight.value]);
        straight = { ...straight, value };
      }
      taken.add(straight.value);
      const shape = graphShape(straight);
      builder.values.delete(straight.value);
      return { name: straight.value, type: 'float32', shape };
    });
  }

  #rename(from: string, to: string): void {
    const { nodes, values } = this.#builder;
    const swap = (name: string): string => (name === from ? to : name);
    for (const [i, node] of nodes.entries()) {
      if (![...node.inputs, ...node.outputs].includes(from)) continue;
      nodes[i] = { ...node, inputs: node.inputs.map(swap), outputs: node.outputs.map(swap) };
    }
    const info = values.get(from);
    values.delete(from);
    if (info) values.set(to, { ...info, name: to });
  }
}

/** Layers whose first call in the model is counted as 1: Keras counts the one that made them. */
export function shiftedLayers(model: KerasModel): Set<string> {
  const refs = [
    ...model.layers.flatMap(({ calls }) =>
      calls.flatMap(({ inputs, named }) => [...inputs, ...Object.values(named ?? {})]),
    ),
    ...model.outputs,
  ];
  const out = new Set<string>();
  for (const layer of model.layers) {
    const nodes = refs.filter((ref) => ref.layer === layer.name).map(({ node }) => node);
    if (
      nodes.length > 0 &&
      Math.max(...nodes) >= Math.max(layer.calls.length, 1) &&
      !nodes.includes(0)
    )
      out.add(layer.name);
  }
  return out;
}
