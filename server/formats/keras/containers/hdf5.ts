import type * as library from 'h5wasm/node';
import type { File, Group, Dataset, Entity } from 'h5wasm/node';
import { elementSize, type ElementType, type TensorData } from '../../../core/graph/tensor.ts';
import { refuse } from '../../badFile.ts';
import type { LentData } from '../source.ts';

type Library = typeof library;
type Wasm = Awaited<Library['ready']>;
interface Hdf5 {
  readonly library: Library;
  readonly wasm: Wasm;
}

let loaded: Promise<Hdf5> | undefined;

/** The HDF5 library; it starts (100 ms) when the first file is opened. */
export function loadHdf5(): Promise<Hdf5> {
  loaded ??= import('h5wasm/node').then(async (library) => {
    const wasm = await library.ready;
    wasm.activate_throwing_error_handler();
    return { library, wasm };
  });
  return loaded;
}

/** An HDF5 file that is open: groups, attributes, and datasets as bytes. */
export class Hdf5File {
  #isClosed = false;

  private constructor(
    readonly path: string,
    /** As the user knows the file: the `.keras` that it came from. */
    readonly shown: string,
    readonly file: File,
    readonly wasm: Wasm,
  ) {}

  /** Opens a file that exists; refuses what is not HDF5 or is cut short. */
  static async open(path: string, mode: 'r' | 'a' | 'w', shown = path): Promise<Hdf5File> {
    const { library, wasm } = await loadHdf5();
    let file: File | undefined;
    try {
      file = new library.File(path, mode);
    } catch {
      file = undefined;
    }
    if (!file || file.file_id < 0n) {
      refuse({
        code: 'not-hdf5',
        message: `${shown} is not an HDF5 file, or it is cut short or damaged.`,
        where: shown,
        remedy: 'Fetch or save the file again.',
      });
    }
    return new Hdf5File(path, shown, file, wasm);
  }

  /** May be called again: the library does not take that. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.file.file_id >= 0n) this.file.close();
  }

  /** The group at a path; undefined where there is none. */
  group(path: string): Group | undefined {
    const found = path === '' || path === '/' ? this.file : this.#entity(path);
    return found && 'keys' in found && typeof found.keys === 'function' ? found : undefined;
  }

  /** The dataset at a path; refuses a link that leaves the file. */
  dataset(path: string): Dataset | undefined {
    const found = this.#entity(path);
    if (found && 'filename' in found && 'obj_path' in found) {
      refuse({
        code: 'external-link',
        message: `${this.shown}: "${path}" is a link to another file, which is not followed.`,
        where: path,
        remedy: 'Save the model again, with its weights in the file itself.',
      });
    }
    return found && 'metadata' in found && 'shape' in found ? found : undefined;
  }

