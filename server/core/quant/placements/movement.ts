import { isStandard, stringAttribute, type Node } from '../../graph/graph.ts';
import type { Wiring } from '../../graph/layer.ts';
import { elementCount } from '../../graph/tensor.ts';
import { readNumbers } from '../../graph/tensorValues.ts';

/** Operators that give out, of their first input, values that it already has. */
const movers: ReadonlySet<string> = new Set([
  'Compress',
  'DepthToSpace',
  'Dropout',
  'Expand',
  'Flatten',
  'Gather',
  'GatherElements',
  'GatherND',
  'GlobalMaxPool',
  'Identity',
  'MaxPool',
  'ReduceMax',
  'ReduceMin',
  'Reshape',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

/**
 * True where whatever comes out lies on the grid of the first input already: values are moved,
 * picked or repeated (algorithms: section 6.9), or zeros are put beside them.
 */
export function movesValues(node: Node, wiring: Wiring): boolean {
  if (!isStandard(node)) return false;
  return movers.has(node.op) || (node.op === 'Pad' && padsWithOwn(node, wiring));
}

function padsWithOwn(node: Node, wiring: Wiring): boolean {
  if (stringAttribute(node, 'mode', 'constant') !== 'constant') return true;
  const attribute = node.attributes.get('value');
  if (attribute?.kind === 'float' && attribute.value !== 0) return false;
  const name = node.inputs[2] ?? '';
  if (name === '') return true;
  const fill = wiring.tensor(name);
  return fill !== undefined && elementCount(fill.dims) === 1 && readNumbers(fill)[0] === 0;
}

/** The value whose grid this one is on, seen through operators that only move values. */
export function sourceOf(value: string, wiring: Wiring): string {
  let source = value;
  for (;;) {
    const maker = wiring.maker(source);
    if (!maker || !movesValues(maker, wiring)) return source;
    source = maker.inputs[0] ?? '';
  }
}
