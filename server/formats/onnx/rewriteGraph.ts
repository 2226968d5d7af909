import { displayName, type Graph, type Node, type NodeId } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import { encodeNode, encodeValueInfo, extraOutputInfos, uniqueName } from './encode.ts';
import { Parts } from './parts.ts';
import { planNodes, type NodeStep } from './planNodes.ts';
import type { GraphParts } from './readGraph.ts';
import { rewriteConstant } from './rewriteConstant.ts';
import { rewriteNode } from './rewriteNode.ts';
import { newTensor, rewriteTensor, type Placement } from './rewriteTensor.ts';
import { ANNOTATION, GRAPH, SPARSE_TENSOR, TENSOR, VALUE_INFO } from './schema.ts';
import type { WireReader } from './wireReader.ts';

/** What the file has, for telling what of a graph is not in it yet. */
export interface Origin {
  readonly parts: GraphParts;
  readonly irVersion: number;
  /** Where in the file each node is, and the node as it is there. */
  readonly nodes: ReadonlyMap<NodeId, { readonly place: number; readonly node: Node }>;
  /** The constants as they are in the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** How a graph is to be written. */
export interface RewritePlan {
  readonly graph: Graph;
  /** Where the elements of a constant go; undefined: its field is copied as it is. */
  placement(tensor: Tensor): Placement | undefined;
  /** True where Constant nodes become initializers. */
  readonly liftsConstants: boolean;
  /** True where nodes that share a name get names of their own. */
  readonly renamesNodes: boolean;
  readonly extraOutputs: readonly string[];
}

interface Field {
  readonly field: number;
  readonly start: number;
  readonly end: number;
  readonly reader: WireReader | undefined;
}

/** The payload of a GraphProto after the changes; what was not changed is copied. */
export function rewriteGraph(reader: WireReader, origin: Origin, plan: RewritePlan): Parts {
  return new GraphRewriter(reader, origin, plan).run();
}

class GraphRewriter {
  readonly #out = new Parts();
  readonly #fields: Field[] = [];
  readonly #nodes: Field[] = [];
  readonly #steps: readonly NodeStep[];
  readonly #nodeById: ReadonlyMap<NodeId, Node>;
  readonly #idAt: ReadonlyMap<number, NodeId>;
  readonly #names: Set<string>;
  /** Every value that the graph has. */
  readonly #present: ReadonlySet<string>;

  constructor(
    reader: WireReader,
    private readonly origin: Origin,
    private readonly plan: RewritePlan,
  ) {
    const { graph } = plan;
    while (reader.next()) {
      const { field, start, end } = reader;
      const inner = isRead(field) ? reader.message('a part of the graph') : undefined;
      this.#fields.push({ field, start, end, reader: inner });
    }
    this.#nodes = this.#fields.filter(({ field }) => field === GRAPH.node);
    const places = new Map<NodeId, number>();
    for (const [id, { place }] of origin.nodes) places.set(id, place);
    this.#steps = planNodes(graph, origin.parts.nodes, places, (name) => this.#isKept(name));
    this.#nodeById = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#idAt = new Map([...places].map(([id, place]) => [place, id]));
    const present = [...graph.tensors.keys(), ...graph.inputs.map((input) => input.name)];
    for (const node of graph.nodes) present.push(...node.outputs);
    this.#present = new Set(present);
    const inFile = graph.nodes.filter((node) => places.has(node.id));
    this.#names = new Set(origin.parts.hidden.nodes);
    if (!plan.renamesNodes) for (const { name } of inFile) this.#names.add(name);
  }

  run(): Parts {
    let place = 0;
    let initializer = 0;
    const last = new Map(this.#fields.map(({ field }, i) => [field, i]));
    const steps = this.#stepsByPlace();
    const fresh = this.#freshTensors();
    for (const [i, item] of this.#fields.entries()) {
      switch (item.field) {
        case GRAPH.node:
          for (const step of steps[place++] ?? []) this.#writeNode(step);
          break;
        case GRAPH.initializer:
          this.#writeInitializer(this.origin.parts.initializers[initializer++] ?? '', item);
          break;
        default:
          this.#writeOther(item);
      }
      if (last.get(item.field) === i) this.#append(item.field, fresh);
    }
    for (const field of [GRAPH.initializer, GRAPH.input, GRAPH.output]) {
      if (!last.has(field)) this.#append(field, fresh);
    }
    return this.#out;
  }

  /** What is new and stands after the last field of its kind. */
  #append(field: number, fresh: readonly Tensor[]): void {
    const { graph, extraOutputs } = this.plan;
    if (field === GRAPH.initializer) {
      for (const tensor of fresh) {
        const placement = this.plan.placement(tensor) ?? { kind: 'inside' };
        this.#out.message(GRAPH.initializer, newTensor(tensor, placement));
      }
    } else if (field === GRAPH.input && this.origin.irVersion < 4) {
      // Before IR version 4 an initializer must be listed as an input too.
      for (const { name, type, dims } of fresh) {
        const info = encodeValueInfo({ name, type, shape: dims });
        this.#out.message(GRAPH.input, new Parts().fields(info));
      }
    } else if (field === GRAPH.output) {
      for (const info of extraOutputInfos(graph, extraOutputs)) {
        this.#out.message(GRAPH.output, new Parts().fields(info));
      }
    }
  }

