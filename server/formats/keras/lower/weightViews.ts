import {
  elementCount,
  elementSize,
  type ElementType,
  type TensorData,
} from '../../../core/graph/tensor.ts';
import { floatTensor, readFloats } from '../../../core/graph/tensorValues.ts';
import type { KerasWeight } from '../source.ts';

/** How the graph's tensor lies in the weight of the file: `dims` permuted, then `shape`. */
export interface View {
  /** The weight's axes taken as these sizes (Keras: kh, kw, C, M), before they are permuted. */
  readonly dims: readonly number[];
  readonly perm: readonly number[];
  /** What the permuted axes are called in the graph; same count of elements. */
  readonly shape: readonly number[];
}

/** The weight as it is. */
export const asIs = (dims: readonly number[]): View => ({
  dims,
  perm: dims.map((_, axis) => axis),
  shape: dims,
});

/** The graph's elements of a weight: float32, in the graph's order; made when first read. */
export class ViewData implements TensorData {
  readonly sizeBytes: number;
  #made: WeakRef<Uint8Array> | undefined;

  #weight: KerasWeight;

  constructor(
    weight: KerasWeight,
    private readonly view: View,
    private readonly type: ElementType,
  ) {
    this.#weight = weight;
    this.sizeBytes = elementCount(view.shape) * elementSize(type);
  }

  /** As the file calls the weight. */
  get name(): string {
    return this.#weight.name;
  }

  /** The same elements have come to lie elsewhere: the file was written anew. */
  moveTo(weight: KerasWeight): void {
    this.#weight = weight;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    let bytes = this.#made?.deref();
    if (!bytes) {
      bytes = this.#make();
      this.#made = new WeakRef(bytes);
    }
    return bytes.subarray(start, end);
  }

  #make(): Uint8Array {
    const { dims, perm } = this.view;
    const size = elementSize(this.type);
    const { data, type } = this.#weight;
    // Where elements move, they need not be copied before.
    if (type === this.type && data.lend && !isStill(perm)) {
      return data.lend((bytes) => permute(bytes, size, dims, perm));
    }
    return permute(castBytes(this.#weight, this.type), size, dims, perm);
  }
}

/** The elements of a weight in another float type. */
function castBytes(weight: KerasWeight, type: ElementType): Uint8Array {
  if (weight.type === type) return weight.data.read();
  const values = readFloats({ ...weight, name: weight.name });
  return floatTensor(weight.name, weight.dims, values, type).data.read();
}

/** Elements of the graph's order back in that of the file, in the file's float type. */
export function unview(
  bytes: Uint8Array,
  type: ElementType,
  view: View,
  fileType: ElementType,
): Uint8Array {
  const permuted = view.perm.map((axis) => view.dims[axis] ?? 1);
  const inverse = view.perm.map((_, axis) => view.perm.indexOf(axis));
  const back = permute(bytes, elementSize(type), permuted, inverse);
  if (type === fileType) return back;
  const tensor = {
    name: '',
    type,
    dims: view.dims,
    data: { sizeBytes: back.length, read: () => back },
  };
  return floatTensor('', view.dims, readFloats(tensor), fileType).data.read();
}

/** True where every axis stays where it is. */
const isStill = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/** Transposes packed elements. The result is a new array, unless nothing moves. */
export function permute(
  bytes: Uint8Array,
  size: number,
  dims: readonly number[],
  perm: readonly number[],
): Uint8Array {
  if (isStill(perm)) return bytes;
  const count = elementCount(dims);
  const target = typed(new Uint8Array(count * size), size, count);
  if (count === 0) return new Uint8Array(target.buffer);
  const own = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const source = typed(own, size, count);
  const axes = movedAxes(dims, perm);
  const last = axes.find(({ to }) => to === 1) ?? single;
  const fast = axes.find(({ from }) => from === 1) ?? single;
  const others = axes.filter((axis) => axis !== last && axis !== fast);
  for (const { from, to } of positions(others)) {
    const move = { source, target, from, to };
    if (fast === last) moveTiles(move, single, last);
    else moveTiles(move, last, fast);
  }
  return new Uint8Array(target.buffer);
}

/** An axis, and how far apart its elements lie in what is read and in what is written. */
interface MovedAxis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

const single: MovedAxis = { size: 1, from: 0, to: 0 };

/** Axes in the order of the result; those that stay beside each other as one. */
function movedAxes(dims: readonly number[], perm: readonly number[]): MovedAxis[] {
  const axes: MovedAxis[] = [];
  let to = 1;
  for (const axis of perm.toReversed()) {
    const size = dims[axis] ?? 1;
    const from = elementCount(dims.slice(axis + 1));
    const behind = axes[0];
    if (size === 1) continue;
    if (behind && from === behind.from * behind.size) {
      axes[0] = { ...behind, size: size * behind.size };
    } else axes.unshift({ size, from, to });
    to *= size;
  }
  return axes;
}

function* positions(axes: readonly MovedAxis[]): Generator<{ from: number; to: number }> {
  const [first, ...rest] = axes;
  if (!first) {
    yield { from: 0, to: 0 };
    return;
  }
  for (const { from, to } of positions(rest)) {
    for (let i = 0; i < first.size; i++)
      yield { from: from + i * first.from, to: to + i * first.to };
  }
}

/** So many elements of both axes fit the first cache, even where their lines share its sets. */
const TILE = 32;

interface Move {
  readonly source: Elements;
  readonly target: Elements;
  readonly from: number;
  readonly to: number;
}

/** Moves the elements of two axes in tiles; those of the second lie side by side where they are read. */
function moveTiles({ source, target, from, to }: Move, slow: MovedAxis, fast: MovedAxis): void {
  for (let i0 = 0; i0 < slow.size; i0 += TILE) {
    const iEnd = Math.min(slow.size, i0 + TILE);
    for (let j0 = 0; j0 < fast.size; j0 += TILE) {
      const jEnd = Math.min(fast.size, j0 + TILE);
      for (let i = i0; i < iEnd; i++) {
        let at = from + i * slow.from + j0 * fast.from;
        let put = to + i * slow.to + j0 * fast.to;
        for (let j = j0; j < jEnd; j++, at += fast.from, put += fast.to) {
          target[put] = source[at] as number;
        }
      }
    }
  }
}

type Elements = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function typed(bytes: Uint8Array, size: number, count: number): Elements {
  const { buffer, byteOffset } = bytes;
  if (size === 1) return new Uint8Array(buffer, byteOffset, count);
  if (size === 2) return new Uint16Array(buffer, byteOffset, count);
  if (size === 4) return new Uint32Array(buffer, byteOffset, count);
  return new Float64Array(buffer, byteOffset, count);
}
