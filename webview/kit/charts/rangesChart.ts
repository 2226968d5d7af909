import type { TemplateResult } from 'lit';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { tickText, type Scale } from '../scales.ts';
import { rangeBarMarks, rangeInWords } from './rangeBar.ts';
import { rowsChart } from './rowsChart.ts';

/** The range bars of some layers as one chart: their names at the left, one axis for all. */
export const rangesChart = (
  rows: readonly LayerRow[],
  nameOf: (row: LayerRow) => string,
  x: Scale,
  title: string,
): TemplateResult =>
  rowsChart(
    rows.map((row) => ({
      name: nameOf(row),
      marks: rangeBarMarks(row.now, row.before, x),
      figures: '',
      spoken: `${row.name}: ${rangeInWords(row.now)}`,
    })),
    x,
    tickText,
    title,
  );
