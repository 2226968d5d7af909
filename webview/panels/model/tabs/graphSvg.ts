import { plainColour } from '../../../kit/charts/plainColour.ts';
import type { ChartWords } from '../../../kit/charts/standAlone.ts';
import { shortTitle, type DrawnBox } from './graphModel.ts';
import { alphaOf, worstHeat, type Picture } from './graphPaint.ts';
import type { GraphTokens } from './graphTokens.ts';

/** Room around the graph, and for the line under it. */
const margin = 16;
const footPx = 20;

/** The whole graph at 100 % as an SVG that stands alone, in the colours of the theme. */
export function graphSvg(picture: Picture, tokens: GraphTokens, words: ChartWords): string {
  const { layout, boxes } = picture;
  const [width, height] = [layout.width + 2 * margin, layout.height + 2 * margin + footPx];
  const colour = (token: string): string => hexOf(token);
  const lines = layout.edges.map(({ points }) => pathOf(points)).join('');
  const drawn = boxes.map((box) => boxOf(box, picture, tokens)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="${-margin} ${-margin} ${px(width)} ${px(height)}" role="img" font-family="${escape(tokens.family)}" font-size="12px">
<title>${escape(words.title)}</title>
<desc>${escape(words.description)}</desc>
<rect x="${-margin}" y="${-margin}" width="${px(width)}" height="${px(height)}" fill="${colour(tokens.background)}"/>
<path d="${lines}" fill="none" stroke="${colour(tokens.dim)}" stroke-opacity="${tokens.isContrast ? 1 : 0.7}" stroke-linejoin="round"/>
${drawn}
<text x="0" y="${px(layout.height + footPx)}" font-size="11px" fill="${colour(tokens.dim)}">${escape(words.foot)}</text>
</svg>
`;
}

function boxOf(drawn: DrawnBox, { layout }: Picture, tokens: GraphTokens): string {
  const { boxWidth: w, boxHeight: h } = layout;
  const { box, heat, row, value, second } = drawn;
  const [x, y] = [px(box.x - w / 2), px(box.y - h / 2)];
  const place = `x="${x}" y="${y}" width="${px(w)}" height="${px(h)}"`;
  const [ink, dim] = [hexOf(tokens.foreground), hexOf(tokens.dim)];
  const alpha = tokens.isContrast ? 0 : alphaOf(heat);
  const isWorst = tokens.isContrast && heat > worstHeat;
  const dashes = box.hidden === undefined ? '' : ' stroke-dasharray="4 3"';
  const room = w - 16 - (value === '' ? 0 : 7 * value.length + 6);
  return [
    `<rect ${place} fill="${hexOf(tokens.background)}"/>`,
    alpha > 0 ? `<rect ${place} fill="${hexOf(tokens.bad)}" fill-opacity="${px(alpha)}"/>` : '',
    `<rect ${place} fill="none" stroke="${row ? ink : dim}" stroke-width="${isWorst ? 3 : 1}"${dashes}/>`,
    textOf(x + 8, y + 14, ink, '', shorten(shortTitle(box.title), room, 6.4, 'start')),
    textOf(
      x + 8,
      y + 28,
      heat > 0 || row ? ink : dim,
      ' font-size="11px"',
      shorten(second, w - 16, 6, 'end'),
    ),
    value === ''
      ? ''
      : textOf(x + px(w) - 8, y + 14, ink, ' font-weight="600" text-anchor="end"', value),
  ].join('');
}

const textOf = (x: number, y: number, fill: string, more: string, text: string): string =>
  text === '' ? '' : `<text x="${px(x)}" y="${px(y)}" fill="${fill}"${more}>${escape(text)}</text>`;

/** Long words keep their start or their end; the reader of the file has another font. */
function shorten(text: string, roomPx: number, letterPx: number, keeps: 'start' | 'end'): string {
  const most = Math.max(4, Math.floor(roomPx / letterPx));
  if (text.length <= most) return text;
  return keeps === 'start' ? `${text.slice(0, most - 1)}…` : `…${text.slice(1 - most)}`;
}

const pathOf = (points: readonly number[]): string =>
  points.map((at, i) => (i % 2 === 0 ? `${i === 0 ? 'M' : 'L'}${px(at)} ` : px(at))).join('');

/** A colour of the theme: hex with or without how much of it, or as CSS computes it. */
function hexOf(token: string): string {
  const short = /^#([\da-f])([\da-f])([\da-f])$/i.exec(token);
  if (short)
    return `#${short
      .slice(1)
      .map((c) => c + c)
      .join('')}`;
  return plainColour(token)?.hex ?? token.slice(0, 7);
}

const px = (value: number): number => Math.round(100 * value) / 100;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
