import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { layoutOf } from '../../../server/graphView/layoutGraph.ts';
import { LayoutWorker, NoLayout } from '../../../server/graphView/layoutWorker.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import type { GraphLayout } from '../../../server/protocol/graph.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { graphOf, node, type NodeSpec } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { realModels } from '../../kit/onnxFiles.ts';

/** A chain of Softmax nodes; with `skip`, each reads its neighbour and the one `skip` before. */
function chain(count: number, skip = 0): Graph {
  const nodes: NodeSpec[] = [];
  for (let i = 0; i < count; i++) {
    const before = i === 0 ? 'x' : `v${i - 1}`;
    const far = skip > 0 && i > skip ? [`v${i - skip}`] : [];
    nodes.push(node(far.length > 0 ? 'Sum' : 'Softmax', [before, ...far], [`v${i}`]));
  }
  return graphOf({ inputs: { x: [4] }, outputs: [`v${count - 1}`], nodes });
}

/** Boxes do not overlap, edges go from box to box, everything lies in the picture. */
function checkPlaces(layout: Omit<GraphLayout, 'uri' | 'revision'>): void {
  const { boxes, edges, boxWidth, boxHeight, width, height } = layout;
  const inOrder = boxes.toSorted((a, b) => a.y - b.y || a.x - b.x);
  inOrder.forEach(({ x, y }, i) => {
    const before = inOrder[i - 1];
    assert.ok(before?.y !== y || x - before.x >= boxWidth, `at ${x}, ${y}`);
  });
  for (const { x, y } of boxes) {
    assert.ok(x >= boxWidth / 2 - 1 && x <= width - boxWidth / 2 + 1, `${x} of ${width}`);
    assert.ok(y >= boxHeight / 2 && y <= height - boxHeight / 2, `${y} of ${height}`);
  }
  for (const { from, to, points } of edges) {
    const [a, b] = [boxes[from], boxes[to]];
    assert.ok(a && b && a.y < b.y);
    assert.equal(points[1], a.y + boxHeight / 2);
    assert.equal(points.at(-1), b.y - boxHeight / 2);
    assert.ok(Math.abs((points[0] ?? 0) - a.x) <= boxWidth / 2 + 1);
  }
}

describe('the layout of a graph', () => {
  const worker = new LayoutWorker();
  after(() => worker.kill());

  it('places every box of both views', async () => {
    const graph = smallMobileNet();
    for (const view of ['layers', 'nodes'] as const) {
      const layout = await layoutOf(graph, { view }, worker, noJob);
      checkPlaces(layout);
      assert.equal(layout.boxes.length, layout.boxCount);
      const nodes = layout.boxes.reduce((sum, box) => sum + box.nodes, 0);
      assert.equal(nodes, graph.nodes.length);
      assert.equal(layout.part, undefined);
    }
  });

  it('is empty for a graph without nodes and inputs', async () => {
    const graph = graphOf({ inputs: {}, outputs: [], nodes: [] });
    const layout = await layoutOf(graph, { view: 'layers' }, worker, noJob);
    assert.deepEqual([layout.boxes, layout.edges, layout.width], [[], [], 0]);
  });

  it('draws the same structure once', async () => {
    const fresh = new LayoutWorker();
    try {
      const first = await layoutOf(chain(5), { view: 'layers' }, fresh, noJob);
      fresh.kill();
      assert.deepEqual(await layoutOf(chain(5), { view: 'layers' }, fresh, noJob), first);
      assert.ok(!fresh.isRunning, 'the second did not start the thread');
    } finally {
      fresh.kill();
    }
  });

  it('starts the thread beside the making of the first question, and of no other', async () => {
    const fresh = new LayoutWorker();
    try {
      const first = layoutOf(chain(5), { view: 'layers' }, fresh, noJob);
      assert.ok(fresh.isRunning, 'before anything was awaited');
      await first;
      fresh.kill();
      const second = layoutOf(chain(6), { view: 'layers' }, fresh, noJob);
      assert.ok(!fresh.isRunning, 'it could have been drawn before');
      checkPlaces(await second);
      assert.ok(fresh.isRunning);
    } finally {
      fresh.kill();
    }
  });

  it('takes a chain of 10,000 nodes whole, in exact rows', async () => {
    const layout = await layoutOf(chain(10_000), { view: 'nodes' }, worker, noJob);
    assert.equal(layout.boxes.length, 10_001);
    checkPlaces(layout);
    assert.equal(layout.height, 10_001 * 53 - 19);
  });

  it('draws the part around a node where the whole is above the limit', async () => {
    const graph = chain(5_000, 3);
    const layout = await layoutOf(graph, { view: 'nodes', around: 2_500 }, worker, noJob);
    const { all, ...part } = layout.part ?? assert.fail('it is drawn whole');
    assert.deepEqual(part, {
      around: 2_500,
      why: 'The graph is too large to be laid out whole.',
    });
    assert.deepEqual(
      all.map(({ id }) => id),
      [-1, ...graph.nodes.map(({ id }) => id)],
      'all can be looked for',
    );
    const input = await layoutOf(graph, { view: 'nodes', around: -1 }, worker, noJob);
    assert.equal(input.part?.around, -1);
    assert.equal(layout.boxCount, 5_001);
    assert.equal(layout.boxes.length, 600);
    assert.ok(layout.boxes.some(({ id }) => id === 2_500));
    assert.ok(layout.boxes.some(({ hidden = 0 }) => hidden > 0));
    checkPlaces(layout);
  });

  it('says so when the time is over, and lives on', async () => {
    const dot = `digraph{${Array.from({ length: 3000 }, (_, i) => `${i}->${(i * 7) % 3000};${i}->${(i * 13) % 3000}`).join(';')}}`;
    await assert.rejects(worker.draw(dot, noJob, 200), (thrown) => thrown instanceof NoLayout);
    assert.ok(!worker.isRunning);
    await assert.rejects(worker.draw('not a graph', noJob, 5_000), /syntax error/);
    checkPlaces(await layoutOf(chain(9), { view: 'layers' }, worker, noJob));
  });

  it('shows the 211 nodes of version-RFB-320 as 91 and its input', async function () {
    const path = realModels()?.find((model) => model.endsWith('version-RFB-320.onnx'));
    if (path === undefined) return this.skip();
    const opened = await openDocument(path, noJob);
    assert.ok(opened.ok);
    const layout = await layoutOf(opened.value.graph, { view: 'layers' }, worker, noJob);
    checkPlaces(layout);
    assert.equal(layout.boxes.length, 92); // panels.md 6: 242 nodes with its constants, shown as 92
    assert.equal(layout.boxes.find(({ name }) => name === '401')?.title, 'Depthwise 3×3');
  });
});
