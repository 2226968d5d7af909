import { GraphDraft } from '../graph/draft.ts';
import type { Attribute, Graph, Node } from '../graph/graph.ts';
import { MemoryData, type ElementType, type Tensor } from '../graph/tensor.ts';
import { floatTensor, readFloats, withFloats } from '../graph/tensorValues.ts';
import { quantizeAlong } from '../kernels/quantizeAlong.ts';
import type { EncodingSet, TensorEncoding } from './tensorEncoding.ts';

/** A graph that computes as the target would, with ordinary operators in float. */
export interface Simulation {
  readonly graph: Graph;
  /** For each rounded value, the value after rounding; the one before keeps its name. */
  readonly rounded: ReadonlyMap<string, string>;
}

export interface SimulateOptions {
  readonly rounding: 'nearest' | 'stochastic';
  readonly seed: number;
  /** Types of values where the graph does not state them; default: float32. */
  readonly types?: (value: string) => ElementType | undefined;
  /** Parts of the encodings that are simulated; default: all. */
  readonly only?: (encoding: TensorEncoding) => boolean;
}

const contrib = 'com.microsoft';

/**
 * Rounds constants where they are, and puts QuantizeLinear and DequantizeLinear behind values
 * (ONNX Runtime's own, which know 16 bits in any opset). Where a grid has fewer levels than its
 * integer type, a Clip comes first. Users of a value read the rounded one; sub-graphs and the
 * graph's outputs keep the value as it was (`rounded` tells the other name).
 */
export function simulateGraph(
  graph: Graph,
  encodings: EncodingSet,
  options: SimulateOptions,
): Simulation {
  const draft = new GraphDraft(graph);
  const rounded = new Map<string, string>();
  const isWanted = options.only ?? (() => true);
  for (const encoding of encodings.values()) {
    if (!isWanted(encoding)) continue;
    if (encoding.kind === 'activation') {
      const name = roundValue(draft, graph, encoding, options);
      if (name !== undefined) rounded.set(encoding.tensor, name);
    } else roundConstant(draft, encoding, options);
  }
  const closed = draft.close();
  if (rounded.size === 0) return { graph: closed, rounded };
  const opsets = new Map(graph.opsets).set(contrib, graph.opsets.get(contrib) ?? 1);
  return { graph: { ...closed, opsets }, rounded };
}

function roundConstant(
  draft: GraphDraft,
  { tensor: name, axis, grids }: TensorEncoding,
  { rounding, seed }: SimulateOptions,
): void {
  const tensor = draft.tensor(name);
  if (!tensor) return;
  const chance = rounding === 'stochastic' ? seed : undefined;
  draft.setTensor(
    name,
    withFloats(tensor, quantizeAlong(readFloats(tensor), tensor.dims, axis, grids, chance)),
  );
}

/** The name of the rounded value; undefined where nothing reads the value, or it is not there. */
function roundValue(
  draft: GraphDraft,
  graph: Graph,
  { tensor: value, grids }: TensorEncoding,
  options: SimulateOptions,
): string | undefined {
  const maker = draft.maker(value);
  const input = graph.inputs.find(({ name }) => name === value);
  if (!maker && !input) return undefined;
  const users = draft.users(value);
  const next = maker ? draft.nextOf(maker.id) : draft.nodes()[0]?.id;
  const type =
    graph.values.get(value)?.type ?? input?.type ?? options.types?.(value) ?? ('float32' as const);
  const grid = {
    scale: grids.scale[0]!,
    lowest: grids.lowest[0]!,
    highest: grids.highest[0]!,
  };
  const chain = new Chain(draft, value, next);
  const isWide = type === 'float64' || type === 'bfloat16';
  if (isWide) chain.add('Cast', [], { to: int(1) });
  const inner = isWide ? 'float32' : type;
  if (options.rounding === 'stochastic') byChance(chain, grid, inner, options.seed, graph);
  else toNearest(chain, grid, inner, graph);
  const out = isWide ? chain.add('Cast', [], { to: int(type === 'float64' ? 11 : 16) }) : chain.at;
  for (const user of users) {
    const inputs = user.inputs.map((name) => (name === value ? out : name));
    draft.setNode({ ...user, inputs });
  }
  return out;
}

interface Grid {
  readonly scale: number;
  readonly lowest: number;
  readonly highest: number;
}

function toNearest(chain: Chain, grid: Grid, type: ElementType, graph: Graph): void {
  const isByte = grid.highest - grid.lowest <= 255;
  const levels = isByte ? 256 : 65536;
  const { scale, lowest, highest } = grid;
  if (highest - lowest + 1 < levels) chain.clip(lowest * scale, highest * scale, type, graph);
  const step = chain.constant('scale', [], [scale], type);
  const zero = chain.integer('zero', -lowest, isByte);
  chain.add('QuantizeLinear', [step, zero], {}, contrib);
  chain.add('DequantizeLinear', [step, zero], {}, contrib);
}

/** floor(x / scale + u), u uniform in [0, 1). */
function byChance(chain: Chain, grid: Grid, type: ElementType, seed: number, graph: Graph): void {
  const step = chain.constant('scale', [], [grid.scale], type);
  const level = chain.add('Div', [step]);
  const chance = chain.add('RandomUniformLike', [], {
    low: { kind: 'float', value: 0 },
    high: { kind: 'float', value: 1 },
    seed: { kind: 'float', value: seed },
  });
  chain.at = level;
  chain.add('Add', [chance]);
  chain.add('Floor', []);
  chain.clip(grid.lowest, grid.highest, type, graph);
  chain.add('Mul', [step]);
}

const int = (value: number): Attribute => ({ kind: 'int', value });

/** Nodes one behind the other, each reading the one before as its first input. */
class Chain {
  at: string;

  constructor(
    private readonly draft: GraphDraft,
    private readonly value: string,
    private readonly next: number | undefined,
  ) {
    this.at = value;
  }

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const output = this.draft.freshName(`${this.value}_${op}`);
    const node: Omit<Node, 'id'> = {
      name: output,
      op,
      domain,
      inputs: [this.at, ...inputs],
      outputs: [output],
      attributes: new Map(Object.entries(attributes)),
      captures: [],
    };
    this.draft.insertNode(node, this.next);
    this.at = output;
    return output;
  }

  clip(low: number, high: number, type: ElementType, graph: Graph): void {
    const opset = graph.opsets.get('') ?? 17;
    if (opset < 11) {
      this.add('Clip', [], {
        min: { kind: 'float', value: low },
        max: { kind: 'float', value: high },
      });
      return;
    }
    this.add('Clip', [
      this.constant('low', [], [low], type),
      this.constant('high', [], [high], type),
    ]);
  }

  constant(
    what: string,
    dims: readonly number[],
    values: readonly number[],
    type: ElementType,
  ): string {
    const name = this.draft.freshName(`${this.value}_${what}`);
    this.draft.setTensor(name, floatTensor(name, dims, Float32Array.from(values), type));
    return name;
  }

  integer(what: string, value: number, isByte: boolean): string {
    const name = this.draft.freshName(`${this.value}_${what}`);
    const bytes = isByte ? Uint8Array.of(value) : new Uint8Array(Uint16Array.of(value).buffer);
    const tensor: Tensor = {
      name,
      type: isByte ? 'uint8' : 'uint16',
      dims: [],
      data: new MemoryData(bytes),
    };
    this.draft.setTensor(name, tensor);
    return name;
  }
}
