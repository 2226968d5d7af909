import { nodesBetween, unknownNames } from '../../core/graph/between.ts';
import { displayName, type Graph } from '../../core/graph/graph.ts';
import { CommandFault } from '../fault.ts';
import { nearest } from '../nearest.ts';
import { shortNamesOf } from '../shortNames.ts';
import type { Workplace } from '../workplace.ts';

/**
 * The names of the layers that `--layers` and `--ignore` leave; where a graph is given, also
 * `--start` and `--outputs`. Unknown names are wrong usage.
 */
export function wantedLayers(
  place: Workplace,
  layers: readonly { readonly name: string }[],
  graph?: Graph,
): ReadonlySet<string> {
  const names = layers.map(({ name }) => name);
  const [only = [], ignored = []] = (['layers', 'ignore'] as const).map((option) =>
    place.settings.list(option).map((name) => fullName(name, names)),
  );
  const isBetween = graph ? between(place, graph) : () => true;
  return new Set(
    names.filter(
      (name) =>
        (only.length === 0 || only.includes(name)) && !ignored.includes(name) && isBetween(name),
    ),
  );
}

/** The name of a layer, which may be given as `analyze` shows it: without the path that all share. */
function fullName(name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  const { text } = shortNamesOf(names);
  const [found, ...more] = names.filter((one) => text(one) === name);
  if (found !== undefined && more.length === 0) return found;
  throw unknown('layer', name, names, 'analyze lists the layers');
}

/** Whether a layer lies in the part of the network that `--start` and `--outputs` name. */
function between(place: Workplace, graph: Graph): (layer: string) => boolean {
  const ends = { starts: place.settings.list('start'), outputs: place.settings.list('outputs') };
  const [stranger] = unknownNames(graph, [...ends.starts, ...ends.outputs]);
  if (stranger !== undefined) {
    throw unknown('node or value', stranger, graph.nodes.map(displayName), undefined);
  }
  const part = new Set([...nodesBetween(graph, ends)].map(displayName));
  return (layer) => part.has(layer);
}

function unknown(
  what: string,
  name: string,
  known: readonly string[],
  otherwise: string | undefined,
): CommandFault {
  const close = nearest(name, known);
  const remedy = close === undefined ? otherwise : `did you mean "${close}"?`;
  return new CommandFault(2, 'unknown-layer', `there is no ${what} "${name}"`, name, remedy);
}
