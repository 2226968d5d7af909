import { html, nothing, svg, type TemplateResult } from 'lit';
import { cutApart } from '../cutNames.ts';
import { decibels, plural } from '../numbers.ts';
import { linear } from '../scales.ts';
import { line, px, words } from './pieces.ts';

/** One line of the chart: a figure in dB of every layer, in the order of the network. */
export interface DepthLine {
  readonly name: string;
  readonly look: 'now' | 'before' | 'weights' | 'activations';
  /** NaN leaves a gap. */
  readonly values: readonly number[];
}

const left = 44;
const top = 10;
const bottom = 184;
/** Beside the ends of the lines: room for a usual label, and for the longest as a share of the chart. */
const labelPx = 170;
const mostLabelShare = 0.35;
/** Of a letter in a label, of one that is bold, and of what is around a label. */
const [noteLetterPx, boldLetterPx, aroundPx] = [6.4, 7.4, 16];
/** Of a name under the axis. */
const mostLetters = 14;
/** How far down each of its letters reaches, at 60 degrees. */
const letterPx = 5.8;

/** Of the layers along the axis; only those are asked for that have room there. */
export type Names = Pick<readonly string[], 'length' | 'at'>;

/** What the lines are of; errors so far are measured on samples. */
export type DepthHead = 'So far' | 'Weights' | 'Weights apart';

/** What stands over and beside the lines. */
export interface DepthWords {
  readonly head: DepthHead;
  /** Some layers are not in the lines: the one that they end at is named. */
  readonly isPartial: boolean;
}

/** Error by depth: one line a state, named where it ends; dashes differ, so colour is never alone. */
export function depthLines(
  lines: readonly DepthLine[],
  names: Names,
  widthPx: number,
  current: number,
  { head, isPartial }: DepthWords,
): TemplateResult {
  const isNarrow = widthPx < 640;
  const endName = isPartial ? names.at(-1) : undefined;
  const ends = isNarrow ? [] : endLabels(lines, endName, mostLabelShare * widthPx);
  const widest = ends.reduce((most, label) => Math.max(most, widthOf(label)), 0);
  const right = isNarrow ? 8 : Math.max(labelPx, aroundPx + widest);
  const all = lines.flatMap(({ values }) => values).filter(Number.isFinite);
  const high = 20 * Math.ceil(Math.max(20, ...all) / 20);
  const low = 5 * Math.floor(Math.min(0, ...all) / 5);
  const y = linear([low, high], [bottom, top], 4);
  const x = linear([0, Math.max(1, names.length - 1)], [left + 8, widthPx - right - 8]);
  const every = Math.ceil((names.length * 16) / Math.max(1, widthPx - left - right));
  const isNamed = (i: number): boolean =>
    i === current || (i % every === 0 && (current < 0 || Math.abs(i - current) >= every));
  const named: { readonly name: string; readonly i: number }[] = [];
  for (let i = 0; i < names.length && !isNarrow; i++) {
    if (isNamed(i)) named.push({ name: names.at(i) ?? '', i });
  }
  const shorter = cutApart(
    named.map(({ name }) => name),
    mostLetters,
  );
  const longest = shorter.reduce((most, name) => Math.max(most, name.length), 0);
  const label = lines.map(({ name, values }) => `${name} ${decibels(last(values))} decibels`);
  return html`<svg
    width=${widthPx}
    height=${bottom + (isNarrow ? 18 : Math.max(84, 24 + Math.ceil(letterPx * longest)))}
    role="img"
    data-chart="Error by depth"
    data-of=${head === 'So far' ? 'samples' : nothing}
    aria-label="${head} by depth, at ${endName ?? 'the end'}: ${label.join(', ')}"
  >
    ${y.ticks.map(
      (
        tick,
      ) => svg`${line(left, px(y(tick)), widthPx - right, px(y(tick)), tick === 0 ? 'axis' : 'grid')}
        ${words(left - 6, px(y(tick)) + 4, 'tick end', tick === high ? `${tick} dB` : decibels(tick).replace('.0', ''))}`,
    )}
    ${current >= 0 && current < names.length ? line(px(x(current)), top, px(x(current)), bottom, 'cursor') : ''}
    ${lines.map(({ values, look }) => svg`<path d=${pathOf(values, x, y)} class="depth ${look}" />`)}
    ${lines
      .filter(({ look }) => look === 'now' || look === 'before')
      .map(({ values, look }) =>
        values.length > 120
          ? ''
          : values.map((value, i) =>
              Number.isFinite(value)
                ? svg`<circle cx=${px(x(i))} cy=${px(y(value))} r="2.5" class=${look === 'now' ? 'now' : 'lost-dot'} />`
                : '',
            ),
      )}
    ${drawnLabels(ends, y, widthPx - right + 8)}
    ${
      isNarrow
        ? words(
            left,
            bottom + 14,
            'tick',
            `${plural(names.length, 'layer')}, in the order of the network`,
          )
        : named.map(
            ({ name, i }, at) =>
              svg`<text x=${px(x(i))} y=${bottom + 14} class="tick end ${i === current ? 'current' : ''}" transform="rotate(-60 ${px(x(i))} ${bottom + 10})"><title>${name}</title>${shorter[at] ?? name}</text>`,
          )
    }
  </svg>`;
}

