import { GraphDraft } from '../graph/draft.ts';
import type { Attribute, Graph, Node, NodeId } from '../graph/graph.ts';
import { integerTensor } from '../graph/integerTensor.ts';
import { raiseOpset } from '../graph/raiseOpset.ts';
import type { ElementType, Tensor } from '../graph/tensor.ts';
import { floatTensor, readFloats } from '../graph/tensorValues.ts';
import { levelsAlong } from '../kernels/levelsAlong.ts';
import { storedGrid, type StoredGrid } from './storedGrid.ts';
import type { EncodingSet, TensorEncoding } from './tensorEncoding.ts';

/** A graph whose roundings are QuantizeLinear and DequantizeLinear, as runtimes read them. */
export interface QdqGraph {
  readonly graph: Graph;
  /** For each rounded value, the value behind DequantizeLinear. Outputs keep their names. */
  readonly rounded: ReadonlyMap<string, string>;
  /** What could not be done as asked, in sentences. */
  readonly notes: readonly string[];
}

export interface QdqOptions {
  /** Types of values where the graph does not state them; default: float32. */
  readonly types?: (value: string) => ElementType | undefined;
  /** Ranks of values where the graph does not state them, for raising the operator set. */
  readonly ranks?: (value: string) => number | undefined;
}

const contrib = 'com.microsoft';

/**
 * Stores constants as integers behind a DequantizeLinear that has the constant's name, and puts
 * QuantizeLinear and DequantizeLinear behind values, with exactly the scales and zero points of the
 * encodings. Where a grid has fewer levels than its type a Clip comes first. The operator set is
 * raised to what the types need; where an operator stands against it, ONNX Runtime's own
 * QuantizeLinear (com.microsoft) takes its place, and `notes` says so.
 */
export function qdqGraph(graph: Graph, encodings: EncodingSet, options: QdqOptions = {}): QdqGraph {
  const notes: string[] = [];
  const needed = neededOpset(encodings);
  const raised = raiseOpset(graph, needed, options.ranks);
  const isRaised = raised.refused.length === 0;
  if (!isRaised) {
    notes.push(
      `The operator set stays at ${graph.opsets.get('') ?? 1}: ${raised.refused.join(', ')} cannot be converted to ${needed}. QuantizeLinear and DequantizeLinear are those of ONNX Runtime (com.microsoft), which other runtimes may not know.`,
    );
  }
  const start = isRaised ? raised.graph : graph;
  const maker = new QdqMaker(start, isRaised ? '' : contrib, options, notes);
  for (const encoding of encodings.values()) {
    if (encoding.kind !== 'activation') maker.storeConstant(encoding);
  }
  for (const encoding of encodings.values()) {
    if (encoding.kind === 'activation') maker.roundValue(encoding);
  }
  return { graph: maker.close(), rounded: maker.rounded, notes };
}

/** 10 has the operators, 13 scales per axis, 21 the types of 4 and 16 bits. */
function neededOpset(encodings: EncodingSet): number {
  let needed = 10;
  for (const { kind, axis, grids } of encodings.values()) {
    const hasNewType =
      (grids.bits <= 4 && kind !== 'activation') || (grids.bits > 8 && grids.bits <= 16);
    needed = Math.max(needed, hasNewType ? 21 : axis === undefined ? 10 : 13);
  }
  return needed;
}

class QdqMaker {
  readonly rounded = new Map<string, string>();
  readonly #draft: GraphDraft;
  readonly #first: NodeId | undefined;

  constructor(
    private readonly graph: Graph,
    private readonly domain: string,
    private readonly options: QdqOptions,
    private readonly notes: string[],
  ) {
    this.#draft = new GraphDraft(graph);
    this.#first = graph.nodes[0]?.id;
  }

  close(): Graph {
    const closed = this.#draft.close();
    const opsets = new Map(closed.opsets);
    if (this.domain !== '') opsets.set(this.domain, opsets.get(this.domain) ?? 1);
    return { ...closed, opsets, statistics: new Map() };
  }

  storeConstant(encoding: TensorEncoding): void {
    const { tensor: name, axis, grids } = encoding;
    const tensor = this.#draft.tensor(name);
    if (!tensor) return;
    const stored = storedGrid(encoding, true);
    if (!stored) {
      this.notes.push(`${name} stays in float: no integer type of ONNX holds its grid.`);
      return;
    }
    const { type, zeroPoints } = stored;
    const levels = levelsAlong(readFloats(tensor), tensor.dims, axis, grids, zeroPoints);
    const draft = this.#draft;
    const integers = draft.freshName(`${name}_quantized`);
    draft.setTensor(name, undefined);
    draft.setTensor(integers, integerTensor(integers, tensor.dims, levels, type));
    const isWide = tensor.type !== 'float32';
    const output = isWide ? draft.freshName(`${name}_dequantized`) : name;
    const made = this.#insert(
      'DequantizeLinear',
      [integers, ...this.#gridTensors(name, encoding, stored)],
      output,
      this.#axisOf(encoding),
      this.#first,
    );
    if (isWide) this.#cast(made.outputs[0] ?? '', name, tensor.type, this.#first);
  }

