import type { Attribute, Graph, Node } from '../../../core/graph/graph.ts';
import type { Tensor } from '../../../core/graph/tensor.ts';
import { readNumbers } from '../../../core/graph/tensorValues.ts';
import { cloneJson, formatJson, type JsonObject } from '../config/json.ts';
import { slotsOf } from '../config/slots.ts';
import { readArchitecture, type KerasModel } from '../config/model.ts';
import type { NodeOrigin } from '../lower/builder.ts';
import { unview, type View } from '../lower/weightViews.ts';
import type { KerasSource, NewWeight } from '../source.ts';
import { cannotExpress } from './cannotExpress.ts';
import type { Base } from './changesOf.ts';
import { layerEdit, type LayerEdit } from './layerEdits.ts';
import { removeLayers } from './removeLayers.ts';
import { Roots } from './roots.ts';

/** What of a model has to change. */
export interface ModelDifference {
  /** Undefined: as it is. */
  readonly architecture: JsonObject | undefined;
  readonly model: KerasModel | undefined;
  readonly weights: ReadonlyMap<string, ReadonlyMap<string, NewWeight>>;
  readonly removed: ReadonlySet<string>;
}

/**
 * Turns what was edited on the graph into edits of the layers and weights it was lowered from.
 * Undefined where nothing was; refuses what has no counterpart in Keras.
 */
export function diffModel(
  base: Base,
  graph: Graph,
  source: KerasSource,
): ModelDifference | undefined {
  return new Comparison(base, graph, source).run();
}

class Comparison {
  readonly #before: ReadonlyMap<number, Node>;
  readonly #after: ReadonlyMap<number, Node>;
  readonly #roots: Roots;
  readonly #weights = new Map<string, Map<string, NewWeight>>();
  readonly #edits = new Map<string, LayerEdit[]>();
  readonly #chosen = new Map<string, Tensor>();

  constructor(
    private readonly base: Base,
    private readonly graph: Graph,
    private readonly source: KerasSource,
  ) {
    this.#before = new Map(base.graph.nodes.map((node) => [node.id, node]));
    this.#after = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#roots = new Roots(base, graph);
  }

  run(): ModelDifference | undefined {
    const { base } = this;
    const removed = this.#removedLayers();
    for (const node of this.graph.nodes) this.#compare(node);
    this.#compareOutputs();
    const weights = this.#weights;
    const { architecture, model } = base;
    if (!architecture || !model) {
      return weights.size === 0 ? undefined : { architecture, model, weights, removed };
    }
    const copy = cloneJson(architecture);
    const edited = readArchitecture(copy, this.source.path);
    for (const [key, edits] of this.#edits) applyEdits(edited, key, edits);
    removeLayers(copy, edited, removed);
    const now = this.source.architecture;
    const isSame = now !== undefined && formatJson(now, '') === formatJson(copy, '');
    if (isSame && weights.size === 0) return undefined;
    const result = readArchitecture(copy, this.source.path);
    return { architecture: isSame ? undefined : copy, model: result, weights, removed };
  }

  /** Keys of the layers none of whose nodes are left. */
  #removedLayers(): Set<string> {
    const counts = new Map<string, { all: number; gone: number; name: string }>();
    for (const [id, { layer }] of this.base.origins) {
      const node = this.#before.get(id);
      if (!node) continue;
      const count = counts.get(layer) ?? { all: 0, gone: 0, name: node.name };
      count.all++;
      if (!this.#after.has(id)) count.gone++;
      counts.set(layer, count);
    }
    const removed = new Set<string>();
    for (const [layer, { all, gone, name }] of counts) {
      if (gone === 0) continue;
      if (gone < all) cannotExpress(name, 'a part of the layer was taken out');
      removed.add(layer);
    }
    return removed;
  }

  #compare(node: Node): void {
    const before = this.#before.get(node.id);
    if (!before) return this.#compareInserted(node);
    const origin = this.base.origins.get(node.id);
    if (before.op !== node.op || !sameAttributes(before, node))
      this.#changeNode(before, node, origin);
    const count = Math.max(node.inputs.length, before.inputs.length);
    for (let i = 0; i < count; i++) {
      const weight = origin?.weights.get(i);
      if (origin && weight) this.#compareWeight(node, origin, weight, node.inputs[i] ?? '');
      else this.#compareInput(before, node, i);
    }
  }

