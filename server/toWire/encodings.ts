import type { Graph } from '../core/graph/graph.ts';
import { listEncodings } from '../core/reports/encodings.ts';
import type { EncodingRow } from '../protocol/model.ts';

/** The encodings of a quantized model, to inspect. */
export const encodingRowsOf = (graph: Graph): EncodingRow[] =>
  listEncodings(graph).map(({ tensor, type, scale, zeroPoint, count, min, max }) => ({
    tensor,
    type,
    scale,
    zeroPoint,
    count,
    min,
    max,
  }));
