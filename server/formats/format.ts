import type { Graph } from '../core/graph/graph.ts';
import type { LayersModel } from '../core/graph/layersModel.ts';
import type { Job } from '../core/job.ts';
import type { Result } from '../core/result.ts';

/** What is wrong with a file, where, and what to do. */
export interface FormatFault {
  /** Stable: `not-onnx`, `truncated`, `bad-length`, `external-data-missing`, ... */
  readonly code: string;
  readonly message: string;
  /** Byte offset in the file, where one is to blame. */
  readonly offset?: number;
  /** Name of the tensor, node or file to blame. */
  readonly where?: string;
  readonly remedy?: string;
  /** Other files that are to blame, absolute: once one of them changed, opening may succeed. */
  readonly beside?: readonly string[];
}

/** Something that can be gone on from. */
export interface FormatIssue {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly where?: string;
}

/** What a file says of itself. */
export interface ModelInfo {
  /** `onnx`, ... */
  readonly format: string;
  /** For people: `ONNX 17`. */
  readonly label: string;
  readonly producer: string;
  readonly sizeBytes: number;
  /** Parameters: elements of all float constants. */
  readonly parameterCount: number;
  readonly nodeCount: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A model to hand to an engine without copying the weights that the file holds. */
export interface EncodedModel {
  /** ONNX whose large initializers are external data. Reading it may throw `BadFile`. */
  readonly bytes: Uint8Array;
  /** Where the external data is looked for. */
  readonly folder: string;
  /** The layers the model was written in; absent where the format has none. */
  readonly layers?: () => Result<LayersModel, string>;
}

/** A model file that is open. `dispose` closes its handles and removes its temporary files. */
export interface ModelDocument {
  readonly path: string;
  /** Other files that hold weights of this model, absolute; absent: none. */
  readonly siblings?: readonly string[];
  readonly info: ModelInfo;
  /** As the file has it. */
  readonly graph: Graph;
  readonly issues: readonly FormatIssue[];

  /**
   * Writes `graph` (this document's graph, edited) to `path`, atomically: a new file beside it,
   * synced, then renamed. What was not edited is copied byte for byte from the document's file.
   * `notes` go into the file's metadata (keys prefixed `rangefinder.`), besides the statistics; an
   * empty one takes its entry out.
   * `path` may be the document's own: the caller must have copied (`detach`) what undo needs, and
   * goes on with the document returned, whose graph equals the one given: the same nodes and
   * unchanged tensors, and for changed tensors ones of the same name that are read from the file.
   * That is this very document where the file says all of it already.
   */
  write(
    graph: Graph,
    path: string,
    notes: ReadonlyMap<string, string>,
    job: Job,
  ): Promise<Result<ModelDocument, FormatFault>>;

  /** The edited graph for an engine, with these values as outputs besides its own. */
  encode(graph: Graph, extraOutputs: readonly string[]): EncodedModel;

  dispose(): void;
}

/** One file format. `open` never throws for what is in the file. */
export interface Format {
  readonly id: string;
  readonly title: string;
  /** File name patterns, lower case, such as `*.onnx`. */
  readonly patterns: readonly string[];
  open(path: string, job: Job): Promise<Result<ModelDocument, FormatFault>>;
}