  #entity(path: string): Entity | undefined {
    try {
      return this.file.get(path) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** An attribute that is a text; undefined where there is none. */
  text(group: Group, name: string): string | undefined {
    const value = this.#attribute(group, name);
    if (typeof value === 'string') return value;
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    return undefined;
  }

  /**
   * An attribute that is a list of texts. Keras cuts long ones into `name0`, `name1`, ... (an
   * attribute holds 64 KB).
   */
  texts(group: Group, name: string): string[] | undefined {
    const list = toTexts(this.#attribute(group, name));
    if (list) return list;
    const parts: string[] = [];
    for (let i = 0; ; i++) {
      const part = toTexts(this.#attribute(group, `${name}${i}`));
      if (!part) return i === 0 ? undefined : parts;
      parts.push(...part);
    }
  }

  #attribute(group: Group, name: string): unknown {
    try {
      return group.attrs[name]?.value;
    } catch {
      return undefined;
    }
  }

  /** A dataset as a tensor: its type, its sizes, its bytes when asked. */
  tensor(path: string): { type: ElementType; dims: readonly number[]; data: TensorData } {
    const dataset = this.dataset(path);
    if (!dataset) {
      return refuse({
        code: 'weight-missing',
        message: `${this.shown}: the weight "${path}" is not there.`,
        where: path,
        remedy: 'The file is damaged or incomplete: save it again with Keras.',
      });
    }
    const type = typeOf(dataset);
    const dims = dataset.shape;
    if (!type || !dims) {
      return refuse({
        code: 'bad-weight',
        message: `${this.shown}: "${path}" does not hold numbers (${kindOf(dataset)}).`,
        where: path,
        remedy: 'Save the model again with Keras.',
      });
    }
    return { type, dims, data: new Hdf5Data(this, path, type, dims) };
  }

  /** The elements of a dataset as they are stored, little-endian. */
  read(path: string): Uint8Array {
    return this.lend(path, (bytes) => bytes.slice());
  }

  /** What `use` makes of the elements of a dataset, which it may look at, not keep. */
  lend<T>(path: string, use: (bytes: Uint8Array) => T): T {
    const dataset = this.dataset(path);
    if (!dataset) throw new Error(`${path} is not in ${this.path} any more`);
    const { metadata } = dataset;
    const count = (dataset.shape ?? []).reduce((a, b) => a * b, 1);
    const size = count * metadata.size;
    if (size === 0) return use(new Uint8Array(0));
    const { wasm } = this;
    const pointer = wasm._malloc(size);
    try {
      this.#fill(dataset, path, pointer);
      const bytes = wasm.HEAPU8.subarray(pointer, pointer + size);
      return use(metadata.littleEndian ? bytes : swapped(bytes, metadata.size));
    } finally {
      wasm._free(pointer);
    }
  }

  #fill(dataset: Dataset, path: string, pointer: number): void {
    try {
      const { file_id: file, path: own } = dataset;
      this.wasm.get_dataset_data(file, own, null, null, null, BigInt(pointer));
    } catch {
      refuse({
        code: 'truncated',
        message: `${this.shown}: the weight "${path}" cannot be read; the file is damaged or cut short.`,
        where: path,
        remedy: 'Fetch or save the file again.',
      });
    }
  }

  /** Overwrites the elements of a dataset, whose type and sizes stay. */
  overwrite(path: string, bytes: Uint8Array): void {
    const dataset = this.dataset(path);
    const shape = dataset?.shape;
    if (!dataset || !shape) throw new Error(`${path} is not in ${this.path}`);
    const own = dataset.metadata.littleEndian ? bytes : swapped(bytes, dataset.metadata.size);
    const { wasm } = this;
    const pointer = wasm._malloc(own.length);
    try {
      wasm.HEAPU8.set(own, pointer);
      const [sizes, zeros, ones] = [shape.map(BigInt), shape.map(() => 0n), shape.map(() => 1n)];
      wasm.set_dataset_data(dataset.file_id, dataset.path, sizes, zeros, ones, BigInt(pointer));
    } finally {
      wasm._free(pointer);
    }
  }
}

class Hdf5Data implements LentData {
  readonly sizeBytes: number;
  constructor(
    private readonly file: Hdf5File,
    private readonly path: string,
    type: ElementType,
    dims: readonly number[],
  ) {
    this.sizeBytes = dims.reduce((a, b) => a * b, elementSize(type));
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    return this.file.read(this.path).subarray(start, end);
  }

  lend<T>(use: (bytes: Uint8Array) => T): T {
    return this.file.lend(this.path, use);
  }
}

function typeOf({ metadata }: Dataset): ElementType | undefined {
  const { type, size, signed } = metadata;
  if (type === 1)
    return size === 2 ? 'float16' : size === 4 ? 'float32' : size === 8 ? 'float64' : undefined;
  if (type === 0) {
    const names: Record<number, ElementType> = signed
      ? { 1: 'int8', 2: 'int16', 4: 'int32', 8: 'int64' }
      : { 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' };
    return names[size];
  }
  return undefined;
}

const kindOf = ({ metadata: { type } }: Dataset): string =>
  type === 3 || type === 9
    ? 'text'
    : type === 6
      ? 'a compound'
      : type === 8
        ? 'an enumeration'
        : `HDF5 class ${type}`;

function toTexts(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  if (ArrayBuffer.isView(value) && 'length' in value && value.length === 0) return [];
  if (!Array.isArray(value)) return undefined;
  return value.every((one) => typeof one === 'string') ? value : undefined;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < out.length; i += size) out.subarray(i, i + size).reverse();
  return out;
}
