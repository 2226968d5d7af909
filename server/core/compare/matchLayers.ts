import type { Graph } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { isFloat } from '../graph/tensor.ts';
import type { Job } from '../job.ts';
import { quantizedLayers } from '../quant/quantizedModel.ts';
import { affinity, canonicalWeight, shapeKey, sortedRows } from './canonicalWeight.ts';
import { likelyPairs } from './likelyPairs.ts';

/** What two layers were found to be the same by. */
export type MatchKind = 'name' | 'weights' | 'structure';

export interface LayerMatch {
  readonly first: Layer;
  readonly second: Layer;
  readonly kind: MatchKind;
  /** Mean |cosine| of the output channels' weights, 0 to 1. */
  readonly affinity: number;
  /** The inputs come in another order (a Flatten of channels last against one of channels first). */
  readonly isPermuted: boolean;
}

export interface LayerMatching {
  /** In the order of the first model. */
  readonly matches: readonly LayerMatch[];
  readonly unmatched: { readonly first: readonly Layer[]; readonly second: readonly Layer[] };
}

/** Weights of another training of one network have a mean |cosine| far below this. */
export const alike = 0.8;

/** Above this the order of two lists is not compared: its table has an entry for every pair. */
const mostPairs = 16e6;

/** So many elements of a weight are looked at to tell weights apart. */
const sketchElements = 1 << 16;

/**
 * Pairs the layers of two models, whatever their formats and whether they are quantized: by name
 * where weights or shapes speak for it, by weights, and what is left by shape and order between the
 * others. Factors on output channels (folding, equalization) do not hide that weights are the same.
 */
export async function matchLayers(first: Graph, second: Graph, job: Job): Promise<LayerMatching> {
  const own = readable(first);
  const others = readable(second);
  const found = new Map<number, { at: number; kind: MatchKind; likeness: Likeness }>();
  const taken = new Set<number>();
  const take = (i: number, at: number, kind: MatchKind, likeness: Likeness): void => {
    found.set(i, { at, kind, likeness });
    taken.add(at);
  };
  const sketches = new Map<Layer, Sketch>();
  const likenessOf = (a: Layer, b: Layer): Likeness => likeness(a, b, sketches);

  const candidates: { i: number; at: number; isNamed: boolean; likeness: Likeness }[] = [];
  const keys = others.map(shapeKey);
  const byName = new Map<string, number[]>();
  for (const [at, { name }] of others.entries()) {
    const known = byName.get(name);
    if (known) known.push(at);
    else byName.set(name, [at]);
  }
  for (const [i, layer] of own.entries()) {
    await job.checkpoint(i, 2 * own.length, layer.name);
    const key = shapeKey(layer);
    for (const at of byName.get(layer.name) ?? []) {
      const other = others[at];
      if (!other || keys[at] !== key) continue;
      const alikeness = likenessOf(layer, other);
      candidates.push({ i, at, isNamed: true, likeness: alikeness });
      // Whoever has the name and the weights is the one: no other needs to be looked at.
      if (alikeness.affinity >= alike && !found.has(i) && !taken.has(at)) {
        take(i, at, 'name', alikeness);
      }
    }
  }
  const pause = (): Promise<void> => job.checkpoint(own.length, 2 * own.length);
  const placed = (layers: readonly Layer[], isFree: (index: number) => boolean) =>
    groupedByShape(
      layers.flatMap((layer, index) =>
        isFree(index) ? { index, layer, weight: () => sketchOf(layer, sketches).plain } : [],
      ),
    );
  const left = placed(own, (i) => !found.has(i));
  const open = placed(others, (at) => !taken.has(at));
  const likely: [number, number][] = [];
  for (const [key, some] of left) {
    const shares = [own.length, others.length] as const;
    for (const pair of await likelyPairs(some, open.get(key) ?? [], shares, pause)) {
      likely.push(pair);
    }
  }
  likely.sort(([a, at], [b, other]) => a - b || at - other);
  for (const [i, at] of likely) {
    const [layer, other] = [own[i], others[at]];
    if (!layer || !other || layer.name === other.name) continue;
    await job.checkpoint(own.length + i, 2 * own.length, layer.name);
    const alikeness = likenessOf(layer, other);
    if (alikeness.affinity >= alike) {
      candidates.push({ i, at, isNamed: false, likeness: alikeness });
    }
  }
  const distance = ({ i, at }: { i: number; at: number }): number =>
    Math.abs(i / own.length - at / others.length);
  const byWeights = candidates
    .filter((one) => one.likeness.affinity >= alike)
    .sort(
      (a, b) =>
        Number(b.isNamed) - Number(a.isNamed) ||
        Math.round(50 * b.likeness.affinity) - Math.round(50 * a.likeness.affinity) ||
        distance(a) - distance(b),
    );
  for (const { i, at, isNamed, likeness: alikeness } of byWeights) {
    if (!found.has(i) && !taken.has(at)) take(i, at, isNamed ? 'name' : 'weights', alikeness);
  }
  for (const { i, at, isNamed, likeness: alikeness } of candidates) {
    if (isNamed && !found.has(i) && !taken.has(at)) take(i, at, 'name', alikeness);
  }
  const anchors = new Map([...found].map(([i, { at }]) => [i, at]));
  const isSmall = own.length * others.length <= mostPairs;
  const inOrder = isSmall ? aligned(own.map(shapeKey), keys, anchors) : [];
  for (const [i, at] of inOrder) {
    const [a, b] = [own[i], others[at]];
    if (a && b && !found.has(i)) take(i, at, 'structure', likenessOf(a, b));
  }
  const matches = own.flatMap((layer, i): LayerMatch[] => {
    const match = found.get(i);
    const other = match && others[match.at];
    if (!match || !other) return [];
    return [{ first: layer, second: other, kind: match.kind, ...match.likeness }];
  });
  return {
    matches,
    unmatched: {
      first: own.filter((_, i) => !found.has(i)),
      second: others.filter((_, at) => !taken.has(at)),
    },
  };
}

