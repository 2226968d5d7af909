import type { ElementType, TensorData } from '../../core/graph/tensor.ts';
import type { KerasModel } from './config/model.ts';
import type { Json, JsonObject } from './config/json.ts';

/** Data that may also be looked at where it lies, which saves a copy: as long as `use` runs. */
export interface LentData extends TensorData {
  lend?<T>(use: (bytes: Uint8Array) => T): T;
}

/** A weight as a file holds it, in the axis order of Keras. */
export interface KerasWeight {
  /** As the file calls it. */
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: LentData;
}

/** The weights of a layer by slot (`kernel`, `bias`), in the order of the file. */
export type LayerWeights = ReadonlyMap<string, KerasWeight>;

/** What goes into a file instead of what is there. */
export interface KerasChanges {
  /** The architecture as it shall be; undefined: as it is. */
  readonly architecture: JsonObject | undefined;
  /** That architecture, read; undefined where the file has none. */
  readonly model: KerasModel | undefined;
  /** Weights by layer key and slot: those that change or are new. */
  readonly weights: ReadonlyMap<string, ReadonlyMap<string, NewWeight>>;
  /** Keys of layers that are gone. */
  readonly removed: ReadonlySet<string>;
  /** Entries of the metadata; undefined: taken out. */
  readonly metadata: ReadonlyMap<string, string | undefined>;
}

/** Elements of a weight that change, in the axis order of Keras. */
export interface NewWeight {
  readonly dims: readonly number[];
  readonly type: ElementType;
  read(): Uint8Array;
}

/** A container of Keras models that is open: HDF5, a zip, or JSON with shards. */
export interface KerasSource {
  readonly path: string;
  /** Other files that hold its weights, absolute; absent: none. */
  readonly siblings?: readonly string[];
  readonly label: string;
  readonly sizeBytes: number;
  readonly producer: string;
  /** Of Keras, as the file says it; `tfjs...` for what TF.js wrote itself. */
  readonly version: string;
  /** `{ class_name, config }`; undefined where the file has weights only. */
  readonly architecture: JsonObject | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  /** The weights of every layer, by the layer's key. */
  bind(model: KerasModel): ReadonlyMap<string, LayerWeights>;
  /** Names of layers with weights, for files without an architecture. */
  weightsOnly(): ReadonlyMap<string, LayerWeights>;
  /**
   * Writes the file with these changes to `target`, atomically; without any, a copy byte for byte.
   * Answers what had to be changed besides, in sentences.
   */
  save(target: string, changes: KerasChanges | undefined): Promise<string[]>;
  dispose(): void;
}

export type { Json, JsonObject };
