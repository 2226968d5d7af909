import { plainColour } from './plainColour.ts';

/** What is said of a chart where it stands without its page. */
export interface ChartWords {
  readonly title: string;
  readonly description: string;
  /** A line under the chart: which layer of which model, for which target. */
  readonly foot: string;
}

const svgNamespace = 'http://www.w3.org/2000/svg';
/** Room around the chart, and for the line under it. */
const margin = 12;
const footPx = 20;

/**
 * A chart as a file of its own: the colours and fonts that the theme gives each part now are
 * written into it, on the background of the page, with title and description for readers.
 */
export function standAlone(chart: SVGSVGElement, words: ChartWords): string {
  const { width, height } = chart.getBoundingClientRect();
  const page = getComputedStyle(document.body);
  const drawn = withStyles(chart);
  const inkPx = Math.max(width, widthOf(words.foot, page.fontFamily));
  const [wide, high] = [inkPx + 2 * margin, height + 2 * margin + footPx];
  const svg = make('svg', {
    width: px(wide),
    height: px(high),
    viewBox: `${-margin} ${-margin} ${px(wide)} ${px(high)}`,
    role: 'img',
    'font-family': page.fontFamily,
    'font-size': '11px',
  });
  const ground = plainColour(page.backgroundColor)?.hex ?? '#ffffff';
  const ink = plainColour(page.color)?.hex ?? '#000000';
  const box = { x: px(-margin), y: px(-margin), width: px(wide), height: px(high) };
  svg.append(
    withText(make('title', {}), words.title),
    withText(make('desc', {}), words.description),
    make('rect', { ...box, fill: ground }),
    ...drawn,
    withText(
      make('text', { x: '0', y: px(height + footPx), fill: ink, 'fill-opacity': '0.75' }),
      words.foot,
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

/** A line under a small chart may be longer than the chart is wide. */
function widthOf(text: string, fontFamily: string): number {
  const pen = document.createElement('canvas').getContext('2d');
  if (!pen) return 0;
  pen.font = `11px ${fontFamily}`;
  return Math.ceil(pen.measureText(text).width);
}

const px = (value: number): string => String(Math.round(100 * value) / 100);

function make(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function withText(element: SVGElement, text: string): SVGElement {
  element.textContent = text;
  return element;
}

/** The parts of a chart, copied with what the style sheets make of them. */
function withStyles(from: Element): Element[] {
  return [...from.children].flatMap((child) => {
    if (child.localName === 'title') return [];
    const copy = make(child.localName, {});
    for (const { name, value } of child.attributes)
      if (isGeometry(name)) copy.setAttribute(name, value);
    for (const [name, value] of stylesOf(child)) copy.setAttribute(name, value);
    const inner = withStyles(child);
    if (inner.length > 0) copy.append(...inner);
    else if (child.localName === 'text') copy.textContent = child.textContent;
    return [copy];
  });
}

const isGeometry = (name: string): boolean =>
  !/^(class|style|id|role|tabindex|aria-|data-)/.test(name);

/** Which look of a part is not what SVG takes when nothing is said. */
const plain: readonly (readonly [name: string, otherwise: string])[] = [
  ['stroke-width', '1px'],
  ['stroke-dasharray', 'none'],
  ['stroke-linejoin', 'miter'],
  ['opacity', '1'],
  ['shape-rendering', 'auto'],
  ['text-anchor', 'start'],
  ['font-size', '11px'],
  ['font-weight', '400'],
];

function* stylesOf(element: Element): Generator<readonly [string, string]> {
  const style = getComputedStyle(element);
  if (element.localName === 'g' || element.localName === 'svg') {
    if (style.opacity !== '1') yield ['opacity', style.opacity];
    return;
  }
  for (const name of ['fill', 'stroke'] as const) {
    const colour = plainColour(style.getPropertyValue(name));
    if (colour) {
      yield [name, colour.hex];
      if (colour.alpha < 1) yield [`${name}-opacity`, String(colour.alpha)];
    } else if (name === 'fill') yield [name, 'none'];
  }
  const isText = element.localName === 'text';
  const hasStroke = plainColour(style.stroke) !== undefined;
  for (const [name, otherwise] of plain) {
    if (/^(font|text)/.test(name) && !isText) continue;
    if (name.startsWith('stroke') && !hasStroke) continue;
    const value = style.getPropertyValue(name);
    if (value !== otherwise && value !== '') yield [name, value];
  }
}
