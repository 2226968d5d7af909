import type { FindingRow, ModelState } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { dotKeys, worseKey } from '../../kit/charts/chartKeys.ts';
import { dotMarks } from '../../kit/charts/dbDots.ts';
import { gainMarks } from '../../kit/charts/gainDots.ts';
import { intervalInWords, intervalMarks } from '../../kit/charts/intervalBar.ts';
import { rowsChart } from '../../kit/charts/rowsChart.ts';
import { count, decibels, plural } from '../../kit/numbers.ts';
import { linear, tickText, type Scale } from '../../kit/scales.ts';
import { dotsOf, type ComparedRow, type CompareTable } from './compareModel.ts';
import type { ComparedNames } from './compareNames.ts';
import { hasLabels, intervalAxis, lookOf, shareOf } from './evaluationModel.ts';
import {
  bestRemedy,
  headOf,
  isHarmful,
  isOfOutputs,
  remedyAxis,
  sortFindings,
} from './findingsModel.ts';
import type { TemplateResult } from 'lit';

/** A table's column of pictures, as one chart. */
export interface TableChart {
  readonly title: string;
  /** Samples were run for it: the line under it says which. */
  readonly isOfSamples: boolean;
  readonly draw: () => TemplateResult;
}

/** So many rows have room in one picture. */
export const mostChartRows = 400;

const plotPx = 300;

/** The shares of all states with their intervals; undefined where there are none. */
export function intervalsChart({ evaluation }: ModelState): TableChart | undefined {
  if (!evaluation) return undefined;
  const rows = evaluation.rows.flatMap((row) => {
    const share = shareOf(row);
    return share === undefined ? [] : [{ row, share }];
  });
  if (rows.length === 0) return undefined;
  const title = hasLabels(evaluation) ? 'Top-1 with its interval' : 'Answers as float';
  const x = intervalAxis(plotPx);
  const percents = (tick: number): string => `${Math.round(100 * tick)} %`;
  const draw = (): TemplateResult =>
    rowsChart({
      title,
      rows: rows.map(({ row, share }) => ({
        name: row.title,
        marks: intervalMarks(share, row.interval, lookOf(row, evaluation), x),
        figures: intervalInWords(share, row.interval),
      })),
      x,
      tickText: percents,
    });
  return { title, isOfSamples: true, draw };
}

/** What the remedies of one finding were measured to lead to; undefined where none was. */
export function remediesChart(model: ModelState, finding: FindingRow): TableChart | undefined {
  const remedies = finding.remedies.filter(({ isMeasured }) => isMeasured);
  if (remedies.length === 0) return undefined;
  const best = bestRemedy(finding.remedies);
  const x = remedyAxis(model.findings, [18, plotPx]);
  const draw = (): TemplateResult =>
    rowsChart({
      title: `${finding.title}: ${headOf(remedies).head}`,
      rows: remedies.map((remedy) => {
        const [from, to] = [fromWire(remedy.fromDb), fromWire(remedy.toDb)];
        const look = isHarmful(remedy) ? 'worse' : remedy === best ? 'best' : 'plain';
        const figures = `${decibels(remedy.fromDb)} → ${decibels(remedy.toDb)}`;
        return { name: remedy.label, marks: gainMarks(from, to, x, look), figures };
      }),
      x,
      tickText,
      keys: [
        ...dotKeys(true, ['as it is', 'as it would be']),
        ...(remedies.some(isHarmful) ? [worseKey] : []),
      ],
    });
  return {
    title: `Remedies for ${finding.code}`,
    isOfSamples: remedies.some(isOfOutputs),
    draw,
  };
}

/** The dots of Compare's table: both sides of each layer, what differs most first. */
export function sidesChart(
  { figure, rows, heads: [first, second] }: CompareTable,
  names: ComparedNames,
): TableChart | undefined {
  const known = rows.filter((row) => !Number.isNaN(row.first) || !Number.isNaN(row.second));
  if (figure === 'apart' || known.length === 0) return undefined;
  const shown = known.slice(0, mostChartRows);
  const head = figure === 'soFar' ? 'So far, dB' : 'Weights, dB';
  const x = dbAxis(
    shown.flatMap((row) => [row.first, row.second]),
    [18, plotPx],
  );
  const draw = (): TemplateResult =>
    rowsChart({
      title: `${head}: ${first} and ${second}`,
      rows: shown.map((row) => ({
        name: nameIn(row, names),
        marks: dotMarks(...dotsOf(row), x),
        figures: `${decibels(row.first)} → ${decibels(row.second)}`,
      })),
      x,
      tickText,
      keys: dotKeys(true, [first, second]),
      note: leftOut(shown.length, known.length),
    });
  return {
    title: `${figure === 'soFar' ? 'So far' : 'Weights'}, both sides of ${plural(known.length, 'layer')}`,
    isOfSamples: figure === 'soFar',
    draw,
  };
}

/** A layer by its names on both sides, where they differ. */
const nameIn = ({ name, otherName }: ComparedRow, { first, second }: ComparedNames): string =>
  [first(name), ...(otherName === undefined ? [] : [second(otherName)])].join(', ');

/** From 0 to 60 dB as in the tables, or as far as the figures go. */
export function dbAxis(all: readonly number[], pixels: readonly [number, number]): Scale {
  const known = all.filter(Number.isFinite);
  const low = known.reduce((least, db) => Math.min(least, db), 0);
  const high = known.reduce((most, db) => Math.max(most, db), 60);
  return linear([10 * Math.floor(low / 10), 10 * Math.ceil(high / 10)], pixels, 6);
}

/** Which rows a picture of a long table has; empty: all of them. */
export const leftOut = (shown: number, all: number): string =>
  shown === all ? '' : `The first ${count(shown)} of ${plural(all, 'layer')}.`;

/** The finding that an element of the Findings tab stands in. */
export function findingAt(model: ModelState, element: Element): FindingRow | undefined {
  const own = element.closest('.finding');
  const all = [...document.querySelectorAll('.finding')];
  return own ? sortFindings(model.findings)[all.indexOf(own)] : undefined;
}
