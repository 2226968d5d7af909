import type { GraphLayout } from '../../../../server/protocol/graph.ts';
import type { Camera, Size } from './graphCamera.ts';
import { shortTitle, type DrawnBox } from './graphModel.ts';
import type { GraphTokens } from './graphTokens.ts';

/** What a picture of the graph is made from. */
export interface Picture {
  readonly layout: GraphLayout;
  readonly boxes: readonly DrawnBox[];
  /** Position of the chosen box. */
  readonly chosen: number | undefined;
  /** Positions of what was found, besides the chosen one. */
  readonly found: ReadonlySet<number>;
}

/** Below this zoom words could not be read. */
const wordsFrom = 0.55;
/** Boxes lower than this are filled and have no border. */
const smallPx = 4;
/** Border of the worst in high contrast, where nothing is filled. */
export const worstHeat = 0.6;

/** Fill of a box: 10 to 58 % of the colour of what hurts. */
export const alphaOf = (heat: number): number => (heat > 0 ? 0.1 + 0.48 * heat : 0);

/** Draws what is in sight; `c` has pixels of the screen at `ratio` to one. */
export function paintGraph(
  c: CanvasRenderingContext2D,
  picture: Picture,
  camera: Camera,
  view: Size,
  ratio: number,
  tokens: GraphTokens,
): void {
  const { zoom } = camera;
  const [left, top] = [camera.x - view.width / 2 / zoom, camera.y - view.height / 2 / zoom];
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, view.width, view.height);
  c.setTransform(ratio * zoom, 0, 0, ratio * zoom, -left * zoom * ratio, -top * zoom * ratio);
  const sight = { left, top, right: left + view.width / zoom, bottom: top + view.height / zoom };
  paintEdges(c, picture, sight, zoom, tokens);
  paintBoxes(c, picture, sight, zoom, tokens);
}

interface Sight {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function paintEdges(
  c: CanvasRenderingContext2D,
  { layout, chosen }: Picture,
  sight: Sight,
  zoom: number,
  tokens: GraphTokens,
): void {
  const own = new Path2D();
  const others = new Path2D();
  for (const { from, to, points } of layout.edges) {
    if (!isEdgeSeen(points, sight, 1 / zoom)) continue;
    const path = from === chosen || to === chosen ? own : others;
    path.moveTo(points[0] ?? 0, points[1] ?? 0);
    for (let i = 2; i < points.length; i += 2) path.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
  }
  c.lineJoin = 'round';
  c.strokeStyle = tokens.dim;
  c.globalAlpha = tokens.isContrast ? 1 : 0.7;
  c.lineWidth = Math.max(1, 0.75 / zoom);
  c.stroke(others);
  c.globalAlpha = 1;
  c.strokeStyle = tokens.foreground;
  c.lineWidth = 1.5 * Math.max(1, 0.75 / zoom);
  c.stroke(own);
}

/** Whether a line is in sight, and not shorter than a pixel. */
function isEdgeSeen(
  points: readonly number[],
  { left, top, right, bottom }: Sight,
  pixel: number,
): boolean {
  const [first = 0, last = 0] = [points[1], points.at(-1)];
  if (Math.max(first, last) < top || Math.min(first, last) > bottom) return false;
  if (points.length === 4 && Math.abs(last - first) < pixel) return false;
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] ?? 0;
    if (x < least) least = x;
    if (x > most) most = x;
  }
  return most >= left && least <= right;
}