  /** What is written at each node field of the file. */
  #stepsByPlace(): NodeStep[][] {
    const byPlace: NodeStep[][] = this.#nodes.map(() => []);
    const places = this.#steps.map((step) => ('place' in step ? step.place : -1));
    const inFile = places.filter((place) => place >= 0);
    const isSorted = inFile.every((place, i) => i === 0 || (inFile[i - 1] ?? 0) < place);
    let next = this.#nodes.length - 1;
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const place = places[i] ?? -1;
      if (place >= 0) next = place;
      byPlace[isSorted ? next : 0]?.push(this.#steps[i] as NodeStep);
    }
    for (const list of byPlace) list.reverse();
    return byPlace;
  }

  #writeNode(step: NodeStep): void {
    if ('added' in step) {
      const name = uniqueName(displayName(step.added), this.#names);
      this.#out.message(GRAPH.node, new Parts().fields(encodeNode({ ...step.added, name })));
      return;
    }
    const item = this.#nodes[step.place] as Field;
    const found = this.origin.parts.nodes[step.place];
    if (found && 'constant' in found) {
      this.#writeConstant(found.constant, item);
      return;
    }
    const id = this.#idAt.get(step.place) as NodeId;
    const before = this.origin.nodes.get(id)?.node as Node;
    let after = this.#nodeById.get(id) as Node;
    if (this.plan.renamesNodes && after.name !== '') {
      const name = uniqueName(after.name, this.#names);
      if (name !== after.name) after = { ...after, name };
    }
    if (before === after || !item.reader) this.#out.copy(item.start, item.end);
    else this.#out.message(GRAPH.node, rewriteNode(item.reader, before, after));
  }

  #writeConstant(name: string, item: Field): void {
    const before = this.origin.tensors.get(name) as Tensor;
    const after = this.plan.graph.tensors.get(name) as Tensor;
    const placement = this.plan.placement(after);
    if (!placement || !item.reader) this.#out.copy(item.start, item.end);
    else {
      this.#out.message(GRAPH.node, rewriteConstant(item.reader, before, after, placement));
    }
  }

  #writeInitializer(name: string, item: Field): void {
    const after = this.plan.graph.tensors.get(name);
    if (!after) return;
    const before = this.origin.tensors.get(name) as Tensor;
    const placement = this.plan.placement(after);
    if (!placement || !item.reader) this.#out.copy(item.start, item.end);
    else {
      this.#out.message(GRAPH.initializer, rewriteTensor(item.reader, before, after, placement));
    }
  }

  #writeOther(item: Field): void {
    const { field, reader } = item;
    if (!reader) {
      this.#out.copy(item.start, item.end);
      return;
    }
    const name = nameIn(reader, field);
    const tensor = this.plan.graph.tensors.get(name);
    const before = this.origin.tensors.get(name);
    const hasGone = before !== undefined && tensor === undefined;
    const isReshaped =
      tensor !== undefined &&
      before !== undefined &&
      (before.type !== tensor.type || before.dims.join() !== tensor.dims.join());
    if (field === GRAPH.input) {
      if (hasGone) return;
      if (isReshaped) {
        const info = encodeValueInfo({ name, type: tensor.type, shape: tensor.dims });
        this.#out.message(field, new Parts().fields(info));
        return;
      }
    } else if (field === GRAPH.sparseInitializer) {
      if (hasGone) return;
    } else if (!this.#present.has(name) || (isReshaped && field === GRAPH.valueInfo)) return;
    this.#out.copy(item.start, item.end);
  }

  #isKept(constant: string): boolean {
    const tensor = this.plan.graph.tensors.get(constant);
    return tensor !== undefined && !(this.plan.liftsConstants && isPlain(tensor));
  }

  /** Constants that no initializer field and no kept Constant node of the file stands for. */
  #freshTensors(): Tensor[] {
    const { initializers, nodes } = this.origin.parts;
    const standing = new Set(initializers);
    for (const node of nodes) {
      if ('constant' in node && this.#isKept(node.constant)) standing.add(node.constant);
    }
    const lifted = new Set(nodes.map((node) => ('constant' in node ? node.constant : '')));
    return [...this.plan.graph.tensors.values()].filter(
      ({ name }) => !standing.has(name) && (!this.origin.tensors.has(name) || lifted.has(name)),
    );
  }
}

const isPlain = (tensor: Tensor): boolean => tensor.type !== 'string' && tensor.type !== 'other';

const isRead = (field: number): boolean =>
  field === GRAPH.node ||
  field === GRAPH.initializer ||
  field === GRAPH.input ||
  field === GRAPH.valueInfo ||
  field === GRAPH.quantizationAnnotation ||
  field === GRAPH.sparseInitializer;

/** The name of what a field of the graph is about. */
function nameIn(reader: WireReader, field: number): string {
  let name = '';
  while (reader.next()) {
    if (field === GRAPH.sparseInitializer) {
      if (reader.field !== SPARSE_TENSOR.values) continue;
      const values = reader.message('the values of a sparse tensor');
      while (values.next()) if (values.field === TENSOR.name) name = values.text;
    } else if (field === GRAPH.quantizationAnnotation) {
      if (reader.field === ANNOTATION.tensorName) name = reader.text;
    } else if (reader.field === VALUE_INFO.name) name = reader.text;
  }
  return name;
}
