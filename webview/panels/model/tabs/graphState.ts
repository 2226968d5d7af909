import type { GraphLayout, NamedBox } from '../../../../server/protocol/graph.ts';
import type { ToPanel } from '../../../../server/protocol/panel.ts';
import type { LayerRow } from '../../../../server/protocol/model.ts';
import type { Fault } from '../../../../server/protocol/requests.ts';
import { remember } from '../../../kit/remember.ts';
import { ownFigureOf } from '../dataModel.ts';
import type { Page } from '../page.ts';
import { coloursFor, worstRows, type GraphColour } from './graphColour.ts';
import { GraphFrame } from './graphFrame.ts';
import { drawnBoxes, findBoxes, neighboursOf, wishOf, type DrawnBox } from './graphModel.ts';
import type { Picture } from './graphPaint.ts';

/** What the page knows of the graph. */
export interface GraphState {
  readonly layout: GraphLayout | undefined;
  readonly status: 'none' | 'running' | 'ready' | 'failed' | 'stopped';
  readonly fault: Fault | undefined;
  /** What was asked for last. */
  readonly wish: string;
  /** A node that the part of a large graph is to be drawn around, as the user wanted it. */
  readonly around: number | undefined;
  /** Id of the chosen box; absent: the worst. */
  readonly chosen: number | undefined;
  readonly find: string;
}

export const graphAtFirst: GraphState = {
  layout: undefined,
  status: 'none',
  fault: undefined,
  wish: '',
  around: undefined,
  chosen: undefined,
  find: '',
};

/** What outlives a drawing of the tab, and what is made of a layout once. */
export class GraphParts {
  readonly frame = new GraphFrame();
  readonly boxes = remember(drawnBoxes);
  readonly neighbours = remember(neighboursOf);
  readonly worst = remember(worstRows);
  readonly found = remember((layout: GraphLayout, text: string) => findBoxes(layout, text));
  readonly picture = remember(
    (
      layout: GraphLayout,
      boxes: readonly DrawnBox[],
      chosen: number | undefined,
      found: ReadonlySet<number>,
    ): Picture => ({ layout, boxes, chosen, found }),
  );
  /** Positions of those that are drawn. */
  readonly foundSet = remember(({ boxes }: GraphLayout, found: readonly NamedBox[]) => {
    const ids = new Set(found.map(({ id }) => id));
    return new Set(boxes.flatMap(({ id }, at) => (ids.has(id) ? [at] : [])));
  });
}

const change = (page: Page, more: Partial<GraphState>): void =>
  page.change({ graph: { ...page.state.graph, ...more } });

/** What boxes are coloured by: as chosen where that is known, else as the layers are marked. */
export function colourOf(page: Page): GraphColour | undefined {
  const { model, kept } = page.state;
  if (model?.kind !== 'float') return undefined;
  const known = coloursFor(model.layers);
  const wanted = known.find((colour) => colour === kept.graphColour);
  // What samples say of a layer by itself is what the table marks it by.
  const own = ownFigureOf(model.layers);
  if (wanted) return wanted;
  if (known.includes(own)) return own;
  if (known.includes('estimate')) return 'estimate';
  return model.target.granularity === 'channel' ? 'weights' : 'gap';
}

/** The layers by what the boxes are coloured by, worst first. */
export function worstOf(page: Page): readonly LayerRow[] {
  const colour = colourOf(page);
  return colour && page.state.model ? page.graph.worst(page.state.model.layers, colour) : [];
}

/** Position of the chosen box in the layout; the worst where none was chosen. */
export function chosenAt(page: Page): number | undefined {
  const { layout, chosen } = page.state.graph;
  if (!layout || layout.boxes.length === 0) return undefined;
  const at = (id: number | undefined): number =>
    id === undefined ? -1 : layout.boxes.findIndex((box) => box.id === id);
  const own = at(chosen);
  if (own !== -1) return own;
  const worst = at(worstOf(page)[0]?.id);
  return worst !== -1 ? worst : Math.max(0, at(layout.part?.around));
}

