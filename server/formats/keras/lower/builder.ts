import type { Attribute, Node, ValueInfo } from '../../../core/graph/graph.ts';
import { isFloat, MemoryData, type ElementType, type Tensor } from '../../../core/graph/tensor.ts';
import { floatTensor } from '../../../core/graph/tensorValues.ts';
import { mismatch } from '../config/assign.ts';
import type { KerasLayer } from '../config/model.ts';
import type { KerasWeight, LayerWeights } from '../source.ts';
import { graphShape, toChannelsFirst, toChannelsLast, type Flow, type Size } from './flow.ts';
import { asIs, ViewData, type View } from './weightViews.ts';

/** Where a weight that a node reads comes from. */
export interface WeightOrigin {
  readonly slot: string;
  readonly view: View;
}

/** What a node stands for in the file. */
export interface NodeOrigin {
  /** Key of the layer. */
  readonly layer: string;
  /** What part of the layer it is: `main`, `depthwise`, `activation`, ... */
  readonly role: string;
  /** The weights among its inputs, by index; also those that it could have and has not. */
  readonly weights: ReadonlyMap<number, WeightOrigin>;
}

/** Attributes of a node, said briefly: integers, lists of them, text, or one made already. */
export type Attributes = Readonly<
  Record<string, number | readonly number[] | string | Attribute | undefined>
>;

/** A graph under construction. */
export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly tensors = new Map<string, Tensor>();
  readonly values = new Map<string, ValueInfo>();
  readonly origins = new Map<number, NodeOrigin>();
  readonly #names = new Set<string>();
  readonly #turned = new Map<string, Flow>();

  /** A name for a value or tensor that nothing has yet. */
  freshName(wish: string): string {
    let name = wish;
    for (let i = 1; this.#names.has(name); i++) name = `${wish}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a node with one output; its name is also that of its value, where it is free. */
  add(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = this.freshName(name),
    domain = '',
  ): string {
    this.addMany(op, name, inputs, attributes, [output], domain);
    return output;
  }

  /** Adds a node with these outputs. */
  addMany(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputs: readonly string[],
    domain = '',
  ): void {
    const entries = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, attributeOf(value)] as const],
    );
    const id = this.nodes.length;
    const trimmed = inputs.slice(0, inputs.findLastIndex((one) => one !== '') + 1);
    this.nodes.push({
      id,
      name,
      op,
      domain,
      inputs: trimmed,
      outputs,
      attributes: new Map(entries),
      captures: [],
    });
  }

  /** Says what the node made last stands for. */
  mark(layer: string, role: string, weights: ReadonlyMap<number, WeightOrigin> = new Map()): void {
    this.origins.set(this.nodes.length - 1, { layer, role, weights });
  }

  /** Notes the shape of a value, and gives it as a flow. */
  flow(
    value: string,
    shape: readonly Size[],
    isMoved: boolean,
    type: ElementType = 'float32',
  ): Flow {
    const flow = { value, shape, isMoved };
    this.values.set(value, { name: value, type, shape: graphShape(flow) });
    return flow;
  }

  /** The flow with its last axis second. */
  moved(flow: Flow): Flow {
    return flow.isMoved || flow.shape.length < 3 ? flow : this.#turn(flow);
  }

  /** The flow in the axis order of Keras. */
  straight(flow: Flow): Flow {
    return flow.isMoved ? this.#turn(flow) : flow;
  }

  #turn(flow: Flow): Flow {
    const key = flow.value;
    const known = this.#turned.get(key);
    if (known) return known;
    const rank = flow.shape.length;
    const perm = flow.isMoved ? toChannelsLast(rank) : toChannelsFirst(rank);
    const suffix = flow.isMoved ? 'channels_last' : 'channels_first';
    const value = this.add('Transpose', `${flow.value}/${suffix}`, [flow.value], { perm });
    const turned = this.flow(value, flow.shape, !flow.isMoved);
    this.#turned.set(key, turned);
    this.#turned.set(value, flow);
    return turned;
  }

  floats(
    name: string,
    values: readonly number[],
    dims: readonly number[] = [values.length],
  ): string {
    const fresh = this.freshName(name);
    this.tensors.set(fresh, floatTensor(fresh, dims, Float32Array.from(values)));
    return fresh;
  }

  scalar(name: string, value: number): string {
    return this.floats(name, [value], []);
  }

  integers(
    name: string,
    values: readonly number[],
    dims: readonly number[] = [values.length],
  ): string {
    const fresh = this.freshName(name);
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.tensors.set(fresh, { name: fresh, type: 'int64', dims, data: new MemoryData(bytes) });
    return fresh;
  }

  /** A weight of a layer as a tensor of the graph; once for each view of it. */
  weight(name: string, weight: KerasWeight, view: View = asIs(weight.dims)): string {
    const isSame = (tensor: Tensor): boolean => tensor.dims.join() === view.shape.join();
    const known = this.tensors.get(name);
    if (known && isSame(known)) return name;
    const fresh = known ? this.freshName(name) : name;
    this.#names.add(fresh);
    const type = isFloat(weight.type) ? 'float32' : weight.type;
    const data = new ViewData(weight, view, type);
    this.tensors.set(fresh, { name: fresh, type, dims: view.shape, data });
    return fresh;
  }
}

function attributeOf(value: number | readonly number[] | string | Attribute): Attribute {
  if (typeof value === 'number') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'string', value };
  if ('kind' in value) return value;
  return { kind: 'ints', value };
}

/** A float attribute. */
export const float = (value: number): Attribute => ({ kind: 'float', value });

/** A layer being lowered: its names, its weights, the graph. */
export class LayerContext {
  constructor(
    readonly builder: GraphBuilder,
    readonly layer: KerasLayer,
    /** What the user sees. */
    readonly name: string,
    /** Value that the layer's last node makes. */
    readonly output: string,
    readonly weights: LayerWeights,
    readonly where: string,
    /** Version of Keras whose rules hold: 1, 2 or 3. */
    readonly dialect: number,
  ) {}

  /** A weight that must be there; refuses one whose sizes are not these (undefined: any). */
  need(slot: string, dims?: readonly Size[]): KerasWeight {
    const weight = this.weights.get(slot);
    if (!weight) return mismatch(this.where, this.layer, `"${slot}" is missing`);
    const fits =
      !dims ||
      (dims.length === weight.dims.length &&
        dims.every((size, i) => size === undefined || size === weight.dims[i]));
    if (!fits) {
      const wanted = dims.map((size) => size ?? '?').join(' x ');
      mismatch(
        this.where,
        this.layer,
        `"${slot}" is ${weight.dims.join(' x ') || 'a single number'} and should be ${wanted}`,
      );
    }
    return weight;
  }

  has(slot: string): boolean {
    return this.weights.has(slot);
  }

  /** The tensor of a weight, in a view. */
  tensor(slot: string, weight: KerasWeight, view?: View): string {
    return this.builder.weight(`${this.name}/${slot}`, weight, view);
  }

  /** A name for a part of the layer. */
  part(name: string): string {
    return `${this.name}/${name}`;
  }
}
