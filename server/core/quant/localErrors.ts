import { GraphDraft } from '../graph/draft.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LayerUnit } from './layerUnits.ts';
import { simulateGraph, type SimulateOptions } from './simulateGraph.ts';
import type { EncodingSet } from './tensorEncoding.ts';

/** Which roundings of a unit a branch has. */
export type Share = 'all' | 'weights' | 'activations';

/** A float network with, beside each layer, copies of it whose roundings are on. */
export interface BranchedGraph {
  readonly graph: Graph;
  /** For each unit the value of the float trunk, and the ends of its branches. */
  readonly ends: readonly ({ readonly float: string } & Readonly<Record<Share, string>>)[];
}

const shares: readonly Share[] = ['all', 'weights', 'activations'];

/**
 * Puts beside every unit three copies that read the float trunk: one with its input, weight, bias
 * and output rounded, one with only its constants, one with only its input and output rounded. One
 * run of this network gives the error of every layer by itself. Nothing reads the copies. Copies
 * with rounded constants have those of `corrected` in place of the trunk's.
 */
export function branchedGraph(
  graph: Graph,
  units: readonly LayerUnit[],
  encodings: EncodingSet,
  options: SimulateOptions,
  corrected: ReadonlyMap<string, Tensor> = new Map(),
): BranchedGraph {
  const draft = new GraphDraft(graph);
  const own = new Map<string, EncodingSetEntry>();
  const raw: Record<Share, string>[] = units.map((unit) => {
    const ends = { all: '', weights: '', activations: '' };
    for (const share of shares) {
      const others = share === 'activations' ? none : corrected;
      ends[share] = copyUnit(draft, graph, unit, share, encodings, own, others);
    }
    return ends;
  });
  const simulated = simulateGraph(draft.close(), own, options);
  const after = (name: string): string => simulated.rounded.get(name) ?? name;
  return {
    graph: simulated.graph,
    ends: units.map((unit, at) => {
      const ends = raw[at];
      if (!ends) throw new Error(`no branches of ${unit.layer.name}`);
      return {
        float: unit.end,
        all: after(ends.all),
        weights: after(ends.weights),
        activations: after(ends.activations),
      };
    }),
  };
}

const none: ReadonlyMap<string, Tensor> = new Map();

type EncodingSetEntry = EncodingSet extends ReadonlyMap<string, infer E> ? E : never;

function copyUnit(
  draft: GraphDraft,
  graph: Graph,
  unit: LayerUnit,
  share: Share,
  encodings: EncodingSet,
  own: Map<string, EncodingSetEntry>,
  corrected: ReadonlyMap<string, Tensor>,
): string {
  const names = new Map<string, string>();
  const rename = (name: string): string => {
    if (name === '') return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    const other = corrected.get(name);
    const tensor = other ?? graph.tensors.get(name);
    const isLeftOut = share === (tensor ? 'activations' : 'weights');
    const encoding = isLeftOut ? undefined : encodings.get(name);
    if (!encoding && !other) return name;
    const copy = draft.freshName(`${name}_${share}`);
    names.set(name, copy);
    if (encoding) own.set(copy, { ...encoding, tensor: copy });
    if (tensor) draft.setTensor(copy, { ...tensor, name: copy });
    else identity(draft, name, copy);
    return copy;
  };
  let end = '';
  for (const node of unit.nodes) {
    const inputs = node.inputs.map(rename);
    const outputs = node.outputs.map((name) => {
      const copy = name === '' ? '' : draft.freshName(`${name}_${share}`);
      if (name !== '') names.set(name, copy);
      return copy;
    });
    end = outputs[0] ?? '';
    draft.insertNode({ ...node, name: `${node.name}_${share}_${end}`, inputs, outputs }, undefined);
  }
  const encoding = share === 'weights' ? undefined : encodings.get(unit.end);
  if (encoding) {
    own.set(end, { ...encoding, tensor: end });
    // Rounding goes behind a value for its users; this one has none yet.
    identity(draft, end, draft.freshName(`${end}_end`));
  }
  return end;
}

function identity(draft: GraphDraft, from: string, to: string): void {
  draft.insertNode(
    {
      name: to,
      op: 'Identity',
      domain: '',
      inputs: [from],
      outputs: [to],
      attributes: new Map(),
      captures: [],
    },
    undefined,
  );
}
