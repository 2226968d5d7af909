import { unreachable } from '../result.ts';
import type { Graph, LayerStatistics, Node, NodeId } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** One reversible step. It keeps what it replaced, so that its inverse needs no graph. */
export type GraphEdit =
  | {
      readonly kind: 'setTensor';
      readonly name: string;
      readonly before: Tensor | undefined;
      readonly after: Tensor | undefined;
    }
  | { readonly kind: 'setNode'; readonly before: Node; readonly after: Node }
  /** `next` is the node that it stands before; undefined at the end. */
  | { readonly kind: 'insertNode'; readonly node: Node; readonly next: NodeId | undefined }
  | { readonly kind: 'removeNode'; readonly node: Node; readonly next: NodeId | undefined }
  | {
      readonly kind: 'setStatistics';
      readonly layer: string;
      readonly before: LayerStatistics | undefined;
      readonly after: LayerStatistics | undefined;
    };

/** The step that takes `edit` back. */
export function invert(edit: GraphEdit): GraphEdit {
  switch (edit.kind) {
    case 'setTensor':
    case 'setStatistics':
      return { ...edit, before: edit.after, after: edit.before } as GraphEdit;
    case 'setNode':
      return { ...edit, before: edit.after, after: edit.before };
    case 'insertNode':
      return { ...edit, kind: 'removeNode' };
    case 'removeNode':
      return { ...edit, kind: 'insertNode' };
    default:
      return unreachable(edit);
  }
}

/** Undo of a list: each step inverted, last step first. */
export const invertAll = (edits: readonly GraphEdit[]): GraphEdit[] => edits.map(invert).reverse();

/** The graph after the edits. Throws when an edit does not fit the graph, which is a bug of ours. */
export function applyEdits(graph: Graph, edits: readonly GraphEdit[]): Graph {
  const open = new OpenGraph(graph);
  for (const edit of edits) open.apply(edit);
  return open.close();
}

/** A graph taken apart for a run of edits: its maps are copied once, not at every edit. */
export class OpenGraph {
  readonly nodes: Map<NodeId, Node>;
  #order: NodeId[];
  readonly tensors: Map<string, Tensor>;
  readonly statistics: Map<string, LayerStatistics>;

  constructor(private readonly graph: Graph) {
    this.nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#order = graph.nodes.map((node) => node.id);
    this.tensors = new Map(graph.tensors);
    this.statistics = new Map(graph.statistics);
  }

  apply(edit: GraphEdit): void {
    switch (edit.kind) {
      case 'setTensor':
        expect(this.tensors.get(edit.name) === edit.before, `tensor ${edit.name}`);
        set(this.tensors, edit.name, edit.after);
        return;
      case 'setStatistics':
        set(this.statistics, edit.layer, edit.after);
        return;
      case 'setNode':
        expect(this.nodes.get(edit.before.id) === edit.before, `node ${edit.before.id}`);
        this.nodes.set(edit.after.id, edit.after);
        return;
      case 'insertNode': {
        expect(!this.nodes.has(edit.node.id), `new node ${edit.node.id}`);
        const at = edit.next === undefined ? this.#order.length : this.#order.indexOf(edit.next);
        expect(at >= 0, `place of node ${edit.node.id}`);
        this.#order.splice(at, 0, edit.node.id);
        this.nodes.set(edit.node.id, edit.node);
        return;
      }
      case 'removeNode': {
        expect(this.nodes.get(edit.node.id) === edit.node, `node ${edit.node.id}`);
        this.#order.splice(this.#order.indexOf(edit.node.id), 1);
        this.nodes.delete(edit.node.id);
        return;
      }
      default:
        unreachable(edit);
    }
  }

  /** The id of the node after this one, undefined for the last. */
  nextOf(id: NodeId): NodeId | undefined {
    return this.#order[this.#order.indexOf(id) + 1];
  }

  order(): readonly NodeId[] {
    return this.#order;
  }

  close(): Graph {
    const nodes = this.#order.map((id) => {
      const node = this.nodes.get(id);
      if (!node) throw new Error(`node ${id} is in the order and not in the graph`);
      return node;
    });
    return {
      ...this.graph,
      nodes,
      tensors: new Map(this.tensors),
      statistics: new Map(this.statistics),
    };
  }
}

function set<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`edit does not fit the graph: ${what}`);
}