const last = (values: readonly number[]): number =>
  values.findLast((value) => !Number.isNaN(value)) ?? NaN;

/** Of values that lie on one pixel from side to side, the least and the greatest: no more is seen. */
function pathOf(
  values: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let isOn = false;
  let low = -1;
  let high = -1;
  const point = (i: number): void => {
    path += `${isOn ? 'L' : 'M'}${px(x(i))} ${px(y(values[i] ?? NaN))}`;
    isOn = true;
  };
  const end = (): void => {
    if (low >= 0) point(Math.min(low, high));
    if (low !== high) point(Math.max(low, high));
    low = high = -1;
  };
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) {
      end();
      isOn = false;
      continue;
    }
    if (low >= 0 && Math.floor(x(i)) !== Math.floor(x(low))) end();
    if (low < 0) low = high = i;
    else if (value < (values[low] ?? NaN)) low = i;
    else if (value > (values[high] ?? NaN)) high = i;
  }
  end();
  return path;
}

/** What stands at the end of a line, or under all of that. */
interface EndLabel {
  readonly text: string;
  readonly look: string;
  /** Where its line ends; undefined: under the others. */
  readonly end: number | undefined;
}

/**
 * Names at the ends with their figures, from the top down, cut where the longest would take too
 * much room; the last says at which layer the lines end, where that is to be said.
 */
function endLabels(
  lines: readonly DepthLine[],
  endName: string | undefined,
  mostPx: number,
): EndLabel[] {
  const ended = lines
    .map((one) => ({ one, end: last(one.values) }))
    .filter(({ end }) => !Number.isNaN(end))
    .sort((a, b) => b.end - a.end);
  const most = Math.max(mostLetters, Math.floor((mostPx - aroundPx) / boldLetterPx));
  const figures = ended.map(({ end }) => ` ${decibels(end)} dB`);
  const figureLetters = figures.reduce((longest, { length }) => Math.max(longest, length), 0);
  const cut = cutApart(
    ended.map(({ one }) => one.name),
    most - figureLetters,
  );
  const labels = ended.map(({ one: { look }, end }, at): EndLabel => {
    const own = look === 'now' ? 'strong now-text' : look === 'before' ? 'before-text' : 'note';
    return { text: `${cut[at] ?? ''}${figures[at] ?? ''}`, look: own, end };
  });
  const [place] = cutApart(endName === undefined ? [] : [endName], most - 3);
  return place === undefined || labels.length === 0
    ? labels
    : [...labels, { text: `at ${place}`, look: 'note', end: undefined }];
}

const widthOf = ({ text, look }: EndLabel): number =>
  text.length * (look.startsWith('strong') ? boldLetterPx : noteLetterPx);

/** Moved apart where they would lie on each other. */
function drawnLabels(
  labels: readonly EndLabel[],
  y: (value: number) => number,
  xPx: number,
): TemplateResult[] {
  let lowest = top - 10;
  return labels.map(({ text, look, end }) => {
    lowest = Math.max(lowest + 16, end === undefined ? 0 : y(end) + 4);
    return svg`${words(xPx, px(lowest), look, text)}`;
  });
}
