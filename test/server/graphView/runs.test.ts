import assert from 'node:assert/strict';
import { boxesAround, partOf } from '../../../server/graphView/around.ts';
import { boxHeight, rowGap, toDot, readDrawing } from '../../../server/graphView/dot.ts';
import { flatten } from '../../../server/graphView/flatten.ts';
import type { Outline } from '../../../server/graphView/outline.ts';
import { place } from '../../../server/graphView/place.ts';
import { contractRuns, singleRuns } from '../../../server/graphView/runs.ts';

const outline = (count: number, edges: [number, number][]): Outline => ({
  boxes: Array.from({ length: count }, () => ({ nodes: [], quiet: new Set() })),
  edges,
});
/** 0 → 1 → 2, 2 → 3 → 5 and 2 → 4 → 5, 5 → 6. */
const diamond = outline(7, [
  [0, 1],
  [1, 2],
  [2, 3],
  [2, 4],
  [3, 5],
  [4, 5],
  [5, 6],
]);

describe('chains of the graph', () => {
  it('are one where nothing else comes in or goes out', () => {
    const { runs, edges } = contractRuns(diamond);
    assert.deepEqual(runs, [[0, 1, 2], [3], [4], [5, 6]]);
    assert.deepEqual(edges, [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
    ]);
  });

  it('are drawn as high as their boxes, and taken apart to exact rows', () => {
    const runs = contractRuns(diamond);
    assert.match(toDot(runs), /0\[height=1\.9444\]/); // 140 px of 72 to the inch
    const step = boxHeight + rowGap;
    // As Graphviz would say it: y upwards, five digits.
    const drawing = readDrawing(
      JSON.stringify({
        bb: '0,0,309,280',
        objects: [
          { name: '0', pos: '154,210.2' },
          { name: '1', pos: '74,104' },
          { name: '2', pos: '235,104' },
          { name: '3', pos: '154,43.5' },
        ],
        edges: runs.edges.map(([tail, head]) => ({ tail, head, pos: '1,9 1,8 1,7 1,6' })),
      }),
    );
    const placed = place(runs, drawing);
    assert.deepEqual(
      placed.middles.map(([, y]) => y),
      [17, 17 + step, 17 + 2 * step, 17 + 3 * step, 17 + 3 * step, 17 + 4 * step, 17 + 5 * step],
    );
    assert.equal(placed.height, 6 * step - rowGap);
    const ends = placed.edges.map(({ from, to }) => `${from} ${to}`).sort();
    assert.deepEqual(ends, diamond.edges.map(([a, b]) => `${a} ${b}`).sort());
    for (const { from, to, points } of placed.edges) {
      assert.equal(points[1], (placed.middles[from]?.[1] ?? 0) + boxHeight / 2);
      assert.equal(points.at(-1), (placed.middles[to]?.[1] ?? 0) - boxHeight / 2);
    }
  });

  it('are each box by itself in a small graph', () => {
    assert.deepEqual(
      singleRuns(diamond).runs,
      [0, 1, 2, 3, 4, 5, 6].map((i) => [i]),
    );
  });
});

describe('a part of the graph', () => {
  it('is the nearest boxes, and says what is left out', () => {
    const near = boxesAround(diamond, 5, 4);
    assert.deepEqual(near, [3, 4, 5, 6]);
    const { outline: part, cut } = partOf(diamond, near);
    assert.deepEqual(part.edges, [
      [0, 2],
      [1, 2],
      [2, 3],
    ]);
    assert.deepEqual(cut, [1, 1, 0, 0]);
  });
});

describe('a curve as a polyline', () => {
  it('is two points where it is straight', () => {
    assert.deepEqual(flatten([0, 0, 0, 10, 0, 20, 0, 30, 0, 40, 0, 50, 0, 60]), [0, 0, 0, 60]);
  });

  it('stays within a pixel of the curve where it is bent', () => {
    const line = flatten([0, 0, 0, 60, 100, 0, 100, 60]);
    assert.ok(line.length > 8);
    for (let i = 0; i < line.length; i += 2) {
      const [x = 0, y = 0] = line.slice(i, i + 2);
      const near = Array.from({ length: 2001 }, (_, k) => {
        const [t, s] = [k / 2000, 1 - k / 2000];
        return Math.hypot(300 * s * t * t + 100 * t ** 3 - x, 180 * s * s * t + 60 * t ** 3 - y);
      });
      assert.ok(Math.min(...near) < 1, `${x}, ${y}`); // rounding to half pixels is 0.36 at most
    }
  });
});
