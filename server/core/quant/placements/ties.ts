import { isStandard, stringAttribute, type Graph } from '../../graph/graph.ts';
import type { Wiring } from '../../graph/layer.ts';
import { sourceOf } from './movement.ts';

/**
 * Which value's grid another one takes (algorithms: sections 6.9 and 15.5): a resize's output that
 * of its input, an average pool's too where the placement `tiesPools`, a Concat's inputs that of its
 * output, so that integers pass without being rescaled. An input of several Concats takes that of
 * the last one.
 */
export function tiesOf(
  graph: Graph,
  wiring: Wiring,
  isQuantized: (value: string) => boolean,
  tiesPools: boolean,
): Map<string, string> {
  const direct = new Map<string, string>();
  for (const node of graph.nodes) {
    if (!isStandard(node)) continue;
    const [output = ''] = node.outputs;
    if (!isQuantized(output)) continue;
    if (keepsRange(node.op, stringAttribute(node, 'mode', 'nearest'), tiesPools)) {
      const source = sourceOf(node.inputs[0] ?? '', wiring);
      if (isQuantized(source)) direct.set(output, source);
    }
    if (node.op !== 'Concat') continue;
    for (const input of node.inputs) {
      const source = sourceOf(input, wiring);
      if (isQuantized(source)) direct.set(source, output);
    }
  }
  const ties = new Map<string, string>();
  for (const value of direct.keys()) {
    const end = endOf(value, direct);
    if (end !== value) ties.set(value, end);
  }
  return ties;
}

const keepsRange = (op: string, mode: string, tiesPools: boolean): boolean =>
  (op === 'AveragePool' && tiesPools) ||
  ((op === 'Resize' || op === 'Upsample') && mode !== 'cubic');

/** Follows ties to a value that has a grid of its own. */
function endOf(value: string, direct: ReadonlyMap<string, string>): string {
  const seen = new Set([value]);
  let end = value;
  for (;;) {
    const next = direct.get(end);
    if (next === undefined || seen.has(next)) return end;
    seen.add(next);
    end = next;
  }
}
