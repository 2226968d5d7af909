import type { FindingRow, ModelState } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { gainMarks } from '../../kit/charts/gainDots.ts';
import { intervalInWords, intervalMarks } from '../../kit/charts/intervalBar.ts';
import { rowsChart } from '../../kit/charts/rowsChart.ts';
import { decibels } from '../../kit/numbers.ts';
import { tickText } from '../../kit/scales.ts';
import { hasLabels, intervalAxis, lookOf, shareOf } from './evaluationModel.ts';
import { bestRemedy, headOf, isHarmful, remedyAxis, sortFindings } from './findingsModel.ts';
import type { TemplateResult } from 'lit';

/** A table's column of pictures, as one chart. */
export interface TableChart {
  readonly title: string;
  readonly draw: () => TemplateResult;
}

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
    rowsChart(
      rows.map(({ row, share }) => ({
        name: row.title,
        marks: intervalMarks(share, row.interval, lookOf(row, evaluation), x),
        figures: intervalInWords(share, row.interval),
      })),
      x,
      percents,
      title,
    );
  return { title, draw };
}

/** What the remedies of one finding were measured to lead to; undefined where none was. */
export function remediesChart(model: ModelState, finding: FindingRow): TableChart | undefined {
  const remedies = finding.remedies.filter(({ isMeasured }) => isMeasured);
  if (remedies.length === 0) return undefined;
  const best = bestRemedy(finding.remedies);
  const x = remedyAxis(model.findings, [18, plotPx]);
  const draw = (): TemplateResult =>
    rowsChart(
      remedies.map((remedy) => {
        const [from, to] = [fromWire(remedy.fromDb), fromWire(remedy.toDb)];
        const look = isHarmful(remedy) ? 'worse' : remedy === best ? 'best' : 'plain';
        const figures = `${decibels(remedy.fromDb)} → ${decibels(remedy.toDb)}`;
        return { name: remedy.label, marks: gainMarks(from, to, x, look), figures };
      }),
      x,
      tickText,
      `${finding.title}: ${headOf(remedies).head}`,
    );
  return { title: `Remedies for ${finding.code}`, draw };
}

/** The finding that an element of the Findings tab stands in. */
export function findingAt(model: ModelState, element: Element): FindingRow | undefined {
  const own = element.closest('.finding');
  const all = [...document.querySelectorAll('.finding')];
  return own ? sortFindings(model.findings)[all.indexOf(own)] : undefined;
}
