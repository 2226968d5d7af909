import type { Graph, Node } from '../../../core/graph/graph.ts';
import type { Tensor } from '../../../core/graph/tensor.ts';
import type { Base } from './changesOf.ts';

/** Who makes a value, seen past nodes that were taken out or put in: the same before and after. */
export class Roots {
  readonly #makersBefore: ReadonlyMap<string, Node>;
  readonly #makersAfter: ReadonlyMap<string, Node>;
  readonly #left: ReadonlySet<number>;

  constructor(
    private readonly base: Base,
    private readonly graph: Graph,
  ) {
    this.#makersBefore = makersOf(base.graph);
    this.#makersAfter = makersOf(graph);
    this.#left = new Set(graph.nodes.map(({ id }) => id));
  }

  /** As the model was: nodes that are gone give what goes into them. */
  before(value: string): string {
    let at = value;
    for (;;) {
      const maker = this.#makersBefore.get(at);
      if (!maker) return at;
      if (this.#left.has(maker.id)) return rootOf(maker, at);
      at = maker.inputs[0] ?? '';
    }
  }

  /** As the graph is now: the Add of a new bias gives what goes into it. */
  after(value: string): string {
    const maker = this.#makersAfter.get(value);
    if (!maker) return value;
    const bias = this.biasOf(maker);
    return bias ? this.after(bias.product) : rootOf(maker, value);
  }

  /** The layer whose bias a new Add carries: one that multiplies by a matrix and had none. */
  biasOf(node: Node): { key: string; tensor: Tensor; product: string } | undefined {
    if (node.op !== 'Add' || this.base.origins.has(node.id)) return undefined;
    for (const [i, value] of node.inputs.entries()) {
      const tensor = this.graph.tensors.get(node.inputs[1 - i] ?? '');
      const maker = this.#makersAfter.get(value);
      const origin = maker && this.base.origins.get(maker.id);
      if (tensor && maker?.op === 'MatMul' && origin?.role === 'main') {
        return { key: origin.layer, tensor, product: value };
      }
    }
    return undefined;
  }
}

const rootOf = (maker: Node, value: string): string =>
  `#${maker.id}:${maker.outputs.indexOf(value)}`;

function makersOf(graph: Graph): Map<string, Node> {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const value of node.outputs) makers.set(value, node);
  return makers;
}
