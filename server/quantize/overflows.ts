import type { Graph } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { ReductionResult } from '../engines/sampleTask.ts';
import { groupsOf, type SampleFailure, type TaskSamples } from './runTask.ts';

/** Samples on which some layers are not finite, by the first sample of a run: the first such layer. */
export type Overflows = ReadonlyMap<number, Layer>;

/**
 * True where a layer has no mean: it is not finite on most runs, so that the layer is at fault and
 * not the samples.
 */
export const isMostlyLeftOut = (result: ReductionResult | undefined, on: TaskSamples): boolean =>
  2 * leftOutOf(result).length > groupsOf(on).length;

/** The runs that a layer overflows on, of layers that are finite on most. */
export function overflowsOf(
  layers: readonly Layer[],
  results: readonly (ReductionResult | undefined)[],
  on: TaskSamples,
): Overflows {
  const found = new Map<number, Layer>();
  for (const [at, layer] of layers.entries()) {
    if (isMostlyLeftOut(results[at], on)) continue;
    for (const first of leftOutOf(results[at])) if (!found.has(first)) found.set(first, layer);
  }
  return found;
}

/**
 * The samples without those of the overflows, which are named as failures. A run of several is taken
 * apart first, where the model allows it: only one of them may be at fault.
 */
export function withoutOverflows(
  on: TaskSamples,
  overflows: Overflows,
): { readonly on: TaskSamples; readonly failures: readonly SampleFailure[] } {
  const groups: (readonly number[])[] = [];
  const failures: SampleFailure[] = [];
  for (const group of groupsOf(on)) {
    const layer = overflows.get(group[0] ?? -1);
    if (!layer) groups.push(group);
    else if (group.length > 1 && on.samples.fixedBatch === undefined) {
      groups.push(...group.map((index) => [index]));
    } else {
      const reason = `The network overflows on it: "${layer.name}" is not finite.`;
      failures.push(...group.map((index) => ({ index, reason })));
    }
  }
  return { on: { ...on, indices: groups.flat(), groups }, failures };
}

/** Those of the layers that no other of them follows: nothing but their outputs tells overflows. */
export function endsOf({ nodes }: Graph, layers: readonly Layer[]): Layer[] {
  const byNode = new Map(layers.map((layer) => [layer.node.id, layer]));
  const leading = new Set<string>();
  const ends: Layer[] = [];
  for (const node of nodes.toReversed()) {
    const layer = byNode.get(node.id);
    const leads = node.outputs.some((name) => leading.has(name));
    if (layer && !leads) ends.push(layer);
    if (layer || leads) for (const name of [...node.inputs, ...node.captures]) leading.add(name);
  }
  return ends;
}

const leftOutOf = (result: ReductionResult | undefined): ArrayLike<number> & Iterable<number> =>
  result?.kind === 'means' || result?.kind === 'windowSums' ? result.leftOut : [];
