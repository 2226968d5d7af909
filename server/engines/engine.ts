import type { ElementType, FloatArray } from '../core/graph/tensor.ts';
import type { LayersModel } from '../core/graph/layersModel.ts';
import type { Job } from '../core/job.ts';
import type { Result } from '../core/result.ts';
import type { EnginePair } from './chosenEngine.ts';
import type { SampleEngine } from './sampleTask.ts';

/** A value that goes into or comes out of a network, packed, row-major. */
export interface EngineTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Floats for every float type; for integers, bool the matching typed array. */
  readonly values:
    | FloatArray
    | Int32Array
    | Uint8Array
    | Int8Array
    | Int16Array
    | Uint16Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
}

export type Feeds = ReadonlyMap<string, EngineTensor>;

/** What an engine is given to open. It reads the one of the two that it takes. */
export interface EngineModel {
  /** ONNX in memory whose large weights are external files. */
  readonly bytes: Uint8Array;
  readonly folder: string;
  /** The same network as the layers it was written in; absent where it is no such model. */
  readonly layers?: () => Result<LayersModel, string>;
}

/** What runs a network: for people, and to be told beside results. */
export interface Runner {
  /** `ONNX Runtime`, `TensorFlow.js`. */
  readonly name: string;
  readonly version: string;
  /** `cpu`, `wasm`, `tensorflow`, ... */
  readonly backend: string;
  /** What was looked for and not found or not usable, in sentences, with what to do. */
  readonly notes: readonly { readonly severity: 'info' | 'warning'; readonly message: string }[];
}

/** Why an engine cannot do what it was asked: named operator, shape, file. Not a bug of ours. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
  constructor(
    readonly code: 'cannot-load' | 'cannot-run' | 'died' | 'not-available',
    message: string,
    readonly where?: string,
  ) {
    super(message);
  }
}

/** How two sets of outputs of one value differ; made where the tensors are. */
export interface Difference {
  readonly maxAbs: number;
  /** Largest |value| of the reference. */
  readonly maxReference: number;
  /**
   * max |difference| / max |reference| of each feed by itself, the worst feed: a feed of large
   * values would hide what is wrong on one of small values. 0 where nothing differs; Infinity where
   * something differs from a reference that is all 0.
   */
  readonly maxRelative: number;
  readonly sumSquaredReference: number;
  readonly sumSquaredError: number;
  readonly count: number;
  /** Something is not finite that was finite before, or the shapes differ. */
  readonly hasNaN: boolean;
  /** Feeds left out because the reference itself was not finite on them. */
  readonly notFinite?: number;
}

/** A pair of values to compare: after = before / divisor - offset per channel of axis 1. */
export interface ComparedValue {
  readonly before: string;
  readonly after: string;
  readonly divisor?: readonly number[];
  readonly offset?: readonly number[];
  /** Channels whose activity counts; absent: those with a factor, or all where none has one. */
  readonly changed?: readonly number[];
  /** What both take in memory on one feed, where the caller knows; else the engine guesses. */
  readonly sizeBytes?: number;
}

/** A network that is open in the engine's process. */
export interface EngineSession {
  readonly runner: Runner;
  readonly inputs: readonly {
    name: string;
    type: ElementType;
    shape: readonly (number | string)[];
  }[];
  readonly outputs: readonly {
    name: string;
    type: ElementType;
    shape: readonly (number | string)[];
  }[];
  /** Runs once; the named outputs (default: all) come back whole. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Map<string, EngineTensor>>;
  release(): Promise<void>;
}

/**
 * Runs graphs in a process of its own. Cancelling a job kills that process; the next request
 * starts a fresh one. Sessions of a process that died throw EngineFault `died`.
 */
export interface Engine extends Partial<SampleEngine> {
  readonly name: string;
  /** Where this engine stands in front of two: both. */
  readonly pair?: EnginePair;
  open(model: EngineModel, job: Job): Promise<EngineSession>;
  /**
   * Runs both networks on each of the feeds and reduces, in the engine's process, the difference
   * of each pair of values over all feeds; activations do not cross. `isActive`: per pair, whether
   * every channel of `after` was different from 0 somewhere.
   */
  compare(
    before: EngineModel,
    after: EngineModel,
    feeds: readonly Feeds[],
    values: readonly ComparedValue[],
    job: Job,
  ): Promise<(Difference & { readonly activeChannels: number; readonly channels: number })[]>;
  /**
   * Runs once and tells type and shape of the values named, which must be outputs of the model;
   * their elements do not cross. Those whose type cannot be handed out are left out.
   */
  describe?(
    model: EngineModel,
    feeds: Feeds,
    values: readonly string[],
    job: Job,
  ): Promise<readonly DescribedValue[]>;
  dispose(): void;
}

/** What a value was when the network was run. */
export interface DescribedValue {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
}
