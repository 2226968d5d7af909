import type { LayerDataFigures } from '../../../server/protocol/data.ts';
import type { LayerRow, ModelState } from '../../../server/protocol/model.ts';
import {
  dotKeys,
  rangeKeys,
  spanKeys,
  weightKeys,
  type ChartKey,
} from '../../kit/charts/chartKeys.ts';
import { dotMarks } from '../../kit/charts/dbDots.ts';
import { spanMarks, weightMarks } from '../../kit/charts/layerMarks.ts';
import { rangeBarMarks, rangeInWords } from '../../kit/charts/rangeBar.ts';
import { rowsChart, type ChartRow } from '../../kit/charts/rowsChart.ts';
import { decibels, plural, sigmas, span } from '../../kit/numbers.ts';
import { linear, tickText, type Scale } from '../../kit/scales.ts';
import { selectedRows } from './actions.ts';
import { dbOf, judgedFigure, ownDb, ownFigureOf } from './dataModel.ts';
import { isMeasured, rangeAxis } from './layersModel.ts';
import type { Page } from './page.ts';
import { dbAxis, leftOut, mostChartRows, type TableChart } from './tableCharts.ts';

/** Width of what is drawn between names and figures. */
const plotPx = [6, 420] as const;

/** What a column says of its layers, as one chart. */
interface ColumnChart {
  /** In the list of charts, before how many layers it has: `Weight ranges`. */
  readonly name: string;
  /** Over the axis, with the unit. */
  readonly title: string;
  readonly x: Scale;
  readonly keys: readonly ChartKey[];
  readonly row: (layer: LayerRow) => Omit<ChartRow, 'name'>;
  readonly isOfSamples: boolean;
}

/** Columns of the layers table that a chart can be made of, in the order of the table. */
const makers = {
  range: rangesOf,
  weights: weightsOf,
  activation: activationsOf,
  alone: ownOf,
  soFar: soFarOf,
  bias: biasOf,
} as const;
type Charted = keyof typeof makers;
const charted = Object.keys(makers) as Charted[];

/** The chart of every column that has something to show. */
export const layerCharts = (page: Page): readonly TableChart[] =>
  charted.flatMap((column) => layerChart(page, column) ?? []);

/** One column of the table for the selected layers, or for all where there are not several. */
export function layerChart(page: Page, column: string): TableChart | undefined {
  const { model } = page.state;
  const known = charted.find((one) => one === column);
  if (!model || !known) return undefined;
  const selected = selectedRows(page);
  const wanted = selected.length > 1 ? selected : page.layerRows();
  const has = hasFigure(known, model);
  const measured = wanted.filter(has);
  if (measured.length === 0) return undefined;
  const rows = measured.slice(0, mostChartRows);
  const chart = makers[known](rows, model, page);
  const draw = (): ReturnType<TableChart['draw']> =>
    rowsChart({
      ...chart,
      tickText,
      rows: rows.map((layer) => ({ name: page.names().name(layer.name), ...chart.row(layer) })),
      note: leftOut(rows.length, measured.length),
    });
  return {
    title: `${chart.name} of ${plural(measured.length, 'layer')}`,
    isOfSamples: chart.isOfSamples,
    draw,
  };
}

/** Whether a column says anything of a layer. */
function hasFigure(column: Charted, { layers }: ModelState): (row: LayerRow) => boolean {
  const own = ownFigureOf(layers);
  return (row) => {
    if (!isMeasured(row)) return false;
    const now = row.data?.now;
    switch (column) {
      case 'range':
      case 'weights':
        return true;
      case 'activation':
        return now?.activation !== undefined;
      case 'alone':
        return !Number.isNaN(ownDb(now, own));
      case 'soFar':
        return !Number.isNaN(dbOf(now?.soFar));
      case 'bias':
        return now?.biasError !== undefined;
    }
  };
}

function rangesOf(rows: readonly LayerRow[], model: ModelState, page: Page): ColumnChart {
  const x = rangeAxis(model.layers, page.state.kept.axis, plotPx);
  return {
    name: 'Weight ranges',
    title: 'Weight range of each channel, max |w|',
    x,
    keys: rangeKeys(
      rows.some(({ before }) => before !== undefined),
      rows.some(({ now }) => now.range.halfStep > 0),
    ),
    row: ({ name, now, before }) => ({
      marks: rangeBarMarks(now, before, x),
      figures: '',
      spoken: `${name}: ${rangeInWords(now)}`,
    }),
    isOfSamples: false,
  };
}

