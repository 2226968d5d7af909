import type { LayerDataFigures } from '../protocol/data.ts';
import type { LayerFigures, LayerRow, ModelState } from '../protocol/model.ts';
import { version } from '../version.ts';
import { csvText, type Cell } from './csv.ts';

/** What the table of layers is made of; a `ModelState` is one. */
export type LayersTableInput = Pick<
  ModelState,
  'file' | 'target' | 'targetLabel' | 'layers' | 'data' | 'evaluation'
>;

/**
 * The layers as a table for spreadsheets and scripts; `schemas/layers.schema.json` says what each
 * column is. Numbers that are not finite are `inf`, `-inf` and `nan`.
 */
export const layersTable = (input: LayersTableInput, as: 'csv' | 'json'): string =>
  as === 'csv' ? layersCsv(input) : layersJson(input);

function layersJson({
  file,
  target,
  targetLabel,
  layers,
  data,
  evaluation,
}: LayersTableInput): string {
  const table = {
    rangefinder: version,
    table: 'layers',
    model: file.name,
    target,
    targetLabel,
    samples: data && { label: data.label, ...data.counts, isSynthetic: data.isSynthetic },
    isStale: evaluation?.isStale,
    layers: layers.map(layerFields),
  };
  return `${JSON.stringify(table, undefined, 1)}\n`;
}

/** The columns of one layer by their names, those of before by themselves. */
export const layerFields = (row: LayerRow): Record<string, unknown> => ({
  ...nowCells(row),
  before: beforeCells(row),
});

function layersCsv({ layers }: LayersTableInput): string {
  const rows = layers.map((row) => {
    const cells: Record<string, Cell> = nowCells(row);
    for (const [name, value] of Object.entries(beforeCells(row) ?? {})) {
      cells[`before.${name}`] = value;
    }
    return cells;
  });
  return csvText(csvColumns, rows);
}

function nowCells(row: LayerRow): Record<string, Cell> {
  const { name, operator, shape, channels, parameters, mark, findings, fault, isMeasured } = row;
  return {
    name,
    operator,
    shape,
    channels,
    parameters,
    mark,
    findings,
    fault,
    ...(isMeasured && fault === undefined ? weightCells(row.now) : {}),
    ...(row.data ? dataCells(row.data.now) : {}),
  };
}

function beforeCells({ before, data }: LayerRow): Record<string, Cell> | undefined {
  if (!before && !data?.before) return undefined;
  return {
    ...(before ? weightCells(before) : {}),
    ...(data?.before ? dataCells(data.before) : {}),
  };
}

const weightCells = (figures: LayerFigures): Record<(typeof weightColumns)[number], Cell> => {
  const { range, spread, sqnrTensor, sqnrChannel, sqnrChosen, lostChannels, estimated } = figures;
  return {
    rangeMin: range.min,
    rangeQ1: range.q1,
    rangeMedian: range.median,
    rangeQ3: range.q3,
    rangeMax: range.max,
    halfStep: range.halfStep,
    spread,
    tensorDb: sqnrTensor,
    channelDb: sqnrChannel,
    chosenDb: sqnrChosen,
    lostChannels,
    estimatedDb: estimated,
  };
};

const dataCells = (figures: LayerDataFigures): Record<(typeof dataColumns)[number], Cell> => ({
  activationMin: figures.activation?.min,
  activationMax: figures.activation?.max,
  localDb: figures.local,
  weightsDb: figures.weights,
  activationsDb: figures.activations,
  soFarDb: figures.soFar,
  aloneDb: figures.alone,
  allButThisDb: figures.allButThis,
  biasError: figures.biasError,
});

const layerColumns = [
  'name',
  'operator',
  'shape',
  'channels',
  'parameters',
  'mark',
  'findings',
  'fault',
] as const;
const weightColumns = [
  'rangeMin',
  'rangeQ1',
  'rangeMedian',
  'rangeQ3',
  'rangeMax',
  'halfStep',
  'spread',
  'tensorDb',
  'channelDb',
  'chosenDb',
  'lostChannels',
  'estimatedDb',
] as const;
const dataColumns = [
  'activationMin',
  'activationMax',
  'localDb',
  'weightsDb',
  'activationsDb',
  'soFarDb',
  'aloneDb',
  'allButThisDb',
  'biasError',
] as const;

/** The columns of the CSV, in order; those of JSON have the same names. */
export const csvColumns: readonly string[] = [
  ...layerColumns,
  ...weightColumns,
  ...dataColumns,
  ...[...weightColumns, ...dataColumns].map((name) => `before.${name}`),
];
