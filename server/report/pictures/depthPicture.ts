import type { LayerRow } from '../../protocol/model.ts';
import { toWire } from '../../protocol/wire.ts';
import { depthOf, pathOf, worstOf, type Series } from '../depthChart.ts';
import { count, db } from '../figures.ts';
import { html, type Markup } from '../markup.ts';
import type { ReportInput } from '../reportInput.ts';
import type { Picture } from './frame.ts';
import * as keys from './keys.ts';
import { dot, ink, line, widthOf, words } from './marks.ts';
import { shortened } from './rows.ts';
import { linear, px, tickText, type Scale } from './scale.ts';

const [plotHeight, top] = [220, 8];
/** Room for the ticks and what is on the axis. */
const leastLeft = 44;
const limitDb = 20;
/** As many layers can be named under their points, and have dots. */
const mostNamed = 60;
/** Names under the points are turned; longer ones are cut. */
const [turn, mostLetters, namePx] = [-50, 28, 10];
const radians = (-turn * Math.PI) / 180;

/** The error along the network, from the input to the output. */
export function depthPicture(input: ReportInput): Picture | undefined {
  const depth = depthOf(input);
  if (!depth) return undefined;
  const { what, isChanged, perBin } = depth;
  const [now, before] = [worstOf(depth.now, perBin), worstOf(depth.before, perBin)];
  const isNamed = input.layers.length <= mostNamed;
  const width = Math.min(900, Math.max(420, 15 * now.length));
  const x = linear(0, Math.max(1, now.length - 1), width);
  const left = isNamed ? roomForNames(input.layers, x) : leastLeft;
  const y = heightScale([...now, ...(isChanged ? before : [])]);
  const down = (value: number): number => px(top + plotHeight - y(value));
  const at = (bin: number): number => px(left + x(bin));
  const below = top + plotHeight;
  const axis = isNamed
    ? layerNames(input.layers, at, below)
    : layerNumbers(input.layers, perBin, at, below);
  const ends = endWords(now, isChanged ? before : [], down, left + width + 10);
  return {
    name: 'by-depth',
    title: 'Error by depth',
    notes: [
      `${what}, from the input to the output. Higher is better.${perBin > 1 ? ` Each point is the worst of ${count(perBin)} layers.` : ''}`,
    ],
    legend: [...(isChanged ? [keys.nowLine, keys.openedLine] : []), keys.limitLine],
    body: {
      width: left + width + 10 + widthOf('as opened −00.0 dB'),
      height: below + axis.height,
      marks: [
        ...y.ticks.flatMap((tick) => [
          line([left, down(tick)], [left + width, down(tick)], tick === y.low ? ink.dim : ink.line),
          words(left - 8, down(tick) + 4, tickText(tick), { anchor: 'end', fill: ink.dim }),
        ]),
        words(left - 34, top + plotHeight / 2, 'SQNR, dB', { anchor: 'middle', turn: -90 }),
        line([left, down(limitDb)], [left + width, down(limitDb)], ink.dim, { dashes: '3 3' }),
        ...axis.marks,
        ...(isChanged ? [path(before, at, down, ink.dim, '4 3')] : []),
        path(now, at, down, ink.now),
        ...(isNamed && isChanged ? dots(before, at, down, true) : []),
        ...(isNamed ? dots(now, at, down, false) : []),
        ...ends,
      ],
      spoken: input.layers.map(({ name }, i) => `${name}: ${db(wire(depth.now[i]))} dB.`).join(' '),
    },
  };
}

const wire = (value: number | undefined): ReturnType<typeof toWire> | undefined =>
  value === undefined ? undefined : toWire(value);

/** Whole tens around the figures, at most 80 dB: what is exact is drawn at the top. */
function heightScale(values: Series): Scale {
  const known = values.filter((one) => one !== undefined);
  const high = known.reduce((most, one) => Math.max(most, one), 40);
  const low = known.reduce((least, one) => Math.min(least, one), 0);
  const from = 10 * Math.floor(Math.max(-20, low) / 10);
  return linear(from, 10 * Math.ceil(Math.min(80, high) / 10), plotHeight, 10);
}