interface Likeness {
  readonly affinity: number;
  readonly isPermuted: boolean;
}

interface Sketch {
  readonly plain: ReturnType<typeof canonicalWeight>;
  sorted?: ReturnType<typeof canonicalWeight>;
}

const readable = (graph: Graph): Layer[] =>
  quantizedLayers(graph).filter(({ weight }) => isFloat(weight.type));

/** Likeness of two weights by their first rows; sorted where the order of inputs may differ. */
function likeness(a: Layer, b: Layer, sketches: Map<Layer, Sketch>): Likeness {
  const [one, other] = [sketchOf(a, sketches), sketchOf(b, sketches)];
  const plain = affinity(one.plain, other.plain);
  const mayMove = a.layout.taps === 1 && a.layout.groups === 1 && a.layout.inPerGroup > 1;
  if (plain >= alike || !mayMove) return { affinity: plain, isPermuted: false };
  one.sorted ??= sortedRows(one.plain);
  other.sorted ??= sortedRows(other.plain);
  // Sorted rows of any two weights of one distribution are alike: the same numbers are asked for.
  const sorted = affinity(one.sorted, other.sorted);
  return sorted >= 0.9995
    ? { affinity: sorted, isPermuted: true }
    : { affinity: plain, isPermuted: false };
}

function sketchOf(layer: Layer, sketches: Map<Layer, Sketch>): Sketch {
  const known = sketches.get(layer) ?? { plain: firstRows(canonicalWeight(layer)) };
  sketches.set(layer, known);
  return known;
}

function groupedByShape<T extends { readonly layer: Layer }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = shapeKey(one.layer);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

function firstRows(weight: ReturnType<typeof canonicalWeight>): ReturnType<typeof canonicalWeight> {
  const { length, values } = weight;
  const rows = Math.min(weight.rows, Math.max(1, Math.floor(sketchElements / Math.max(1, length))));
  return { rows, length, values: values.slice(0, rows * length) };
}

/**
 * The longest common run of two lists of keys that keeps the order, in which pairs known already
 * count most (Wagner and Fischer 1974).
 */
function aligned(
  first: readonly string[],
  second: readonly string[],
  anchors: ReadonlyMap<number, number>,
): [number, number][] {
  const width = second.length + 1;
  const best = new Float64Array((first.length + 1) * width);
  const bound = new Set(anchors.values());
  const worth = (i: number, at: number): number => {
    if (anchors.get(i) === at) return 1000;
    return first[i] === second[at] && !anchors.has(i) && !bound.has(at) ? 1 : 0;
  };
  for (let i = first.length - 1; i >= 0; i--) {
    for (let at = second.length - 1; at >= 0; at--) {
      const own = worth(i, at);
      best[i * width + at] = Math.max(
        best[(i + 1) * width + at] ?? 0,
        best[i * width + at + 1] ?? 0,
        own > 0 ? own + (best[(i + 1) * width + at + 1] ?? 0) : 0,
      );
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, at = 0; i < first.length && at < second.length;) {
    const here = best[i * width + at] ?? 0;
    if (here === best[(i + 1) * width + at]) i++;
    else if (here === best[i * width + at + 1]) at++;
    else pairs.push([i++, at++]);
  }
  return pairs;
}
