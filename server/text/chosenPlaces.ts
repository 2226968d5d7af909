import type { Graph } from '../core/graph/graph.ts';
import { foldStructure } from '../core/passes/foldBatchNorm.ts';
import { chooseSets } from '../core/sets/chooseSets.ts';
import { foldChoices } from '../session/foldChoices.ts';
import { setsIn } from '../session/setsIn.ts';

const folded = new WeakMap<Graph, Graph>();

/** The model as equalizing finds it: folded, by its structure alone. */
function foldedOf(graph: Graph): Graph {
  const known = folded.get(graph) ?? foldStructure(graph).graph;
  folded.set(graph, known);
  return known;
}

/** Why layers of the model cannot be scaled together; undefined where they can. */
export function whyNoSet(names: readonly string[], opened: Graph): string | undefined {
  const { sets, links } = setsIn(foldedOf(opened));
  const { skipped } = chooseSets(sets, links, { only: [names], layers: [], ignore: [] });
  return skipped[0]?.reason;
}

/** The sets that a layer is in, by the names of their layers. */
export const setsWith = (name: string, opened: Graph): string[][] =>
  setsIn(foldedOf(opened))
    .sets.map(({ layers }) => layers.map((layer) => layer.name))
    .filter((names) => names.includes(name));

/** The batch norms beside a layer that it could take in. */
export const batchNormsBeside = (layer: string, opened: Graph): string[] =>
  foldChoices(opened, new Set([layer])).flatMap(({ batchNorm, whyNot }) =>
    whyNot === undefined ? batchNorm : [],
  );

/** Why a layer cannot take a batch norm in; undefined where it can. */
export function whyNoPair(layer: string, batchNorm: string, opened: Graph): string | undefined {
  const beside = foldChoices(opened, new Set([layer])).filter((one) => one.batchNorm === batchNorm);
  if (beside.length === 0) return `${batchNorm} does not stand beside ${layer}`;
  return beside.every(({ whyNot }) => whyNot !== undefined) ? beside[0]?.whyNot : undefined;
}
