import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import type { GraphBox, GraphLayout, GraphView } from '../protocol/graph.ts';
import { boxesAround, partOf } from './around.ts';
import { boxWords } from './boxWords.ts';
import { boxHeight, boxWidth, toDot } from './dot.ts';
import { NoLayout, type LayoutWorker } from './layoutWorker.ts';
import { layersOutline, nodesOutline } from './mergeNodes.ts';
import type { Outline } from './outline.ts';
import { place, type Placed } from './place.ts';
import { contractRuns, singleRuns } from './runs.ts';

/** From so many boxes on, chains are laid out as one: it is faster, and looks nearly the same. */
const contractFrom = 1_000;
/** What the library lays out within a few seconds. */
const runLimit = 4_000;
const timeLimitMs = 10_000;
/** Boxes of the part that is drawn of a graph above these limits. */
const partSize = 600;
/** Above this a page would not keep its frames. */
const boxLimit = 20_000;

/** What is to be drawn. `around`: the id of any node, or of a graph input. */
export interface LayoutWish {
  readonly view: GraphView;
  readonly around?: number;
}

/** Boxes and edges of a graph with their places. */
export async function layoutOf(
  graph: Graph,
  { view, around }: LayoutWish,
  worker: LayoutWorker,
  job: Job,
): Promise<Omit<GraphLayout, 'uri' | 'revision'>> {
  worker.prepare();
  const outline = view === 'layers' ? layersOutline(graph) : nodesOutline(graph);
  const words = outline.boxes.map((box, i) => boxWords(graph, box, i));
  const counts = { view, boxWidth, boxHeight, nodeCount: graph.nodes.length };
  const whole = await drawWhole(outline, worker, job);
  if ('width' in whole) {
    const boxes = placed(words, whole);
    const { width, height, edges } = whole;
    return { ...counts, boxCount: boxes.length, boxes, edges, width, height };
  }
  const centre = Math.min(Math.max(0, boxOf(outline, around)), words.length - 1);
  const chosen = boxesAround(outline, centre, partSize);
  const { outline: part, cut } = partOf(outline, chosen);
  const drawn = await draw(part, false, worker, job);
  const { width, height, edges } = drawn;
  return {
    ...counts,
    boxCount: words.length,
    boxes: placed(
      chosen.flatMap((i) => words[i] ?? []),
      drawn,
      cut,
    ),
    edges,
    width,
    height,
    part: {
      around: words[centre]?.id ?? 0,
      why: whole.why,
      all: words.map(({ id, title, name, merged }) => ({ id, title, name, merged })),
    },
  };
}

/** The whole graph, or why not. */
async function drawWhole(
  outline: Outline,
  worker: LayoutWorker,
  job: Job,
): Promise<Placed | { readonly why: string }> {
  if (outline.boxes.length > boxLimit) return { why: 'The graph is too large to be drawn whole.' };
  const isLarge = outline.boxes.length > contractFrom;
  if (isLarge && contractRuns(outline).runs.length > runLimit) {
    return { why: 'The graph is too large to be laid out whole.' };
  }
  try {
    return await draw(outline, isLarge, worker, job);
  } catch (thrown) {
    if (!(thrown instanceof NoLayout) || outline.boxes.length <= partSize) throw thrown;
    return { why: `The graph cannot be laid out whole: ${thrown.message}` };
  }
}

async function draw(
  outline: Outline,
  isContracted: boolean,
  worker: LayoutWorker,
  job: Job,
): Promise<Placed> {
  if (outline.boxes.length === 0) return { width: 0, height: 0, middles: [], edges: [] };
  const runs = isContracted ? contractRuns(outline) : singleRuns(outline);
  return place(runs, await worker.draw(toDot(runs), job, timeLimitMs));
}

/** The box that a node is in; graph inputs come first, and have the ids −1, −2, ... */
const boxOf = ({ boxes }: Outline, id: number | undefined): number =>
  id !== undefined && id < 0
    ? -1 - id
    : boxes.findIndex(({ nodes }) => nodes.some((node) => node.id === id));

const placed = (
  words: readonly Omit<GraphBox, 'x' | 'y' | 'hidden'>[],
  { middles }: Placed,
  cut: readonly number[] = [],
): GraphBox[] =>
  words.map((box, i) => {
    const [x, y] = middles[i] ?? [0, 0];
    return { ...box, x, y, ...(cut[i] ? { hidden: cut[i] } : {}) };
  });
