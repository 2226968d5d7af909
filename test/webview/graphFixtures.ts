import type { GraphBox, GraphEdge, GraphLayout } from '../../server/protocol/graph.ts';
import type { LayerRow } from '../../server/protocol/model.ts';
import { openedModel } from './fixtures.ts';

const [boxWidth, boxHeight, rowStep, columnStep] = [172, 34, 53, 185] as const;

/** A box on a grid. */
const at = (
  column: number,
  row: number,
  more: Partial<GraphBox> & Pick<GraphBox, 'id' | 'title' | 'name'>,
): GraphBox => ({
  kind: 'other',
  words: '',
  merged: [],
  nodes: 1,
  x: boxWidth / 2 + column * columnStep,
  y: boxHeight / 2 + row * rowStep,
  ...more,
});

/** Straight from below one box to above the other. */
function edge(boxes: readonly GraphBox[], from: number, to: number): GraphEdge {
  const [a, b] = [boxes[from], boxes[to]];
  if (!a || !b) throw new Error(`no box ${from} or ${to}`);
  return { from, to, points: [a.x, a.y + boxHeight / 2, b.x, b.y - boxHeight / 2] };
}

/**
 * The input, the layers in one column, and beside them a Reshape that the third layer feeds; an Add
 * reads it and the last layer.
 */
export function layoutFor(
  rows: readonly LayerRow[] = openedModel().layers,
  more: Partial<GraphLayout> = {},
): GraphLayout {
  const boxes: GraphBox[] = [at(0, 0, { id: -1, kind: 'input', title: 'Input', name: 'input' })];
  rows.forEach((row, i) => {
    const merged = ['BatchNormalization bn', 'Relu relu'];
    const words = i % 2 === 0 ? 'BN · ReLU' : '';
    const own = { id: row.id, layer: row.id, kind: 'layer', name: row.name } as const;
    boxes.push(at(0, i + 1, { ...own, title: row.operator, words, merged, nodes: 3 }));
  });
  const last = rows.length;
  boxes.push(at(1, 4, { id: 50_000, title: 'Reshape', name: 'side/Reshape' }));
  boxes.push(at(0, last + 1, { id: 50_001, title: 'Add', name: 'sum' }));
  const down = rows.map((_, i) => edge(boxes, i, i + 1));
  const edges = [
    ...down,
    edge(boxes, 3, last + 1),
    edge(boxes, last, last + 2),
    edge(boxes, last + 1, last + 2),
  ];
  return {
    uri: openedModel().uri,
    revision: 1,
    view: 'layers',
    boxes,
    edges,
    width: boxWidth + columnStep,
    height: (last + 2) * rowStep - (rowStep - boxHeight),
    boxWidth,
    boxHeight,
    nodeCount: 3 * last + 2,
    boxCount: boxes.length,
    ...more,
  };
}
