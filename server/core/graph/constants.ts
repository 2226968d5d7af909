import { intsAttribute, isStandard, type Node } from './graph.ts';
import type { Wiring } from './layer.ts';
import { elementCount, elementSize, type Tensor, type TensorData } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';

/**
 * The constant that a value is: a tensor of the graph, also seen through Identity, Transpose,
 * Reshape, Squeeze, Unsqueeze and Flatten. It has the name of the value; nothing is read or moved
 * until its elements are asked for. Undefined where the value is made at run time.
 */
export function constantOf(wiring: Wiring, value: string): Tensor | undefined {
  const direct = wiring.tensor(value);
  if (direct) return direct;
  const maker = wiring.maker(value);
  if (!maker || !isStandard(maker) || maker.outputs[0] !== value) return undefined;
  if (!isRearrangement(maker.op)) return undefined;
  const source = constantOf(wiring, maker.inputs[0] ?? '');
  if (!source) return undefined;
  if (maker.op === 'Transpose') return transposed(source, intsAttribute(maker, 'perm'), value);
  const dims = rearrangedDims(maker, source.dims, wiring);
  return dims && elementCount(dims) === elementCount(source.dims)
    ? { ...source, name: value, dims }
    : undefined;
}

/** The same wiring, with the constants of `constantOf` among its tensors. */
export const resolvingConstants = (wiring: Wiring): Wiring => ({
  tensor: (name) => constantOf(wiring, name),
  maker: (value) => wiring.maker(value),
  users: (value) => wiring.users(value),
  useCount: (value) => wiring.useCount(value),
  isGraphOutput: (value) => wiring.isGraphOutput(value),
});

/** The whole numbers of a constant such as a shape; undefined where it is none. */
export function constantInts(wiring: Wiring, value: string): number[] | undefined {
  const found = value === '' ? undefined : constantOf(wiring, value);
  return found && (found.type === 'int64' || found.type === 'int32')
    ? readNumbers(found)
    : undefined;
}

/** Inserts axes of size 1; negative axes count from the end of the result. */
export function unsqueezed<T>(dims: readonly T[], axes: readonly number[], one: T): T[] {
  const rank = dims.length + axes.length;
  const at = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...dims];
  return Array.from({ length: rank }, (_, axis) => (at.has(axis) ? one : (rest.shift() as T)));
}

/**
 * Dimensions after Reshape: 0 copies (unless `allowZero`), -1 takes what is left; undefined where
 * the left-over size cannot be told.
 */
function reshapedDims(
  dims: readonly number[],
  target: readonly number[],
  allowZero: boolean,
): number[] | undefined {
  const out = target.map((size, axis) => (size === 0 && !allowZero ? (dims[axis] ?? 0) : size));
  const open = out.indexOf(-1);
  if (open < 0) return out;
  const rest = elementCount(out.filter((_, axis) => axis !== open));
  if (rest === 0 || elementCount(dims) % rest !== 0) return undefined;
  out[open] = elementCount(dims) / rest;
  return out;
}

const isRearrangement = (op: string): boolean =>
  ['Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'].includes(op);

function rearrangedDims(
  node: Node,
  dims: readonly number[],
  wiring: Wiring,
): readonly number[] | undefined {
  const listed = intsAttribute(node, 'axes') ?? constantInts(wiring, node.inputs[1] ?? '');
  switch (node.op) {
    case 'Identity':
      return dims;
    case 'Reshape': {
      const target = constantInts(wiring, node.inputs[1] ?? '');
      const allowZero = node.attributes.get('allowzero');
      const isAllowed = allowZero?.kind === 'int' && allowZero.value === 1;
      return target && reshapedDims(dims, target, isAllowed);
    }
    case 'Unsqueeze':
      return listed && unsqueezed(dims, listed, 1);
    case 'Squeeze': {
      if (!listed) return dims.filter((size) => size !== 1);
      const gone = new Set(listed.map((axis) => (axis < 0 ? axis + dims.length : axis)));
      return dims.filter((_, axis) => !gone.has(axis));
    }
    case 'Flatten': {
      const found = node.attributes.get('axis');
      const given = found?.kind === 'int' ? found.value : 1;
      const axis = given < 0 ? given + dims.length : given;
      return [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis))];
    }
    default:
      return undefined;
  }
}

function transposed(
  source: Tensor,
  given: readonly number[] | undefined,
  name: string,
): Tensor | undefined {
  const size = elementSize(source.type);
  if (size === 0) return undefined;
  const perm = given ?? source.dims.map((_, axis) => source.dims.length - 1 - axis);
  if (perm.length !== source.dims.length) return undefined;
  const dims = perm.map((axis) => source.dims[axis] ?? 0);
  const data = new TransposedData(source, perm, size);
  return { name, type: source.type, dims, data };
}

/** The elements of a tensor in the order of its axes permuted; moved when first read. */
class TransposedData implements TensorData {
  #bytes: Uint8Array | undefined;

  constructor(
    private readonly source: Tensor,
    private readonly perm: readonly number[],
    private readonly size: number,
  ) {}

  get sizeBytes(): number {
    return this.source.data.sizeBytes;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    this.#bytes ??= this.#move();
    return this.#bytes.subarray(start, end);
  }

  #move(): Uint8Array {
    const from = this.source.data.read();
    const out = new Uint8Array(from.length);
    const { dims } = this.source;
    const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
    const sizes = this.perm.map((axis) => dims[axis] ?? 0);
    const steps = this.perm.map((axis) => strides[axis] ?? 0);
    const counter = sizes.map(() => 0);
    let source = 0;
    for (let at = 0; at < out.length; at += this.size) {
      const begin = source * this.size;
      for (let b = 0; b < this.size; b++) out[at + b] = from[begin + b] as number;
      for (let axis = sizes.length - 1; axis >= 0; axis--) {
        source += steps[axis] as number;
        counter[axis] = (counter[axis] as number) + 1;
        if ((counter[axis] as number) < (sizes[axis] as number)) break;
        source -= (steps[axis] as number) * (sizes[axis] as number);
        counter[axis] = 0;
      }
    }
    return out;
  }
}
