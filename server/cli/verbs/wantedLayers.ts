import { isBatchNorm } from '../../core/graph/affine.ts';
import { nodesBetween, unknownNames } from '../../core/graph/between.ts';
import { displayName, type Graph, type Node } from '../../core/graph/graph.ts';
import { foldStructure } from '../../core/passes/foldBatchNorm.ts';
import { CommandFault } from '../fault.ts';
import { nearest } from '../nearest.ts';
import { shortNamesOf } from '../shortNames.ts';
import type { Workplace } from '../workplace.ts';

/** Where layers are looked for. */
export interface LayerPlaces {
  readonly graph: Graph;
  /** `--start` and `--outputs` count, too. */
  readonly hasEnds?: boolean;
}

/**
 * The names of the layers that `--layers` and `--ignore` leave. Unknown names are wrong usage, and
 * so is a choice of what is no layer; what is no layer may be ignored.
 */
export function wantedLayers(
  place: Workplace,
  layers: readonly { readonly name: string }[],
  { graph, hasEnds = false }: LayerPlaces,
): ReadonlySet<string> {
  const names = layers.map(({ name }) => name);
  const nodes = new Map(graph.nodes.map((node) => [displayName(node), node]));
  const only = place.settings
    .list('layers')
    .map((name) => fullName(name, names) ?? noLayer(name, nodes.get(name), names, graph));
  const ignored = place.settings.list('ignore').map((name) => {
    const found = fullName(name, names);
    return found ?? (nodes.has(name) ? name : noLayer(name, undefined, names, graph));
  });
  const isBetween = hasEnds ? between(place, graph) : () => true;
  return new Set(
    names.filter(
      (name) =>
        (only.length === 0 || only.includes(name)) && !ignored.includes(name) && isBetween(name),
    ),
  );
}

/** The name of a layer, which may be given as `analyze` shows it: without the path that all share. */
function fullName(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return name;
  const { text } = shortNamesOf(names);
  const [found, ...more] = names.filter((one) => text(one) === name);
  return more.length === 0 ? found : undefined;
}

/** Says of a name that it is no layer, what it is instead, and which layer is meant. */
function noLayer(
  name: string,
  node: Node | undefined,
  names: readonly string[],
  graph: Graph,
): never {
  if (!node) throw unknownName('layer', name, names);
  if (!isBatchNorm(node)) {
    const text = `"${name}" is no layer with weights but a ${node.op}, and not judged by itself`;
    throw new CommandFault(2, 'unknown-layer', text, name, 'analyze lists the layers');
  }
  const into = foldStructure(graph).applied.find(({ batchNorm }) => batchNorm === name)?.layer;
  const [what, remedy] =
    into === undefined
      ? ['it folds into no layer', 'analyze lists the layers']
      : [`it folds into "${into}"`, `give --layers ${into}`];
  const text = `"${name}" is a batch norm, which is not quantized by itself: ${what}`;
  throw new CommandFault(2, 'unknown-layer', text, name, remedy);
}

/** Whether a layer lies in the part of the network that `--start` and `--outputs` name. */
function between(place: Workplace, graph: Graph): (layer: string) => boolean {
  const ends = { starts: place.settings.list('start'), outputs: place.settings.list('outputs') };
  const [stranger] = unknownNames(graph, [...ends.starts, ...ends.outputs]);
  if (stranger !== undefined) {
    throw unknownName('node or value', stranger, graph.nodes.map(displayName));
  }
  const part = new Set([...nodesBetween(graph, ends)].map(displayName));
  return (layer) => part.has(layer);
}

/** Refuses a name that nothing has. Names are compared as they are shown, too. */
export function unknownName(what: string, name: string, known: readonly string[]): CommandFault {
  const { text } = shortNamesOf(known);
  const close = nearest(name, [...known, ...known.map(text)]);
  const remedy = close === undefined ? 'analyze lists the layers' : `did you mean "${close}"?`;
  return new CommandFault(2, 'unknown-layer', `there is no ${what} "${name}"`, name, remedy);
}
