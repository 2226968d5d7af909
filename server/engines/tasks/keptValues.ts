import { rmSync } from 'node:fs';
import { EngineFault, type EngineTensor } from '../engine.ts';
import { KeptFile } from './keptFile.ts';

/** Values that tasks keep for later ones, by name and sample. */
interface Kept {
  readonly samples: Map<number, Place>;
  file: KeptFile | undefined;
}

/** Where the elements of one sample are. */
type Place =
  | { readonly tensor: EngineTensor }
  | {
      readonly head: Pick<EngineTensor, 'type' | 'dims'>;
      readonly kind: ArrayKind;
      readonly offset: number;
      readonly sizeBytes: number;
    };

/** Values kept in memory up to a limit, and in files of a folder above it. */
export class KeptValues {
  readonly #kept = new Map<string, Kept>();
  #memoryBytes = 0;
  /** Memory of values that were dropped, for the next ones: fresh memory costs more than copying. */
  readonly #spare: ArrayBuffer[] = [];
  #spareBytes = 0;

  /** `folder` is made when the first value is spilled to it. */
  constructor(
    private readonly folder: string,
    private limitBytes: number,
  ) {}

  /** Counts for values that are kept from now on. */
  set memoryLimitBytes(bytes: number) {
    this.limitBytes = bytes;
  }

  has(name: string): boolean {
    return this.#kept.has(name);
  }

  /** A name that holds nothing yet. */
  begin(name: string): void {
    this.forget([name]);
    this.#kept.set(name, { samples: new Map(), file: undefined });
  }

  /** Keeps copies of all values of a sample, or none: EngineFault where the disk is full. */
  keep(index: number, values: ReadonlyMap<string, EngineTensor>): void {
    const done: string[] = [];
    try {
      for (const [name, tensor] of values) {
        this.#drop(name, index);
        this.#entry(name).samples.set(index, this.#place(name, tensor));
        done.push(name);
      }
    } catch (thrown) {
      for (const name of done) this.#drop(name, index);
      throw thrown;
    }
  }

  /** The value of a sample; EngineFault where it was not kept. Do not write to its elements. */
  get(name: string, index: number): EngineTensor {
    const kept = this.#kept.get(name);
    if (!kept) {
      const text = 'The engine ended between two steps, and with it went what the first one kept.';
      throw new EngineFault('died', text, name);
    }
    const place = kept.samples.get(index);
    if (!place) {
      const text = `Nothing was kept as "${name}" for this sample: the model failed on it before. It is left out.`;
      throw new EngineFault('cannot-run', text, name);
    }
    if ('tensor' in place) return place.tensor;
    const bytes = this.#file(name).read(place.offset, place.sizeBytes);
    return { ...place.head, values: new arrays[place.kind](bytes) };
  }

  /** Forgets one sample of the names. */
  drop(index: number, names: readonly string[]): void {
    for (const name of names) this.#drop(name, index);
  }

  /** Drops the names, or everything, and removes their files. */
  forget(names: readonly string[] = [...this.#kept.keys()]): void {
    for (const name of names) {
      const kept = this.#kept.get(name);
      for (const index of [...(kept?.samples.keys() ?? [])]) this.#drop(name, index);
      kept?.file?.remove();
      this.#kept.delete(name);
    }
    if (this.#kept.size === 0) this.#freeSpare(0);
  }

  /** Removes the folder: nothing is kept after this. */
  dispose(): void {
    this.forget();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #entry(name: string): Kept {
    const kept = this.#kept.get(name);
    if (!kept) throw new Error(`nothing is to be kept as ${name}`);
    return kept;
  }

  #file(name: string): KeptFile {
    return (this.#entry(name).file ??= new KeptFile(this.folder));
  }

  #drop(name: string, index: number): void {
    const samples = this.#kept.get(name)?.samples;
    const place = samples?.get(index);
    samples?.delete(index);
    if (!place || !('tensor' in place)) return;
    const { buffer } = place.tensor.values;
    this.#memoryBytes -= buffer.byteLength;
    this.#spare.push(buffer as ArrayBuffer);
    this.#spareBytes += buffer.byteLength;
  }

  /** Memory for so many bytes, of which little stays unused; undefined above the limit. */
  #memoryFor(sizeBytes: number): ArrayBuffer | undefined {
    const at = this.#spare.findLastIndex(
      ({ byteLength }) => byteLength >= sizeBytes && byteLength <= 2 * sizeBytes,
    );
    const [spare] = at < 0 ? [] : this.#spare.splice(at, 1);
    if (spare) {
      this.#spareBytes -= spare.byteLength;
      return spare;
    }
    if (this.#memoryBytes + sizeBytes > this.limitBytes) return undefined;
    this.#freeSpare(this.limitBytes - this.#memoryBytes - sizeBytes);
    return new ArrayBuffer(sizeBytes);
  }

  /** Lets go of memory that is not used, until no more than this is left of it. */
  #freeSpare(leastBytes: number): void {
    while (this.#spareBytes > leastBytes) {
      this.#spareBytes -= this.#spare.shift()?.byteLength ?? 0;
    }
  }

  #place(name: string, tensor: EngineTensor): Place {
    const { type, dims, values } = tensor;
    const sizeBytes = values.byteLength;
    const memory = this.#memoryFor(sizeBytes);
    if (memory) {
      this.#memoryBytes += memory.byteLength;
      const copy = new arrays[kindOf(values)](memory, 0, values.length);
      copy.set(values as never);
      return { tensor: { type, dims, values: copy } };
    }
    const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, sizeBytes);
    const offset = this.#file(name).append(bytes);
    return { head: { type, dims }, kind: kindOf(values), offset, sizeBytes };
  }
}

const arrays = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
} as const;

type ArrayKind = keyof typeof arrays;

function kindOf(values: EngineTensor['values']): ArrayKind {
  for (const [kind, Made] of Object.entries(arrays)) {
    if (values instanceof Made) return kind as ArrayKind;
  }
  throw new Error('elements of an unknown kind');
}
