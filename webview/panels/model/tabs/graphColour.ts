import type { LayerRow } from '../../../../server/protocol/model.ts';
import { fromWire } from '../../../../server/protocol/wire.ts';
import { decibels, minus } from '../../../kit/numbers.ts';
import { estimateOf, gapOf, isMeasured } from '../layersModel.ts';

/** What boxes can be coloured by. */
export const graphColours = [
  'estimate',
  'gap',
  'weights',
  'alone',
  'local',
  'soFar',
  'bias',
] as const;
export type GraphColour = (typeof graphColours)[number];

interface Colouring {
  readonly label: string;
  /** Heading of the worst. */
  readonly order: string;
  /** For screen readers: `gap`. */
  readonly short: string;
  readonly unit: 'dB' | 'σ';
  /** Value without colour, and value of the deepest; either may be the larger. */
  readonly from: number;
  readonly to: number;
  /** Offered only where some layer has a value. */
  readonly isOptional: boolean;
  readonly value: (row: LayerRow) => number;
}

const measured = (row: LayerRow, value: () => number): number => (isMeasured(row) ? value() : NaN);

/** How each is read, named and scaled. */
export const colourings: Readonly<Record<GraphColour, Colouring>> = {
  estimate: {
    label: 'Alone, estimated without samples',
    order: 'Lowest estimate first',
    short: 'alone about',
    unit: 'dB',
    from: 40,
    to: 10,
    isOptional: true,
    value: estimateOf,
  },
  gap: {
    label: 'Weights, tensor to channel gap',
    order: 'Largest gap first',
    short: 'gap',
    unit: 'dB',
    from: 2,
    to: 18,
    isOptional: false,
    value: gapOf,
  },
  weights: {
    label: 'Weights on the target’s grid',
    order: 'Lowest weights SQNR first',
    short: 'weights',
    unit: 'dB',
    from: 40,
    to: 20,
    isOptional: false,
    value: (row) => measured(row, () => fromWire(row.now.sqnrChosen)),
  },
  alone: {
    label: 'Alone: only this layer quantized',
    order: 'Lowest alone first',
    short: 'alone',
    unit: 'dB',
    from: 40,
    to: 10,
    isOptional: true,
    value: (row) => fromWire(row.data?.now.alone ?? 'nan'),
  },
  local: {
    label: 'Own error: its own output',
    order: 'Lowest own SQNR first',
    short: 'own',
    unit: 'dB',
    from: 40,
    to: 10,
    isOptional: true,
    value: (row) => fromWire(row.data?.now.local ?? 'nan'),
  },
  soFar: {
    label: 'So far: everything before it too',
    order: 'Lowest so far first',
    short: 'so far',
    unit: 'dB',
    from: 40,
    to: 10,
    isOptional: true,
    value: (row) => fromWire(row.data?.now.soFar ?? 'nan'),
  },
  bias: {
    label: 'Bias error, mean',
    order: 'Largest bias error first',
    short: 'bias error',
    unit: 'σ',
    from: 0.05,
    to: 0.5,
    isOptional: true,
    value: (row) => row.data?.now.biasError ?? NaN,
  },
};

/** What can be chosen for these layers: some figures need samples. */
export const coloursFor = (rows: readonly LayerRow[]): GraphColour[] =>
  graphColours.filter(
    (id) =>
      !colourings[id].isOptional || rows.some((row) => !Number.isNaN(colourings[id].value(row))),
  );

/** From 0 (no colour) to 1; 0 too where nothing is known. */
export function heatOf(id: GraphColour, value: number): number {
  const { from, to } = colourings[id];
  if (Number.isNaN(value)) return 0;
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** `15.0 dB`, `0.31 σ`; empty where nothing is known. */
export function valueText(id: GraphColour, value: number): string {
  if (Number.isNaN(value)) return '';
  if (colourings[id].unit === 'dB') {
    const text = decibels(Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf');
    return text === 'exact' ? text : `${text} dB`;
  }
  return value < 0.01 ? '<0.01 σ' : `${minus(value.toFixed(2))} σ`;
}

/** Rows with a value, the worst first. */
export function worstRows(rows: readonly LayerRow[], id: GraphColour): LayerRow[] {
  const { value, from, to } = colourings[id];
  const sign = to > from ? -1 : 1;
  return rows
    .map((row) => ({ row, value: value(row) }))
    .filter((one) => !Number.isNaN(one.value))
    .sort((a, b) => (a.value === b.value ? 0 : sign * (a.value < b.value ? -1 : 1)))
    .map(({ row }) => row);
}

/** Ends of the colour key: `2 dB`, `18 dB and more`. */
export function keyEnds(id: GraphColour): readonly [string, string] {
  const { from, to, unit } = colourings[id];
  return [`${from} ${unit}`, `${to} ${unit} and ${to > from ? 'more' : 'less'}`];
}
