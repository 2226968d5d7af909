import type { Graph } from '../../../core/graph/graph.ts';
import type { Tensor } from '../../../core/graph/tensor.ts';
import type { JsonObject } from '../config/json.ts';
import type { KerasModel } from '../config/model.ts';
import type { NodeOrigin } from '../lower/builder.ts';
import type { LoweredModel } from '../lower/lowerModel.ts';
import type { KerasChanges, KerasSource, LayerWeights } from '../source.ts';
import { diffModel } from './diffModel.ts';

/** Weights by layer key and slot. */
export type SlotTensors = ReadonlyMap<string, ReadonlyMap<string, Tensor>>;

/** A model as it was opened: edits are told by what differs from it. */
export interface Base extends LoweredModel {
  readonly architecture: JsonObject | undefined;
  readonly model: KerasModel | undefined;
  /** The weights of the file that is open now. */
  readonly weights: ReadonlyMap<string, LayerWeights>;
  /** What the file has now, by the tensors of the graph it was last written of. */
  readonly onFile: SlotTensors;
}

/** The tensor of each weight that a graph's nodes read. */
export function tensorsOnFile(origins: ReadonlyMap<number, NodeOrigin>, graph: Graph): SlotTensors {
  const out = new Map<string, Map<string, Tensor>>();
  for (const node of graph.nodes) {
    const origin = origins.get(node.id);
    for (const [input, { slot }] of origin?.weights ?? []) {
      const tensor = graph.tensors.get(node.inputs[input] ?? '');
      if (!origin || !tensor) continue;
      const own = out.get(origin.layer) ?? new Map<string, Tensor>();
      out.set(origin.layer, own.set(slot, tensor));
    }
  }
  return out;
}

/** What has to change in the file for `graph`, and for its metadata; undefined for nothing. */
export function changesOf(
  base: Base,
  source: KerasSource,
  graph: Graph,
  notes: ReadonlyMap<string, string>,
): KerasChanges | undefined {
  const metadata = metadataOf(source, notes);
  const difference = diffModel(base, graph, source);
  if (!difference && metadata.size === 0) return undefined;
  return {
    architecture: difference?.architecture,
    model: difference?.model ?? base.model,
    weights: difference?.weights ?? new Map(),
    removed: difference?.removed ?? new Set(),
    metadata,
  };
}

/** The entries of the metadata that are not what they should be. */
function metadataOf(
  source: KerasSource,
  notes: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  const out = new Map<string, string | undefined>();
  for (const [name, value] of notes) {
    const key = name.startsWith('rangefinder.') ? name : `rangefinder.${name}`;
    const wanted = value === '' ? undefined : value;
    if (source.metadata.get(key) !== wanted) out.set(key, wanted);
  }
  return out;
}
