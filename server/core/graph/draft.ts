import { OpenGraph, type GraphEdit } from './edits.ts';
import type { Graph, LayerStatistics, Node, NodeId } from './graph.ts';
import type { Tensor } from './tensor.ts';

/**
 * A graph to change. Every change goes through `#do`, so the record cannot miss one. The maps are
 * copied once, when the draft is made. It also answers who makes and who uses a value *now*; those
 * answers are kept up to date with the edits.
 */
export class GraphDraft {
  readonly edits: GraphEdit[] = [];
  readonly #open: OpenGraph;
  readonly #users = new Map<string, Map<NodeId, number>>();
  readonly #makers = new Map<string, NodeId>();
  readonly #outputs: ReadonlySet<string>;
  readonly #inputs: ReadonlySet<string>;
  /** How many nodes have each name. */
  readonly #names = new Map<string, number>();
  #nextId: number;

  constructor(private readonly source: Graph) {
    this.#open = new OpenGraph(source);
    this.#nextId = source.nodes.reduce((top, node) => Math.max(top, node.id), -1) + 1;
    this.#outputs = new Set(source.outputs.map((value) => value.name));
    this.#inputs = new Set(source.inputs.map((value) => value.name));
    for (const node of source.nodes) this.#count(node, 1);
  }

  /** The graph as it is now. Makes copies: call it once, at the end. */
  close(): Graph {
    return this.edits.length === 0 ? this.source : this.#open.close();
  }

  node(id: NodeId): Node | undefined {
    return this.#open.nodes.get(id);
  }

  /** Nodes in order, as they are now. */
  nodes(): Node[] {
    return this.#open.order().map((id) => this.#open.nodes.get(id) as Node);
  }

  tensor(name: string): Tensor | undefined {
    return this.#open.tensors.get(name);
  }

  statistics(layer: string): LayerStatistics | undefined {
    return this.#open.statistics.get(layer);
  }

  /** The node that makes this value; undefined for inputs and constants. */
  maker(value: string): Node | undefined {
    const id = this.#makers.get(value);
    return id === undefined ? undefined : this.#open.nodes.get(id);
  }

  /** The nodes that use this value, sub-graphs included, each once, in no particular order. */
  users(value: string): Node[] {
    const ids = this.#users.get(value);
    return ids ? [...ids.keys()].map((id) => this.#open.nodes.get(id) as Node) : [];
  }

  /** How often the value is used: every input slot counts, and being a graph output counts. */
  useCount(value: string): number {
    let count = this.#outputs.has(value) ? 1 : 0;
    for (const times of this.#users.get(value)?.values() ?? []) count += times;
    return count;
  }

  isGraphOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  /** A name for a new value or tensor that nothing in the graph has, nor in its sub-graphs. */
  freshName(wish: string): string {
    const { hidden, values } = this.source;
    return freeName(
      wish,
      (name) =>
        this.#open.tensors.has(name) ||
        this.#makers.has(name) ||
        this.#users.has(name) ||
        this.#inputs.has(name) ||
        this.#outputs.has(name) ||
        values.has(name) ||
        hidden?.values.has(name) === true,
    );
  }

  setTensor(name: string, after: Tensor | undefined): void {
    this.#do({ kind: 'setTensor', name, before: this.#open.tensors.get(name), after });
  }

  /** Puts another node in place; a name that it did not have before is made one of its own. */
  setNode(after: Node): void {
    const before = this.#open.nodes.get(after.id);
    if (!before) throw new Error(`no node ${after.id}`);
    const name = after.name === before.name ? after.name : this.#nodeName(after.name);
    this.#do({
      kind: 'setNode',
      before,
      after: name === after.name ? after : { ...after, name },
    });
  }

  /**
   * Adds a node before `next` (undefined: at the end); its id is given here, and a name of its own
   * where another node has the one it comes with.
   */
  insertNode(node: Omit<Node, 'id'>, next: NodeId | undefined): Node {
    const made = { ...node, name: this.#nodeName(node.name), id: this.#nextId++ };
    this.#do({ kind: 'insertNode', node: made, next });
    return made;
  }

  /** The node that stands after this one; undefined for the last. */
  nextOf(id: NodeId): NodeId | undefined {
    return this.#open.nextOf(id);
  }

  /**
   * Takes a node out, and with it the constants that only it used (unless `keepTensors`).
   * Whoever used its outputs must have been rewired before.
   */
  removeNode(id: NodeId, keepTensors = false): void {
    const node = this.#open.nodes.get(id);
    if (!node) throw new Error(`no node ${id}`);
    this.#do({ kind: 'removeNode', node, next: this.#open.nextOf(id) });
    if (keepTensors) return;
    for (const name of new Set(node.inputs)) {
      if (this.#open.tensors.has(name) && this.useCount(name) === 0)
        this.setTensor(name, undefined);
    }
  }

  /**
   * Takes out a value that nothing uses any more: the constant that it is (unless `keepTensors`),
   * or the nodes that made it and nothing else.
   */
  removeUnused(value: string, keepTensors = false): void {
    if (value === '' || this.useCount(value) > 0) return;
    if (this.#open.tensors.has(value)) {
      if (!keepTensors) this.setTensor(value, undefined);
      return;
    }
    const maker = this.maker(value);
    if (!maker || maker.outputs.some((output) => this.useCount(output) > 0)) return;
    this.removeNode(maker.id, keepTensors);
    for (const input of new Set(maker.inputs)) this.removeUnused(input, keepTensors);
  }

  setStatistics(layer: string, after: LayerStatistics | undefined): void {
    const before = this.#open.statistics.get(layer);
    if (before === after) return;
    this.#do({ kind: 'setStatistics', layer, before, after });
  }

  /** The name, or one like it that no node has: runtimes refuse a file with two nodes of one name. */
  #nodeName(wish: string): string {
    if (wish === '') return wish;
    const { hidden } = this.source;
    return freeName(wish, (name) => this.#names.has(name) || hidden?.nodes.has(name) === true);
  }

  #do(edit: GraphEdit): void {
    this.#apply(edit);
    this.edits.push(edit);
  }

  #apply(edit: GraphEdit): void {
    this.#open.apply(edit);
    if (edit.kind === 'setNode') {
      this.#count(edit.before, -1);
      this.#count(edit.after, 1);
    } else if (edit.kind === 'insertNode') this.#count(edit.node, 1);
    else if (edit.kind === 'removeNode') this.#count(edit.node, -1);
  }

  #count(node: Node, by: 1 | -1): void {
    const named = (this.#names.get(node.name) ?? 0) + by;
    if (named === 0) this.#names.delete(node.name);
    else this.#names.set(node.name, named);
    for (const name of [...node.inputs, ...node.captures]) {
      if (name === '') continue;
      const users = this.#users.get(name) ?? new Map<NodeId, number>();
      const times = (users.get(node.id) ?? 0) + by;
      if (times === 0) users.delete(node.id);
      else users.set(node.id, times);
      if (users.size === 0) this.#users.delete(name);
      else this.#users.set(name, users);
    }
    for (const name of node.outputs) {
      if (name === '') continue;
      if (by === 1) this.#makers.set(name, node.id);
      else if (this.#makers.get(name) === node.id) this.#makers.delete(name);
    }
  }
}

/** `wish`, or `wish_1`, `wish_2` ...: the first that is not taken. */
function freeName(wish: string, isTaken: (name: string) => boolean): string {
  let name = wish;
  for (let i = 1; isTaken(name); i++) name = `${wish}_${i}`;
  return name;
}