function paintBoxes(
  c: CanvasRenderingContext2D,
  { layout, boxes, chosen, found }: Picture,
  { left, top, right, bottom }: Sight,
  zoom: number,
  tokens: GraphTokens,
): void {
  const { boxWidth: w, boxHeight: h } = layout;
  const hasWords = zoom >= wordsFrom;
  const isSmall = h * zoom < smallPx;
  const line = Math.max(1, 0.75 / zoom);
  c.textBaseline = 'alphabetic';
  boxes.forEach((drawn, i) => {
    const [x, y] = [drawn.box.x - w / 2, drawn.box.y - h / 2];
    if (x > right || x + w < left || y > bottom || y + h < top) return;
    if (isSmall && i !== chosen && !found.has(i)) return paintSmall(c, drawn, x, y, w, h, tokens);
    c.fillStyle = tokens.background;
    c.fillRect(x, y, w, h);
    const alpha = tokens.isContrast ? 0 : alphaOf(drawn.heat);
    if (alpha > 0) {
      c.globalAlpha = alpha;
      c.fillStyle = tokens.bad;
      c.fillRect(x, y, w, h);
      c.globalAlpha = 1;
    }
    const isWorst = tokens.isContrast && drawn.heat > worstHeat;
    const isChosen = i === chosen;
    c.strokeStyle =
      isChosen || found.has(i) ? tokens.focus : drawn.row ? tokens.foreground : tokens.dim;
    c.lineWidth = isChosen || isWorst ? Math.max(isWorst ? 3 : 2.5, 2 / zoom) : line;
    c.setLineDash(drawn.box.hidden === undefined ? [] : [4, 3]);
    c.strokeRect(x, y, w, h);
    if (isChosen && isWorst) ring(c, x, y, w, h);
    if (hasWords) paintWords(c, drawn, x, y, w, tokens);
  });
  c.setLineDash([]);
}

/** A box of a few pixels, without a border: thousands are in sight then. */
export function paintSmall(
  c: CanvasRenderingContext2D,
  { heat, row }: DrawnBox,
  x: number,
  y: number,
  w: number,
  h: number,
  tokens: GraphTokens,
): void {
  const isHot = heat > 0 && !tokens.isContrast;
  const isWorst = tokens.isContrast && heat > worstHeat;
  c.fillStyle = isHot ? tokens.bad : isWorst ? tokens.foreground : tokens.dim;
  c.globalAlpha = isWorst
    ? 1
    : isHot
      ? alphaOf(heat) + 0.15
      : tokens.isContrast
        ? 0.6
        : row
          ? 0.28
          : 0.4;
  c.fillRect(x, y, w, h);
  c.globalAlpha = 1;
}

/** In high contrast the worst have a thick border already: the chosen one has another around it. */
function ring(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  c.lineWidth = 2;
  c.strokeRect(x - 5, y - 5, w + 10, h + 10);
}

function paintWords(
  c: CanvasRenderingContext2D,
  { box, value, second, heat, row }: DrawnBox,
  x: number,
  y: number,
  w: number,
  { foreground, dim, family }: GraphTokens,
): void {
  let room = w - 16;
  if (value !== '') {
    c.font = `600 12px ${family}`;
    c.fillStyle = foreground;
    const width = c.measureText(value).width;
    c.fillText(value, x + w - 8 - width, y + 14);
    room -= width + 6;
  }
  c.font = `12px ${family}`;
  c.fillStyle = foreground;
  c.fillText(cut(c, shortTitle(box.title), room, 12, 'start'), x + 8, y + 14);
  c.font = `11px ${family}`;
  c.fillStyle = heat > 0 || row ? foreground : dim;
  c.fillText(cut(c, second, w - 16, 11, 'end'), x + 8, y + 28);
}

/** Cut words by size, room and text: measuring is slow, and frames are not to wait for it. */
const cuts = new Map<string, string>();

/** Long words keep their start or their end: operators are told by the one, names by the other. */
function cut(
  c: CanvasRenderingContext2D,
  text: string,
  room: number,
  size: number,
  keeps: 'start' | 'end',
): string {
  const key = `${keeps} ${size} ${Math.round(room)} ${text}`;
  const known = cuts.get(key);
  if (known !== undefined) return known;
  const keep = (letters: number): string =>
    keeps === 'start' ? `${text.slice(0, letters)}…` : `…${text.slice(text.length - letters)}`;
  let made = text;
  if (c.measureText(text).width > room) {
    let [low, high] = [0, text.length];
    while (low < high) {
      const letters = Math.ceil((low + high) / 2);
      if (c.measureText(keep(letters)).width <= room) low = letters;
      else high = letters - 1;
    }
    made = keep(low);
  }
  if (cuts.size > 20_000) cuts.clear();
  cuts.set(key, made);
  return made;
}

/** Another font was put in place: words have other widths. */
export const forgetCuts = (): void => cuts.clear();
