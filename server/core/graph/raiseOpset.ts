import { GraphDraft } from './draft.ts';
import { displayName, isStandard, type Graph, type Node } from './graph.ts';
import { conversions, type Conversion, type ConversionContext } from './opsetConversions.ts';

/** A graph in a newer operator set, or the operators that stand against it. */
export interface RaisedOpset {
  /** The graph as it was where something was refused. */
  readonly graph: Graph;
  /** `Resize "up1" (its scales are not constant)`, ...; empty: raised. */
  readonly refused: readonly string[];
}

/** Below, attributes had other names and meanings in most operators. */
const oldest = 6;

/**
 * Converts a graph to an operator set of ONNX that is at least `wanted`, up to 21: operators whose
 * signature or meaning changed on the way are rewritten to compute the same (ONNX: Changelog.md).
 * `ranks` tells the ranks of values where the graph does not.
 */
export function raiseOpset(
  graph: Graph,
  wanted: number,
  ranks: (value: string) => number | undefined = () => undefined,
): RaisedOpset {
  const from = graph.opsets.get('') ?? 1;
  if (from >= wanted) return { graph, refused: [] };
  if (from < oldest) return { graph, refused: [`operator set ${from}`] };
  const draft = new GraphDraft(graph);
  const refused: string[] = [];
  const context: ConversionContext = {
    draft,
    rankOf: (value) =>
      graph.values.get(value)?.shape?.length ??
      graph.inputs.find(({ name }) => name === value)?.shape?.length ??
      graph.outputs.find(({ name }) => name === value)?.shape?.length ??
      ranks(value),
  };
  for (const { id } of graph.nodes) {
    const node = draft.node(id);
    if (!node || !isStandard(node)) continue;
    const why = convert(node, from, wanted, context);
    if (why !== undefined) refused.push(`${node.op} "${displayName(node)}" (${why})`);
  }
  if (refused.length > 0) return { graph, refused };
  const opsets = new Map(graph.opsets).set('', wanted);
  return { graph: { ...draft.close(), opsets }, refused };
}

/** Takes a node through each change of its operator; a reason where that cannot be done. */
function convert(
  node: Node,
  from: number,
  wanted: number,
  context: ConversionContext,
): string | undefined {
  if ([...node.attributes.values()].some(({ kind }) => kind === 'opaque')) {
    return 'it holds a graph of its own, or an attribute that is not known';
  }
  const isOnTheWay = ({ since }: Conversion): boolean => since > from && since <= wanted;
  for (const { convert: apply } of conversions.filter(
    (one) => one.ops.includes(node.op) && isOnTheWay(one),
  )) {
    const now = context.draft.node(node.id);
    if (!now) break;
    const why = apply(now, context);
    if (why !== undefined) return why;
  }
  return undefined;
}
