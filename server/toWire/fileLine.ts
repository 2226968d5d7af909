import { basename } from 'node:path';
import type { ValueInfo } from '../core/graph/graph.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { FileLine } from '../protocol/model.ts';

/** The first line of the editor: what the file is. */
export function fileLineOf({ path, info, graph }: ModelDocument): FileLine {
  return {
    name: basename(path),
    label: info.label,
    sizeBytes: info.sizeBytes,
    nodeCount: info.nodeCount,
    parameterCount: info.parameterCount,
    inputs: graph.inputs.map(shapeText),
    outputs: graph.outputs.map(shapeText),
  };
}

/** `N×3×224×224`; a size that is not known is `?`. */
function shapeText({ shape }: ValueInfo): string {
  if (!shape) return 'any shape';
  if (shape.length === 0) return 'scalar';
  return shape.map((size) => (size === undefined || size === '' ? '?' : String(size))).join('×');
}
