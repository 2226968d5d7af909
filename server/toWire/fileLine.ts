import { basename } from 'node:path';
import type { Dimension, ValueInfo } from '../core/graph/graph.ts';
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

/** `N×3×224×224`: a batch of any size is `N` whatever the file calls it, another unknown size `?`. */
function shapeText({ shape }: ValueInfo): string {
  if (!shape) return 'any shape';
  if (shape.length === 0) return 'scalar';
  return shape.map((size, axis) => sizeText(size, axis === 0)).join('×');
}

function sizeText(size: Dimension, isBatch: boolean): string {
  if (typeof size === 'number') return String(size);
  if (isBatch) return 'N';
  return size === undefined || size === '' ? '?' : size;
}
