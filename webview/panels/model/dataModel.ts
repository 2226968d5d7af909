import type { DataState, LayerDataFigures } from '../../../server/protocol/data.ts';
import type { LayerRow, ModelState } from '../../../server/protocol/model.ts';
import { fromWire, type WireNumber } from '../../../server/protocol/wire.ts';
import { hasLogits } from './evaluationModel.ts';
import { count, decibels, sigmas } from '../../kit/numbers.ts';
import { remember } from '../../kit/remember.ts';

/**
 * What the column of a layer by itself shows: `alone`, the outputs of the model with only this
 * layer rounded, once sensitivity is measured; until then `local`, the layer's own output.
 */
export type OwnFigure = 'alone' | 'local';

/** Which figure of a layer by itself the rows have. */
export const ownFigureOf = (rows: readonly LayerRow[]): OwnFigure =>
  rows.some((row) => row.data?.now.alone !== undefined) ? 'alone' : 'local';

/** The figure of a layer by itself in dB; NaN where it is not measured. */
export const ownDb = (figures: LayerDataFigures | undefined, figure: OwnFigure): number =>
  dbOf(figure === 'alone' ? figures?.alone : figures?.local);

/** A figure in dB; NaN where it is not measured. */
export const dbOf = (value: WireNumber | undefined): number =>
  value === undefined ? NaN : fromWire(value);

/** Whether the table shows what samples say: they are chosen, or something is measured. */
export const hasSamples = (model: ModelState | undefined): boolean =>
  model !== undefined && (model.data !== undefined || isAnyMeasured(model.layers));

/** Whether samples say anything of a row. */
const isAnyMeasured = remember((rows: readonly LayerRow[]) =>
  rows.some((row) => row.data !== undefined),
);

/** `12 calibrate, 12 correct, 40 judge`: what `12 + 12 + 40` is; empty where all serve everything. */
export function purposesInWords({ counts, label }: DataState): string {
  if (!/\d \+ \d/.test(label)) return '';
  const { calibration, correction, judge } = counts;
  const said = (many: number, one: string, words: string): string[] =>
    many === 0 ? [] : [`${count(many)} ${many === 1 ? one : words}`];
  return [
    ...said(calibration, 'calibrates', 'calibrate'),
    ...said(correction, 'corrects', 'correct'),
    ...said(judge, 'judges', 'judge'),
  ].join(', ');
}

/** Whether any layer is judged: ranges of outputs are known before that. */
export const isAnyJudged = remember((rows: readonly LayerRow[]) =>
  rows.some(({ data }) => !Number.isNaN(dbOf(data?.now.alone ?? data?.now.local))),
);

/** What steps, remedies and layers are judged by. */
export type Judged = 'logits' | 'outputs';

/** The logits, where a last Softmax or Sigmoid reads some. */
export const judgedFigure = (model: Pick<ModelState, 'evaluation'> | undefined): Judged =>
  model?.evaluation && hasLogits(model.evaluation) ? 'logits' : 'outputs';

/** Head of the column, and what it is. */
export const ownWords = (
  figure: OwnFigure,
  judged: Judged,
): { readonly head: string; readonly about: string } =>
  figure === 'alone'
    ? {
        head: 'Alone',
        about: `SQNR of the ${judged} with only this layer quantized; hollow: before. Higher is better.`,
      }
    : {
        head: 'Own error',
        about: `SQNR of the layer’s own output with only this layer quantized; hollow: before. Measure sensitivity says what it costs the ${judged}.`,
      };

/** What a screen reader says of a row's samples. */
export function dataInWords({ data }: LayerRow): readonly string[] {
  if (!data) return [];
  const { alone, local, soFar, biasError } = data.now;
  return [
    alone === undefined ? `own ${decibels(local)} decibel` : `alone ${decibels(alone)} decibel`,
    `so far ${decibels(soFar)} decibel`,
    ...(biasError === undefined ? [] : [`bias error ${sigmas(biasError)} sigma`]),
  ];
}

/** Heads of the data columns of a copied table. */
export const dataHead = [
  'Least activation',
  'Greatest activation',
  'Alone, dB',
  'All but this, dB',
  'Own, dB',
  'Own weights, dB',
  'Own activations, dB',
  'So far, dB',
  'Bias error, sigma',
] as const;

/** The data cells of a row, plain numbers; empty where nothing is measured. */
export function dataCells({ data }: LayerRow): readonly (number | string)[] {
  if (!data) return dataHead.map(() => '');
  const { activation, alone, allButThis, local, weights, activations, soFar, biasError } = data.now;
  const orEmpty = (value: WireNumber | undefined): number | string =>
    value === undefined ? '' : fromWire(value);
  return [
    activation?.min ?? '',
    activation?.max ?? '',
    orEmpty(alone),
    orEmpty(allButThis),
    orEmpty(local),
    orEmpty(weights),
    orEmpty(activations),
    orEmpty(soFar),
    biasError ?? '',
  ];
}