  roundValue(encoding: TensorEncoding): void {
    const draft = this.#draft;
    const { tensor: value } = encoding;
    const maker = draft.maker(value);
    const input = this.graph.inputs.find(({ name }) => name === value);
    if (!maker && !input) return;
    const stored = storedGrid(encoding, false);
    if (!stored) {
      this.notes.push(`${value} stays in float: no integer type of ONNX holds its grid.`);
      return;
    }
    const users = draft.users(value);
    const isOutput = draft.isGraphOutput(value) && maker !== undefined;
    const next = maker ? draft.nextOf(maker.id) : this.#first;
    const raw = isOutput ? draft.freshName(`${value}_unquantized`) : value;
    const end = isOutput ? value : draft.freshName(`${value}_DequantizeLinear_Output`);
    if (isOutput) {
      const outputs = maker.outputs.map((name) => (name === value ? raw : name));
      draft.setNode({ ...maker, outputs });
    }
    this.#chain(encoding, stored, { raw, end, next });
    this.rounded.set(value, end);
    if (isOutput) return;
    for (const user of users) {
      const inputs = user.inputs.map((name) => (name === value ? end : name));
      draft.setNode({ ...user, inputs });
    }
  }

  /** [Cast ->] [Clip ->] QuantizeLinear -> DequantizeLinear [-> Cast], from `raw` to `end`. */
  #chain(
    encoding: TensorEncoding,
    stored: StoredGrid,
    { raw, end, next }: { raw: string; end: string; next: NodeId | undefined },
  ): void {
    const draft = this.#draft;
    const { tensor: value, grids } = encoding;
    const type = this.#typeOf(value);
    const isWide = type !== 'float32';
    let at = raw;
    if (isWide) {
      const cast = draft.freshName(`${value}_float32`);
      this.#cast(at, cast, 'float32', next);
      at = cast;
    }
    if (stored.isNarrower) {
      const scale = grids.scale[0] ?? 1;
      const ends = [(grids.lowest[0] ?? 0) * scale, (grids.highest[0] ?? 0) * scale];
      at = this.#clip(at, value, ends, next);
    }
    const grid = this.#gridTensors(value, encoding, stored);
    const integers = draft.freshName(`${value}_QuantizeLinear_Output`);
    this.#insert('QuantizeLinear', [at, ...grid], integers, {}, next);
    const floats = isWide ? draft.freshName(`${value}_dequantized`) : end;
    this.#insert('DequantizeLinear', [integers, ...grid], floats, {}, next);
    if (isWide) this.#cast(floats, end, type, next);
  }

  #clip(at: string, value: string, ends: readonly number[], next: NodeId | undefined): string {
    const out = this.#draft.freshName(`${value}_Clip_Output`);
    const [low = 0, high = 0] = ends;
    if ((this.graph.opsets.get('') ?? 17) < 11) {
      const attributes = { min: float(low), max: float(high) };
      this.#insert('Clip', [at], out, attributes, next, '');
      return out;
    }
    const bounds = [this.#scalar(`${value}_low`, low), this.#scalar(`${value}_high`, high)];
    this.#insert('Clip', [at, ...bounds], out, {}, next, '');
    return out;
  }

  #typeOf(value: string): ElementType {
    const input = this.graph.inputs.find(({ name }) => name === value)?.type;
    const known = this.graph.values.get(value)?.type ?? input ?? this.options.types?.(value);
    const output = this.graph.outputs.find(({ name }) => name === value)?.type;
    const type = known ?? output ?? 'float32';
    return type === 'other' ? 'float32' : type;
  }

  /** Scale and zero point as constants; scalars where there is one of each. */
  #gridTensors(name: string, { axis, grids }: TensorEncoding, stored: StoredGrid): string[] {
    const count = grids.scale.length;
    const dims = axis !== undefined ? [count] : [];
    const scale = this.#draft.freshName(`${name}_scale`);
    this.#add(floatTensor(scale, dims, Float32Array.from(grids.scale)));
    const zero = this.#draft.freshName(`${name}_zero_point`);
    this.#add(integerTensor(zero, dims, stored.zeroPoints, stored.type));
    return [scale, zero];
  }

  #scalar(wish: string, value: number): string {
    const name = this.#draft.freshName(wish);
    this.#add(floatTensor(name, [], Float32Array.of(value)));
    return name;
  }

  #add(tensor: Tensor): void {
    this.#draft.setTensor(tensor.name, tensor);
  }

  #axisOf({ axis }: TensorEncoding): Record<string, Attribute> {
    return axis === undefined ? {} : { axis: int(axis) };
  }

  #cast(from: string, to: string, type: ElementType, next: NodeId | undefined): void {
    const number = { float32: 1, float16: 10, float64: 11, bfloat16: 16 }[type as 'float32'];
    this.#insert('Cast', [from], to, { to: int(number) }, next, '');
  }

  #insert(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>>,
    next: NodeId | undefined,
    domain = this.domain,
  ): Node {
    return this.#draft.insertNode(
      {
        name: `${output}_${op}`,
        op,
        domain,
        inputs,
        outputs: [output],
        attributes: new Map(Object.entries(attributes)),
        captures: [],
      },
      next,
    );
  }
}

const int = (value: number): Attribute => ({ kind: 'int', value });
const float = (value: number): Attribute => ({ kind: 'float', value });
