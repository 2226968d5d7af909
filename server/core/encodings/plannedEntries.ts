import type { Graph, Node, NodeId } from '../graph/graph.ts';
import { wiringOf } from '../graph/wiring.ts';
import type { Grids } from '../quant/grid.ts';
import type { QuantizationPlan, Quantizer } from '../quant/plan.ts';
import { parametersOf } from '../quant/placements/parameters.ts';
import type { EncodingSet, TensorEncoding } from '../quant/tensorEncoding.ts';
import type { EncodingsFile, FileEncoding, FileGrid } from './encodingsFile.ts';

/** The model that a file of encodings is held against. */
export interface PlannedModel {
  readonly graph: Graph;
  readonly plan: QuantizationPlan;
}

/** Finds quantizers by the names that files have for tensors. */
export class PlannedEntries {
  readonly #byName: ReadonlyMap<string, Quantizer>;
  readonly #nodes: ReadonlyMap<NodeId, Node>;

  constructor(private readonly model: PlannedModel) {
    this.#byName = new Map(model.plan.quantizers.map((one) => [one.tensor, one]));
    this.#nodes = new Map(model.graph.nodes.map((one) => [one.id, one]));
  }

  /** The quantizer that an entry is for; TensorFlow puts `:0` behind a name. */
  quantizerOf(name: string): Quantizer | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.replace(/:0$/, ''));
  }

  /** The axis of output channels, whether the plan has a scale for each of them or not. */
  channelAxis({ kind, axis, node, tensor }: Quantizer): number | undefined {
    if (axis !== undefined || kind === 'activation') return axis;
    const dims = this.model.graph.tensors.get(tensor)?.dims ?? [];
    if (kind === 'bias') return dims.length === 0 ? undefined : dims.length - 1;
    const wiring = wiringOf(this.model.graph);
    const reader = node === undefined ? undefined : this.#nodes.get(node);
    const found = reader && parametersOf(reader, wiring).find((one) => one.tensor.name === tensor);
    return found?.axis;
  }

  /** An axis counted from the start. */
  ownAxis({ tensor }: Quantizer, axis: number): number {
    return axis < 0 ? axis + (this.model.graph.tensors.get(tensor)?.dims.length ?? 0) : axis;
  }

  /** Length of an axis of a constant; a negative axis counts from the end. */
  lengthOf({ tensor }: Quantizer, axis: number): number | undefined {
    return this.model.graph.tensors.get(tensor)?.dims.at(axis);
  }
}

/**
 * The encodings of a file for the quantizers of a plan, frozen. Left out: tensors that the plan does
 * not round, float types, blocks, and lengths that do not fit; `checkEncodings` says so of each.
 */
export function encodingsForPlan(file: EncodingsFile, model: PlannedModel): EncodingSet {
  const planned = new PlannedEntries(model);
  const found = new Map<string, TensorEncoding>();
  for (const entry of file.entries) {
    const quantizer = planned.quantizerOf(entry.name);
    const encoding = quantizer && tensorEncoding(entry, quantizer, planned);
    if (encoding) found.set(encoding.tensor, encoding);
  }
  return found;
}

function tensorEncoding(
  { grid }: FileEncoding,
  quantizer: Quantizer,
  planned: PlannedEntries,
): TensorEncoding | undefined {
  if (!grid || grid.blockSize !== undefined) return undefined;
  const { kind, tensor } = quantizer;
  const length = grid.scale.length;
  const axis = length === 1 ? undefined : (grid.axis ?? planned.channelAxis(quantizer));
  if (length > 1) {
    if (kind === 'activation' || axis === undefined) return undefined;
    if (planned.lengthOf(quantizer, axis) !== length) return undefined;
  }
  return {
    tensor,
    kind,
    axis: axis === undefined ? undefined : planned.ownAxis(quantizer, axis),
    isSymmetric: grid.isSymmetric,
    grids: gridsOf(grid, quantizer),
    isFrozen: true,
  };
}

/** Version 2 cannot say that a grid is strict: where the plan wants one it is. */
function gridsOf(grid: FileGrid, { format }: Quantizer): Grids {
  const { bits, scale, highest } = grid;
  const half = 2 ** (bits - 1);
  const isStrict = grid.isSymmetric && format.symmetry === 'strict' && format.bits === bits;
  const lowest = isStrict
    ? grid.lowest.map((level) => (level === -half ? 1 - half : level))
    : grid.lowest;
  return { bits, scale, lowest, highest };
}
