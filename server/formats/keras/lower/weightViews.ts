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
      bytes = permute(
        castBytes(this.#weight, this.type),
        elementSize(this.type),
        this.view.dims,
        this.view.perm,
      );
      this.#made = new WeakRef(bytes);
    }
    return bytes.subarray(start, end);
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

/** Transposes packed elements. The result is a new array, unless nothing moves. */
export function permute(
  bytes: Uint8Array,
  size: number,
  dims: readonly number[],
  perm: readonly number[],
): Uint8Array {
  if (perm.every((axis, i) => axis === i)) return bytes;
  const count = elementCount(dims);
  const own = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const [source, target] = [
    typed(own, size, count),
    typed(new Uint8Array(count * size), size, count),
  ];
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const sizes = perm.map((axis) => dims[axis] ?? 1);
  const steps = perm.map((axis) => strides[axis] ?? 1);
  const innerSize = sizes.at(-1) ?? 1;
  const innerStep = steps.at(-1) ?? 1;
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < count;) {
    for (let i = 0, at = from; i < innerSize; i++, at += innerStep)
      target[to++] = source[at] as number;
    for (let axis = sizes.length - 2; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += steps[axis] as number;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      from -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
    if (innerSize === 0) break;
  }
  return new Uint8Array(target.buffer);
}

type Elements = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function typed(bytes: Uint8Array, size: number, count: number): Elements {
  const { buffer, byteOffset } = bytes;
  if (size === 1) return new Uint8Array(buffer, byteOffset, count);
  if (size === 2) return new Uint16Array(buffer, byteOffset, count);
  if (size === 4) return new Uint32Array(buffer, byteOffset, count);
  return new Float64Array(buffer, byteOffset, count);
}