  /** A bias that was added behind a MatMul is the bias of its layer. */
  #compareInserted(node: Node): void {
    const layer = this.#roots.biasOf(node);
    if (!layer) {
      cannotExpress(
        node.name || node.op,
        `Keras has no layer for the operator ${node.op} that was put in (a cap for each channel, as a rule)`,
      );
    }
    const { key, tensor } = layer;
    const view = { dims: tensor.dims.slice(-1), perm: [0], shape: tensor.dims.slice(-1) };
    this.#note(key, 'bias', tensor, view, node.name);
  }

  #changeNode(before: Node, after: Node, origin: NodeOrigin | undefined): void {
    const layer = origin && this.#layer(origin.layer);
    const edit = layer && layerEdit(layer.wrapped ?? layer, before, after);
    if (!layer || !edit) {
      cannotExpress(
        after.name || before.name,
        `it was changed from ${before.op} to ${after.op} in a way that Keras has no layer for`,
      );
    }
    this.#edit(layer.key, edit);
  }

  #compareInput(before: Node, node: Node, index: number): void {
    const [a = '', b = ''] = [before.inputs[index], node.inputs[index]];
    const [was, is] = [this.base.graph.tensors.get(a), this.graph.tensors.get(b)];
    if (was || is) {
      if (was === is || (before.op === 'Clip' && node.op === 'Relu')) return;
      if (was && is && sameNumbers(was, is)) return;
      cannotExpress(
        node.name,
        before.op === 'Clip' || before.op === 'Min'
          ? 'its bound differs from channel to channel now, which no Keras layer can do'
          : 'a constant in it was changed that the layer does not have',
      );
    }
    if (a === '' && b === '') return;
    if (this.#roots.before(a) !== this.#roots.after(b)) {
      cannotExpress(node.name, 'it takes another value than it did');
    }
  }

  #compareWeight(
    node: Node,
    origin: NodeOrigin,
    { slot, view }: { slot: string; view: View },
    value: string,
  ): void {
    const tensor = this.graph.tensors.get(value);
    const onFile = this.base.onFile.get(origin.layer)?.get(slot);
    if (!tensor) {
      if (value !== '') cannotExpress(node.name, `its ${slot} is computed now`);
      if (onFile) this.#edit(origin.layer, { kind: 'flag', name: 'use_bias', value: false });
      return;
    }
    this.#note(origin.layer, slot, tensor, view, node.name);
  }

  #compareOutputs(): void {
    for (const [i, { name }] of this.graph.outputs.entries()) {
      const before = this.base.graph.outputs[i]?.name ?? '';
      if (this.#roots.before(before) !== this.#roots.after(name)) {
        cannotExpress(name, 'the model gives another value than it did');
      }
    }
  }

  /** A tensor that the layer is to have in a slot. */
  #note(key: string, slot: string, tensor: Tensor, view: View, name: string): void {
    const id = `${key} ${slot}`;
    const chosen = this.#chosen.get(id);
    if (chosen === tensor) return;
    if (chosen)
      cannotExpress(name, `its ${slot} is shared, and was changed for one use of it only`);
    this.#chosen.set(id, tensor);
    if (!this.#hasSlot(key, slot)) {
      // A constant stands in for a gamma or beta that the layer is without.
      if (slot !== 'bias' && isNeutral(slot, tensor)) return;
      const flag = flags[slot];
      if (flag === undefined) cannotExpress(name, `its layer has no ${slot}`);
      this.#edit(key, { kind: 'flag', name: flag, value: true });
    }
    if (tensor === this.base.onFile.get(key)?.get(slot)) return;
    const was = this.base.weights.get(key)?.get(slot);
    const type = was?.type ?? 'float32';
    const dims = was?.dims ?? view.dims;
    const own = this.#weights.get(key) ?? new Map<string, NewWeight>();
    const read = (): Uint8Array => unview(tensor.data.read(), tensor.type, view, type);
    this.#weights.set(key, own.set(slot, { dims, type, read }));
  }

  /** True for a weight that the layer had when the model was opened. */
  #hasSlot(key: string, slot: string): boolean {
    const layer = this.#layer(key);
    const slots = layer && slotsOf(layer);
    return slots?.some(({ name }) => name === slot) ?? true;
  }

  #layer(key: string): ReturnType<typeof findLayer> {
    return this.base.model && findLayer(this.base.model, key);
  }

  #edit(key: string, edit: LayerEdit): void {
    this.#edits.set(key, [...(this.#edits.get(key) ?? []), edit]);
  }
}

/** Fields that turn a weight on. */
const flags: Readonly<Record<string, string>> = {
  bias: 'use_bias',
  gamma: 'scale',
  beta: 'center',
};

/** Ones for gamma, zeros for beta: what a layer without them computes with. */
function isNeutral(slot: string, tensor: Tensor): boolean {
  const value = slot === 'gamma' ? 1 : 0;
  return readNumbers(tensor).every((one) => one === value);
}

const sameNumbers = (a: Tensor, b: Tensor): boolean =>
  a.type === b.type &&
  a.dims.join() === b.dims.join() &&
  Buffer.compare(a.data.read(), b.data.read()) === 0;

/** Factors of a Gemm that are 1 where they are not given. */
const one = JSON.stringify({ kind: 'float', value: 1 } satisfies Attribute);

function sameAttributes(a: Node, b: Node): boolean {
  if (a.attributes === b.attributes) return true;
  const textOf = ({ op, attributes }: Node, name: string): string | undefined => {
    const isFactor = op === 'Gemm' && (name === 'alpha' || name === 'beta');
    return JSON.stringify(attributes.get(name)) ?? (isFactor ? one : undefined);
  };
  const names = new Set([...a.attributes.keys(), ...b.attributes.keys()]);
  return [...names].every((name) => textOf(a, name) === textOf(b, name));
}

function findLayer(model: KerasModel, key: string): KerasModel['layers'][number] | undefined {
  for (const layer of model.layers) {
    if (layer.key === key) return layer;
    const inner = layer.model && findLayer(layer.model, key);
    if (inner) return inner;
  }
  return undefined;
}

function applyEdits(model: KerasModel, key: string, edits: readonly LayerEdit[]): void {
  const layer = findLayer(model, key);
  if (!layer) throw new Error(`no layer ${key}`);
  const { config } = layer.wrapped ?? layer;
  for (const edit of edits) {
    if (edit.kind === 'flag') setFlag(config, edit.name, edit.value);
    else config[edit.name] = edit.value;
  }
}

/** Turns a field on or off; Keras 1 calls `use_bias` `bias`. */
function setFlag(config: JsonObject, name: string, value: boolean): void {
  const own = name === 'use_bias' && 'bias' in config && !('use_bias' in config) ? 'bias' : name;
  config[own] = value;
}