/**
 * Asks for the layout of what is shown now, once; called whenever the tab is drawn, and when the
 * pointer comes to it: loading the library takes longer than most layouts.
 */
export function askForGraph(page: Page): void {
  queueMicrotask(() => {
    const { model, kept, graph } = page.state;
    if (!model) return;
    const wish = wishOf(model, kept.graphView, graph.around);
    if (wish !== graph.wish) ask(page, wish);
  });
}

/** Asks once more after a fault or a stop. */
export const askAgain = (page: Page): void => ask(page, page.state.graph.wish);

function ask(page: Page, wish: string): void {
  const { graph, kept } = page.state;
  const around = graph.around ?? graph.chosen ?? worstOf(page)[0]?.id;
  change(page, { wish, status: 'running', fault: undefined });
  page.post({
    type: 'layoutGraph',
    view: kept.graphView,
    ...(around === undefined ? {} : { around }),
  });
}

/** Takes the host's answer: a layout, a fault, or neither where it was stopped. */
export function receiveGraph(
  page: Page,
  { layout, fault }: Extract<ToPanel, { type: 'graph' }>,
): void {
  if (layout) change(page, { layout, status: 'ready', fault: undefined });
  else if (fault) change(page, { status: 'failed', fault });
  else change(page, { status: 'stopped' });
}

/** Chooses a box by its position. */
export function chooseBox(page: Page, at: number): void {
  const box = page.state.graph.layout?.boxes[at];
  if (box) change(page, { chosen: box.id });
}

/** Chooses a box and brings it into sight. */
export function goTo(page: Page, at: number): void {
  chooseBox(page, at);
  page.graph.frame.reveal(at);
}

/** Goes to a layer in the graph, wherever the user is. */
export function showInGraph(page: Page, layer: number): void {
  const { layout } = page.state.graph;
  const isOutside = layout?.part !== undefined && !layout.boxes.some(({ id }) => id === layer);
  change(page, { chosen: layer, ...(isOutside ? { around: layer } : {}) });
  page.graph.frame.centreNext();
  page.keep({ tab: 'graph' });
  setTimeout(() => page.graph.frame.focus(), 50);
}

/** Draws the part around a node. */
export const drawAround = (page: Page, id: number): void => {
  page.graph.frame.centreNext();
  change(page, { around: id, chosen: id });
};

/** What is looked for; the first that is found is chosen, where one is drawn. */
export function find(page: Page, text: string): void {
  change(page, { find: text });
  const { layout } = page.state.graph;
  if (!layout) return;
  const [first] = page.graph.foundSet(layout, page.graph.found(layout, text));
  if (first !== undefined) goTo(page, first);
}

/** Id of the chosen box, also while the part around it is still being laid out. */
export function chosenId(page: Page): number | undefined {
  const { layout, chosen, status } = page.state.graph;
  const shown = layout?.boxes[chosenAt(page) ?? -1]?.id;
  return status === 'running' ? (chosen ?? shown) : shown;
}

/** The next of what was found, or the one before; one that is not drawn is drawn. */
export function findNext(page: Page, by: 1 | -1): void {
  const { layout, find: text } = page.state.graph;
  const found = layout ? page.graph.found(layout, text) : [];
  const now = found.findIndex(({ id }) => id === chosenId(page));
  const next = found.at(now < 0 ? Math.min(0, by) : (now + by) % found.length);
  if (next) goToBox(page, next.id);
}

/** Chooses a box by its id; where it is not drawn, the part around it is. */
export function goToBox(page: Page, id: number): void {
  const at = page.state.graph.layout?.boxes.findIndex((box) => box.id === id) ?? -1;
  if (at >= 0) goTo(page, at);
  else drawAround(page, id);
}
