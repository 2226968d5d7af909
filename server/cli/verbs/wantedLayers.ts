import { nodesBetween, unknownNames } from '../../core/graph/between.ts';
import { displayName, type Graph } from '../../core/graph/graph.ts';
import { CommandFault } from '../fault.ts';
import { nearest } from '../nearest.ts';
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
  const only = place.settings.list('layers');
  const ignored = place.settings.list('ignore');
  for (const name of [...only, ...ignored]) {
    if (!names.includes(name)) throw unknown('layer', name, names, 'analyze lists the layers');
  }
  const isBetween = graph ? between(place, graph) : () => true;
  return new Set(
    names.filter(
      (name) =>
        (only.length === 0 || only.includes(name)) && !ignored.includes(name) && isBetween(name),
    ),
  );
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
