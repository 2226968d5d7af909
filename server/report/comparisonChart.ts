import { fromWire, type WireNumber } from '../protocol/wire.ts';
import type { ComparedPair, ComparisonInput } from './comparisonInput.ts';
import { pathOf, worstOf, type Series } from './depthChart.ts';
import { count, db } from './figures.ts';
import { html, type Markup } from './markup.ts';

const [width, height] = [900, 200];
const [left, right, top, bottom] = [44, 180, 10, 22];
/** More points than these cannot be told apart. */
const mostPoints = 400;
/** Lines of text at the ends are so far apart. */
const lineHeight = 12;
/** What is exact stands for so much, in dB. */
const exactDb = 200;
/** Beyond these an SQNR is drawn at the edge, in dB. */
const [mostDb, leastDb] = [80, -20];

type Look = 'was' | 'now' | 'weights' | 'activations';

/** One line of the chart. */
export interface ComparedLine {
  readonly name: string;
  readonly look: Look;
  readonly values: Series;
}

const dashes: Readonly<Record<Look, string>> = {
  was: 'dashed',
  now: 'solid',
  weights: 'dash and dot',
  activations: 'dotted',
};

/** What is drawn, in words. */
export const depthWhats: Readonly<Record<ComparisonInput['figure'], string>> = {
  soFar: 'Output of each layer with everything before it rounded too',
  weights: 'Weights of each layer as the target rounds them',
  apart: 'Weights of the second against those of the first',
};

/** The error along both networks, in the order of the first; nothing where no layer has a figure. */
export function comparedDepth(input: ComparisonInput): Markup | undefined {
  const { pairs, figure } = input;
  const lines = comparedLines(input);
  const known = lines.flatMap(({ values }) => values).filter((one) => one !== undefined);
  if (lines.length === 0) return undefined;
  const high =
    10 *
    Math.ceil(
      Math.min(
        mostDb,
        known.reduce((a, b) => Math.max(a, b), 20),
      ) / 10,
    );
  const low =
    10 *
    Math.floor(
      Math.max(
        leastDb,
        known.reduce((a, b) => Math.min(a, b), 0),
      ) / 10,
    );
  const y = (value: number): number => {
    const share = (high - Math.min(high, Math.max(low, value))) / (high - low);
    return px(top + (height - top - bottom) * share);
  };
  const perBin = perBinOf(pairs);
  const bins = Math.ceil(pairs.length / perBin);
  const x = (bin: number): number => px(left + ((width - left - right) * bin) / (bins - 1));
  const ticks = Array.from({ length: (high - low) / 20 + 1 }, (_, i) => low + 20 * i);
  const ends = lines.map(
    ({ name, look, values }) => `${name} ${endText(values)} at the end (${dashes[look]})`,
  );
  return html`<h2 id="depth">By depth</h2>
    <p class="dim">
      ${depthWhats[figure]}, SQNR in dB, ${depthSpan(input)}: ${ends.join(', ')}.
      ${perBin > 1 ? `Each point is the worst of ${count(perBin)} layers.` : ''}
    </p>
    <div class="wide" role="region" aria-label="By depth" tabindex="0">
      <svg
        class="depth"
        xmlns="http://www.w3.org/2000/svg"
        viewBox="0 0 ${width} ${height}"
        role="img"
        aria-label="${depthWhats[figure]}, SQNR in dB by depth: ${ends.join(', ')}."
      >
        ${ticks.map((tick) => tickLine(tick, y(tick), tick + 20 > high))}${lines.map(({ values, look }) => html`<path class="${look}-path" d="${pathOf(worstOf(values, perBin), x, y)}" />`)}
        <text x="${left}" y="${height - 6}">first layer</text>
        <text x="${width - right}" y="${height - 6}" text-anchor="end">
          last of ${count(pairs.length)}
        </text>
        ${endLabels(lines, y)}
      </svg>
    </div>`;
}

/** From where to where lines by depth go: layers of one side alone are not in them. */
export const depthSpan = ({ unmatched: { first, second } }: ComparisonInput): string =>
  first.length + second.length === 0
    ? 'from the input to the output'
    : 'from the first to the last layer that both have';

/** How many layers are one point, the worst of them. */
export const perBinOf = (pairs: readonly ComparedPair[]): number =>
  Math.ceil(pairs.length / mostPoints);

/** What there is to draw by depth; nothing where no layer has a figure, or no gain means anything. */
export function comparedLines(input: ComparisonInput): ComparedLine[] {
  if (input.isUnlike || input.pairs.length < 2) return [];
  const lines = linesOf(input);
  const isDrawn = lines.some(({ values }) =>
    values.some((one) => one !== undefined && Math.abs(one) < exactDb),
  );
  return isDrawn ? lines : [];
}

/** One line a side; what is not rounded loses nothing, and has none. */
function linesOf({ figure, pairs, sides: [first, second] }: ComparisonInput): ComparedLine[] {
  const of = (pick: (pair: ComparedPair) => WireNumber | undefined): Series =>
    pairs.map((pair) => drawn(pick(pair)));
  if (figure === 'apart') {
    return [{ name: 'weights apart', look: 'now', values: of((pair) => pair.apart) }];
  }
  const was: ComparedLine = { name: first.head, look: 'was', values: of((pair) => pair.first) };
  const now: ComparedLine = { name: second.head, look: 'now', values: of((pair) => pair.second) };
  const shares: ComparedLine[] = [
    { name: 'weights only', look: 'weights', values: of(({ weights }) => weights) },
    { name: 'activations only', look: 'activations', values: of(({ activations }) => activations) },
  ];
  const sides: ComparedLine[] = first.isFloat
    ? [now]
    : second.isFloat
      ? [{ ...was, look: 'now' }]
      : [was, now];
  return [...(second.isFloat && first.isFloat ? [] : sides), ...shares].filter(({ values }) =>
    values.some((one) => one !== undefined),
  );
}

/** What is exact lies at the upper edge. */
function drawn(value: WireNumber | undefined): number | undefined {
  const number = fromWire(value ?? 'nan');
  return Number.isNaN(number) ? undefined : Math.max(-exactDb, Math.min(exactDb, number));
}

const lastOf = (values: Series): number | undefined => values.findLast((one) => one !== undefined);

function endText(values: Series): string {
  const end = lastOf(values);
  if (end === undefined) return '–';
  return end >= exactDb ? 'exact' : `${db(end)} dB`;
}

const tickLine = (tick: number, at: number, isLast: boolean): Markup =>
  html`<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" /><text
      x="${left - 6}"
      y="${at + 3}"
      text-anchor="end"
      >${`${String(tick).replace('-', '−')}${isLast ? ' dB' : ''}`}</text
    >`;

/** What the lines are, where they end; from above to below, none on another. */
function endLabels(lines: readonly ComparedLine[], y: (value: number) => number): Markup[] {
  const ends = lines
    .flatMap((line) => {
      const end = lastOf(line.values);
      return end === undefined ? [] : [{ line, at: y(end) + 3 }];
    })
    .sort((a, b) => a.at - b.at);
  const room = height - 4 - lineHeight * (ends.length - 1);
  let least = -Infinity;
  return ends.map(({ line, at }, i) => {
    least = Math.max(Math.min(at, room + lineHeight * i), least + lineHeight);
    return html`<text class="${line.look}-text" x="${width - right + 8}" y="${px(least)}"
      >${`${line.name} ${endText(line.values)}`}</text
    >`;
  });
}

const px = (value: number): number => Math.round(10 * value) / 10;
