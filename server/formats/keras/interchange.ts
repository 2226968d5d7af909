import type { Graph, LayerStatistics } from '../../core/graph/graph.ts';
import type { Job } from '../../core/job.ts';
import type { Result } from '../../core/result.ts';
import type { FormatFault, ModelDocument } from '../format.ts';

/** What a Keras document needs of ONNX, handed in so that formats do not know each other. */
export interface Interchange {
  /** A whole model from a graph, these values as outputs besides its own. */
  encode(graph: Graph, extraOutputs?: readonly string[]): Uint8Array;
  /** Opens the ONNX file that was written. */
  open(file: string, job: Job): Promise<Result<ModelDocument, FormatFault>>;
  /** The text that a file keeps the statistics of its layers as, under this key. */
  readonly statisticsKey: string;
  readonly formatStatistics: (graph: Graph) => string;
  parseStatistics(
    text: string,
    graph: Graph,
  ): { statistics: ReadonlyMap<string, LayerStatistics>; stale: readonly string[] };
}