const path = (
  series: Series,
  at: (bin: number) => number,
  down: (value: number) => number,
  stroke: string,
  dashes?: string,
): Markup => {
  const dashed = dashes === undefined ? undefined : html`stroke-dasharray="${dashes}"`;
  return html`<path
    d="${pathOf(series, at, down)}"
    fill="none"
    stroke="${stroke}"
    stroke-width="1.5"
    stroke-linejoin="round"
    ${dashed}
  />`;
};

const dots = (
  series: Series,
  at: (bin: number) => number,
  down: (value: number) => number,
  isHollow: boolean,
): Markup[] =>
  series.flatMap((value, bin) =>
    value === undefined ? [] : [dot(at(bin), down(value), isHollow ? ink.dim : ink.now, isHollow)],
  );

interface LayerAxis {
  readonly marks: readonly Markup[];
  readonly height: number;
}

/** Every layer by its name. */
function layerNames(
  layers: readonly LayerRow[],
  at: (bin: number) => number,
  below: number,
): LayerAxis {
  const names = layers.map(({ name }) => shortened(name, mostLetters));
  const longest = names.reduce((most, name) => Math.max(most, widthOf(name, namePx)), 0);
  const marks = names.flatMap((name, bin) => [
    line([at(bin), below], [at(bin), below + 4], ink.dim),
    words(at(bin) + 3, below + 13, name, { anchor: 'end', turn, size: namePx }),
  ]);
  return { marks, height: px(20 + longest * Math.sin(radians)) };
}

/** Turned names end under their points, and begin left of the first ones. */
const roomForNames = (layers: readonly LayerRow[], x: Scale): number =>
  layers.reduce((most, { name }, bin) => {
    const begins = widthOf(shortened(name, mostLetters), namePx) * Math.cos(radians);
    return Math.max(most, begins - x(bin));
  }, leastLeft);

/** Layers by their number, where there are too many for names. */
function layerNumbers(
  layers: readonly LayerRow[],
  perBin: number,
  at: (bin: number) => number,
  below: number,
): LayerAxis {
  const { ticks } = linear(1, layers.length, 1);
  const shown = [...new Set([1, ...ticks.filter((tick) => Number.isInteger(tick)), layers.length])];
  const apart = shown.filter(
    (tick) => tick === layers.length || at(layers.length / perBin) - at(tick / perBin) > 32,
  );
  const marks = apart.flatMap((tick) => {
    const x = at(Math.floor((tick - 1) / perBin));
    return [
      line([x, below], [x, below + 4], ink.dim),
      words(x, below + 16, count(tick), { anchor: 'middle', fill: ink.dim }),
    ];
  });
  const middle = (at(0) + at(Math.ceil(layers.length / perBin) - 1)) / 2;
  return {
    marks: [
      ...marks,
      words(middle, below + 32, 'Layer, in the order of the network', { anchor: 'middle' }),
    ],
    height: 36,
  };
}

/** What the lines are, where they end; apart from each other by the height of a line. */
function endWords(
  now: Series,
  before: Series,
  down: (value: number) => number,
  x: number,
): Markup[] {
  const of = (series: Series): number | undefined => series.findLast((one) => one !== undefined);
  const [is, was] = [of(now), of(before)];
  if (is === undefined) return [];
  let [y, wasY] = [down(is), was === undefined ? NaN : down(was)];
  const short = 14 - Math.abs(y - wasY);
  if (short > 0) {
    const way = y <= wasY ? -1 : 1;
    [y, wasY] = [y + (way * short) / 2, wasY - (way * short) / 2];
  }
  return [
    words(x, y + 4, `${was === undefined ? '' : 'now '}${db(toWire(is))} dB`, {
      fill: ink.now,
      isBold: true,
    }),
    ...(was === undefined
      ? []
      : [words(x, wasY + 4, `as opened ${db(toWire(was))} dB`, { fill: ink.dim })]),
  ];
}
