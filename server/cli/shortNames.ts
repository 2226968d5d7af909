import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { isQuantizedModel, quantizedLayers } from '../core/quant/quantizedModel.ts';

/**
 * Text for people with names short: without the path that the names of all layers begin with, and
 * those that converters joined of many cut in their middle.
 */
export interface ShortNames {
  /** Says which path was left out; empty where none was. */
  readonly note: readonly string[];
  /** A name, or a sentence in which names occur. */
  readonly text: (text: string) => string;
}

/** Short names for the layers of a model. JSON and options have the full ones. */
export function shortNames(graph: Graph): ShortNames {
  const layers = isQuantizedModel(graph)
    ? quantizedLayers(graph)
    : layersOf(graph, wiringOf(graph));
  return shortNamesOf(layers.map((layer) => layer.name));
}

/** Short names where these are the names of the layers. */
export function shortNamesOf(names: readonly string[]): ShortNames {
  const path = sharedPath(names);
  const within = new RegExp(`(?<![\\w/.:-])${path.replace(/[^\w/]/g, '\\$&')}`, 'g');
  const bare = (text: string): string => (path === '' ? text : text.replace(within, ''));
  const own = new Set(names.map(bare));
  const cut = cutNames(own);
  return {
    note: path === '' ? [] : [`Names are shown without "${path}", with which all layers begin.`],
    text(text) {
      const short = bare(text);
      if (own.has(short) || short.length <= longest) return cut.get(short) ?? short;
      return [...cut].reduce((said, [long, own]) => said.replaceAll(long, own), short);
    },
  };
}

/** Longer names are cut. */
const longest = 60;

/** The names that are too long, and what is shown of them: nothing that would be the same for two. */
function cutNames(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const cut = new Map<string, string>();
  const taken = new Set(names);
  for (const name of names) {
    if (name.length <= longest) continue;
    const short = `${name.slice(0, 28)}…${name.slice(-30)}`;
    if (taken.has(short)) continue;
    taken.add(short);
    cut.set(name, short);
  }
  return cut;
}

/** The folders that all names begin with, up to a slash; none where there is one name only. */
function sharedPath(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return '';
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && !others.every((name) => name.startsWith(first.slice(0, end)))) {
    end = first.lastIndexOf('/', end - 2) + 1;
    if (end < 2) return '';
  }
  return first.slice(0, end);
}