function weightsOf(rows: readonly LayerRow[]): ColumnChart {
  const states = rows.flatMap(({ now, before }) => [now, ...(before ? [before] : [])]);
  const x = dbScale(states.flatMap((at) => [dbOf(at.sqnrTensor), dbOf(at.sqnrChannel)]));
  const both = ({ sqnrTensor, sqnrChannel }: LayerRow['now']): string =>
    `${decibels(sqnrTensor)} | ${decibels(sqnrChannel)}`;
  return {
    name: 'Weights SQNR',
    title: 'Weights, dB: one scale for the tensor | one a channel',
    x,
    keys: weightKeys(rows.some(({ before }) => before !== undefined)),
    row: ({ now, before }) => ({
      marks: weightMarks(now, before, x),
      figures: withBefore(both(now), before && both(before)),
    }),
    isOfSamples: false,
  };
}

function activationsOf(rows: readonly LayerRow[]): ColumnChart {
  const pairs = rows.map(({ data }) => [data?.now.activation, data?.before?.activation] as const);
  const all = pairs.flat().filter((one) => one !== undefined);
  const least = all.reduce((low, { min }) => Math.min(low, min), 0);
  const most = all.reduce((high, { max }) => Math.max(high, max), 0);
  const x = linear([least, most], plotPx, 6);
  return {
    name: 'Activation ranges',
    title: 'Activation range, least to greatest value on the calibration samples',
    x,
    keys: spanKeys(pairs.some(([, before]) => before !== undefined)),
    row: ({ data }) => {
      const [now, before] = [data?.now.activation, data?.before?.activation];
      if (!now) return { marks: '', figures: '' };
      const was = before && span(before.min, before.max);
      return {
        marks: spanMarks(now, before, x),
        figures: withBefore(span(now.min, now.max), was),
      };
    },
    isOfSamples: true,
  };
}

function ownOf(rows: readonly LayerRow[], model: ModelState): ColumnChart {
  const own = ownFigureOf(model.layers);
  const isAlone = own === 'alone';
  const of = isAlone ? `the ${judgedFigure(model)}` : 'the layer’s own output';
  return dotsOf(rows, {
    name: isAlone ? 'Alone' : 'Own error',
    title: `${isAlone ? 'Alone' : 'Own error'}, dB: SQNR of ${of} with only this layer quantized`,
    figure: (figures) => ownDb(figures, own),
    text: decibels,
    axis: dbScale,
  });
}

function soFarOf(rows: readonly LayerRow[]): ColumnChart {
  return dotsOf(rows, {
    name: 'So far',
    title: 'So far, dB: SQNR of each output with everything before it quantized too',
    figure: (figures) => dbOf(figures?.soFar),
    text: decibels,
    axis: dbScale,
  });
}

function biasOf(rows: readonly LayerRow[]): ColumnChart {
  return dotsOf(rows, {
    name: 'Bias error',
    title: 'Bias error, σ: mean shift of the channels, on samples not used to correct',
    figure: (figures) => figures?.biasError ?? NaN,
    text: sigmas,
    axis: (all) => linear([0, all.reduce((most, one) => Math.max(most, one), 0) || 1], plotPx, 6),
  });
}

/** A column of one figure: hollow before, filled now. */
function dotsOf(
  rows: readonly LayerRow[],
  {
    name,
    title,
    figure,
    text,
    axis,
  }: {
    readonly name: string;
    readonly title: string;
    readonly figure: (figures: LayerDataFigures | undefined) => number;
    readonly text: (value: number) => string;
    readonly axis: (all: readonly number[]) => Scale;
  },
): ColumnChart {
  const nowOf = ({ data }: LayerRow): number => figure(data?.now);
  const wasOf = ({ data }: LayerRow): number => figure(data?.before);
  const x = axis(rows.flatMap((row) => [nowOf(row), wasOf(row)]).filter(Number.isFinite));
  return {
    name,
    title,
    x,
    keys: dotKeys(rows.some((row) => !Number.isNaN(wasOf(row)))),
    row: (row) => {
      const [now, was] = [nowOf(row), wasOf(row)];
      const before = Number.isNaN(was) ? undefined : was;
      const figures = withBefore(text(now), before === undefined ? undefined : text(before));
      return { marks: dotMarks(now, before, x), figures };
    },
    isOfSamples: true,
  };
}

const dbScale = (all: readonly number[]): Scale => dbAxis(all, plotPx);

/** `6.6 → 37.0`; one figure where nothing changed. */
const withBefore = (now: string, before: string | undefined): string =>
  before === undefined || before === now ? now : `${before} → ${now}`;
