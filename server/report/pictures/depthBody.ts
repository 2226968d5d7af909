import type { WireNumber } from '../../protocol/wire.ts';
import { toWire } from '../../protocol/wire.ts';
import { pathOf, worstOf, type Series } from '../depthChart.ts';
import { count, db } from '../figures.ts';
import { html, type Markup } from '../markup.ts';
import type { Body } from './frame.ts';
import { dot, ink, line, widthOf, words, type Ink } from './marks.ts';
import { shortened } from './rows.ts';
import { linear, px, tickText, type Scale } from './scale.ts';

/** One line of figures along the network, in dB. */
export interface DepthLine {
  /** At its end, before its last figure; empty where there is one line only. */
  readonly name: string;
  readonly values: Series;
  readonly stroke: Ink;
  readonly dashes?: string;
  /** Its layers have dots, where there are few: hollow ones, or filled. */
  readonly dots?: 'hollow' | 'filled';
}

const [plotHeight, top] = [220, 8];
/** Room for the ticks and what is on the axis. */
const leastLeft = 44;
const limitDb = 20;
const linePx = 14;
/** As many layers can be named under their points, and have dots. */
const mostNamed = 60;
/** Names under the points are turned; longer ones are cut. */
const [turn, mostLetters, namePx] = [-50, 28, 10];
const radians = (-turn * Math.PI) / 180;

/** Lines by depth, from the input to the output; the worst of every `perBin` layers is a point. */
export function depthBody(
  names: readonly string[],
  lines: readonly DepthLine[],
  perBin: number,
): Body {
  const drawn = lines.map((one) => ({ ...one, points: worstOf(one.values, perBin) }));
  const bins = Math.ceil(names.length / perBin);
  const isNamed = names.length <= mostNamed;
  const width = Math.min(900, Math.max(420, 15 * bins));
  const x = linear(0, Math.max(1, bins - 1), width);
  const left = isNamed ? roomForNames(names, x) : leastLeft;
  const y = heightScale(drawn.flatMap(({ points }) => points));
  const down = (value: number): number => px(top + plotHeight - y(value));
  const at = (bin: number): number => px(left + x(bin));
  const below = top + plotHeight;
  const axis = isNamed
    ? layerNames(names, at, below)
    : layerNumbers(names.length, perBin, at, below);
  const right = left + width + 10;
  const ends = endWords(lines, down);
  return {
    width: right + ends.reduce((most, { text }) => Math.max(most, widthOf(text) + 4), 0),
    height: below + axis.height,
    marks: [
      ...y.ticks.flatMap((tick) => [
        line([left, down(tick)], [left + width, down(tick)], tick === y.low ? ink.dim : ink.line),
        words(left - 8, down(tick) + 4, tickText(tick), { anchor: 'end', fill: ink.dim }),
      ]),
      words(left - 34, top + plotHeight / 2, 'SQNR, dB', { anchor: 'middle', turn: -90 }),
      line([left, down(limitDb)], [left + width, down(limitDb)], ink.dim, { dashes: '3 3' }),
      ...axis.marks,
      ...drawn.map((one) => path(pathOf(one.points, at, down), one)),
      ...drawn.flatMap((one) => (isNamed ? dotsOf(one, one.points, at, down) : [])),
      ...ends.map(({ text, y: endY, of }) =>
        words(right, endY, text, { fill: of.stroke, isBold: of.dots === 'filled' }),
      ),
    ],
    spoken: names
      .map((name, i) => `${name}: ${lines.map(({ values }) => db(wire(values[i]))).join(', ')} dB.`)
      .join(' '),
  };
}

const wire = (value: number | undefined): WireNumber | undefined =>
  value === undefined ? undefined : toWire(value);

