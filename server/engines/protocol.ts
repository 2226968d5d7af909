import type {
  ComparedValue,
  DescribedValue,
  Difference,
  EngineFault,
  EngineTensor,
  Runner,
} from './engine.ts';
import type { Reduction, ReductionResult, TaskNetwork } from './sampleTask.ts';
import type { LayersModel } from '../core/graph/layersModel.ts';

/** How much an engine may rewrite a network before it runs it. */
export type Optimization = 'disabled' | 'all';

/** What a network is opened with. */
export interface OpenSettings {
  readonly optimization: Optimization;
  readonly threads: number;
  /** Q/DQ pairs are computed as written and not fused into integer kernels. */
  readonly keepQuantizePairs?: boolean;
}

/** A model as it crosses to the child: what its engine takes, and no more. */
export type SentModel =
  | { readonly kind: 'onnx'; readonly bytes: Uint8Array; readonly folder: string }
  | { readonly kind: 'layers'; readonly layers: LayersModel };

/** A task as it crosses to the child. */
export interface SentTask {
  readonly networks: readonly (Omit<TaskNetwork, 'model'> & { readonly model: SentModel })[];
  readonly reductions: readonly Reduction[];
  /** Kept values that go with each sample. */
  readonly drops: readonly string[];
  readonly threads: number;
  /** Outputs of one run of all networks that may be in memory at once. */
  readonly budgetBytes: number;
  /** What tasks keep for later ones, in memory; more goes to files of the folder. */
  readonly keptLimitBytes: number;
  readonly keptFolder: string;
}

/** Name, type and shape of an input or output; symbols stand for sizes that are free. */
export interface ValueHead {
  readonly name: string;
  readonly type: EngineTensor['type'];
  readonly shape: readonly (number | string)[];
}

export type NamedTensors = readonly (readonly [name: string, tensor: EngineTensor])[];

/** A difference, and how many of the channels that count were active on the probes. */
export interface ComparedDifference extends Difference {
  readonly activeChannels: number;
  readonly channels: number;
}

/** What the child is asked. The sessions it has open go by number. */
export type Request =
  | { readonly kind: 'hello' }
  | { readonly kind: 'open'; readonly model: SentModel; readonly settings: OpenSettings }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: NamedTensors;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: 'release'; readonly session: number }
  | {
      readonly kind: 'describe';
      readonly model: SentModel;
      readonly feeds: NamedTensors;
      readonly values: readonly string[];
      readonly settings: OpenSettings;
      readonly budgetBytes: number;
    }
  | {
      readonly kind: 'compare';
      readonly before: SentModel;
      readonly after: SentModel;
      readonly feeds: readonly NamedTensors[];
      readonly values: readonly ComparedValue[];
      readonly settings: OpenSettings;
      /** Outputs of both networks together that may be in memory at once. */
      readonly budgetBytes: number;
    }
  | { readonly kind: 'beginTask'; readonly task: SentTask }
  | {
      readonly kind: 'addSamples';
      readonly task: number;
      readonly samples: readonly { readonly index: number; readonly feeds: NamedTensors }[];
    }
  | { readonly kind: 'taskResults'; readonly task: number }
  | { readonly kind: 'reduceKept'; readonly task: SentTask; readonly indices: readonly number[] }
  | { readonly kind: 'closeTask'; readonly task: number }
  | { readonly kind: 'forget'; readonly names: readonly string[] | undefined };

/** What the answer to each request holds. */
export interface Answers {
  hello: { readonly version: string };
  open: {
    readonly session: number;
    readonly inputs: readonly ValueHead[];
    readonly outputs: readonly ValueHead[];
    readonly runner: Runner;
  };
  run: NamedTensors;
  release: null;
  describe: readonly DescribedValue[];
  compare: readonly ComparedDifference[];
  beginTask: { readonly task: number };
  addSamples: null;
  taskResults: readonly ReductionResult[];
  reduceKept: readonly ReductionResult[];
  closeTask: null;
  forget: null;
}

export type FaultCode = EngineFault['code'];

/** What comes back from the child. `progress` may come before the answer, any number of times. */
export type Reply =
  | {
      readonly id: number;
      readonly kind: 'progress';
      readonly done: number;
      readonly total: number;
    }
  | { readonly id: number; readonly kind: 'answer'; readonly value: Answers[keyof Answers] }
  | {
      readonly id: number;
      readonly kind: 'fault';
      readonly code: FaultCode;
      readonly message: string;
      readonly where: string | undefined;
    }
  /** A throw that is not the model's fault: a bug of ours. */
  | { readonly id: number; readonly kind: 'bug'; readonly stack: string };

export type Envelope = { readonly id: number; readonly request: Request };