/** Whole tens around the figures, at most 80 dB: what is exact is drawn at the top. */
function heightScale(values: Series): Scale {
  const known = values.filter((one) => one !== undefined);
  const high = known.reduce((most, one) => Math.max(most, one), 40);
  const low = known.reduce((least, one) => Math.min(least, one), 0);
  const from = 10 * Math.floor(Math.max(-20, low) / 10);
  return linear(from, 10 * Math.ceil(Math.min(80, high) / 10), plotHeight, 10);
}

function path(d: string, { stroke, dashes }: DepthLine): Markup {
  const dashed = dashes === undefined ? undefined : html`stroke-dasharray="${dashes}"`;
  return html`<path
    d="${d}"
    fill="none"
    stroke="${stroke}"
    stroke-width="1.5"
    stroke-linejoin="round"
    ${dashed}
  />`;
}

const dotsOf = (
  { dots, stroke }: DepthLine,
  points: Series,
  at: (bin: number) => number,
  down: (value: number) => number,
): Markup[] =>
  dots === undefined
    ? []
    : points.flatMap((value, bin) =>
        value === undefined ? [] : [dot(at(bin), down(value), stroke, dots === 'hollow')],
      );

interface LayerAxis {
  readonly marks: readonly Markup[];
  readonly height: number;
}

/** Every layer by its name. */
function layerNames(
  layers: readonly string[],
  at: (bin: number) => number,
  below: number,
): LayerAxis {
  const names = layers.map((name) => shortened(name, mostLetters));
  const longest = names.reduce((most, name) => Math.max(most, widthOf(name, namePx)), 0);
  const marks = names.flatMap((name, bin) => [
    line([at(bin), below], [at(bin), below + 4], ink.dim),
    words(at(bin) + 3, below + 13, name, { anchor: 'end', turn, size: namePx }),
  ]);
  return { marks, height: px(20 + longest * Math.sin(radians)) };
}

/** Turned names end under their points, and begin left of the first ones. */
const roomForNames = (layers: readonly string[], x: Scale): number =>
  layers.reduce((most, name, bin) => {
    const begins = widthOf(shortened(name, mostLetters), namePx) * Math.cos(radians);
    return Math.max(most, begins - x(bin));
  }, leastLeft);

/** Layers by their number, where there are too many for names. */
function layerNumbers(
  many: number,
  perBin: number,
  at: (bin: number) => number,
  below: number,
): LayerAxis {
  const { ticks } = linear(1, many, 1);
  const shown = [...new Set([1, ...ticks.filter((tick) => Number.isInteger(tick)), many])];
  const apart = shown.filter((tick) => tick === many || at(many / perBin) - at(tick / perBin) > 32);
  const marks = apart.flatMap((tick) => {
    const x = at(Math.floor((tick - 1) / perBin));
    return [
      line([x, below], [x, below + 4], ink.dim),
      words(x, below + 16, count(tick), { anchor: 'middle', fill: ink.dim }),
    ];
  });
  const middle = (at(0) + at(Math.ceil(many / perBin) - 1)) / 2;
  const label = 'Layer, in the order of the network';
  return { marks: [...marks, words(middle, below + 32, label, { anchor: 'middle' })], height: 36 };
}

interface EndWords {
  readonly text: string;
  readonly y: number;
  readonly of: DepthLine;
}

/** What the lines are, where they end; from above to below, none on another. */
function endWords(lines: readonly DepthLine[], down: (value: number) => number): EndWords[] {
  const ends = lines
    .flatMap((of) => {
      const end = of.values.findLast((one) => one !== undefined);
      if (end === undefined) return [];
      // What is exact stands for more than any figure that is measured.
      const figure = end >= exactDb ? 'exact' : `${db(toWire(end))} dB`;
      return [{ of, at: down(end) + 4, text: `${of.name} ${figure}`.trim() }];
    })
    .sort((a, b) => a.at - b.at);
  let least = -Infinity;
  return ends.map(({ of, at, text }, i) => {
    const room = top + plotHeight - linePx * (ends.length - 1 - i);
    least = Math.max(Math.min(at, room), least + linePx);
    return { of, text, y: px(least) };
  });
}

const exactDb = 200;
