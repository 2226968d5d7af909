import type { EvaluationRow, EvaluationState, RepairReport } from '../../protocol/data.ts';
import type { FindingRow, Remedy } from '../../protocol/model.ts';
import { fromWire } from '../../protocol/wire.ts';
import { db, percent } from '../figures.ts';
import { repairTitle, repairVerdict } from '../proofSection.ts';
import type { ReportInput } from '../reportInput.ts';
import type { Picture } from './frame.ts';
import * as keys from './keys.ts';
import { dbScale } from './dbRows.ts';
import { cross, dot, dotAt, ink, line } from './marks.ts';
import { plotPx, rowMiddle, rowsBody, type Row } from './rows.ts';
import { linear, type Scale } from './scale.ts';
import { nounText } from '../../core/reports/words.ts';

/** Shares of several networks on the same samples. */
interface Answers extends Pick<EvaluationState, 'samples' | 'source' | 'isSynthetic'> {
  readonly rows: readonly Scored[];
}

/** A network; that which is told of is `now`, or the `second` of two. */
type Scored = Omit<EvaluationRow, 'state'> & { readonly state: string };

const isTold = ({ state }: Scored): boolean => state === 'now' || state === 'second';

/** What the samples say of the answers: a row a state, each share with its interval. */
export function answersPicture(evaluation: Answers | undefined): Picture | undefined {
  if (!evaluation) return undefined;
  const { samples, source, isSynthetic } = evaluation;
  const rows = evaluation.rows.flatMap((row) => {
    const share = row.top1 ?? row.agreement;
    return share === undefined ? [] : [{ row, share }];
  });
  if (rows.length === 0) return undefined;
  const hasLabels = rows.some(({ row }) => row.top1 !== undefined);
  const scale = linear(0, 1, plotPx, 0.2);
  const caution = isSynthetic ? ' Synthetic inputs: accuracy on real data may differ.' : '';
  return {
    name: 'answers',
    title: hasLabels ? 'Top-1 accuracy' : 'Answers as float',
    notes: [
      `${hasLabels ? 'Share of right answers' : 'Share of samples with the answer of the float network'}, with 95 % intervals (Wilson), on ${nounText(samples, 'sample')} from ${source}.${caution}`,
    ],
    legend: [],
    body: rowsBody(
      rows.map(({ row, share }) => ({
        name: row.title,
        marks: intervalMarks(row, share, scale),
        figures: intervalText(row, share),
      })),
      {
        scale,
        label: hasLabels ? 'Top-1' : 'Agreement with float',
        tick: (value) => `${Math.round(100 * value)} %`,
      },
      '95 % interval',
    ),
  };
}

function intervalMarks(row: Scored, share: number, scale: Scale): Row['marks'] {
  const { interval } = row;
  const isNow = isTold(row);
  const colour = isNow ? ink.now : ink.dim;
  const y = rowMiddle;
  const ends = interval?.map((end) => scale(end));
  const [low = 0, high = 0] = ends ?? [];
  return [
    ...(ends ? [line([low, y], [high, y], colour, { width: 1.5 })] : []),
    ...(ends ?? []).map((end) => line([end, y - 4], [end, y + 4], colour, { width: 1.5 })),
    dot(scale(share), y, colour, !isNow),
  ];
}

const intervalText = ({ interval }: Scored, share: number): string =>
  interval
    ? `${percent(share)} (${percent(interval[0])} to ${percent(interval[1])})`
    : percent(share);

/** What each remedy of a finding was measured to lead to: a chart a finding. */
export function remedyPictures({ findings, opened }: ReportInput): Picture[] {
  const all = [...findings, ...(opened?.findings ?? [])];
  const scale = dbScale(
    all.flatMap(({ remedies }) => remedies.filter(({ isMeasured }) => isMeasured).flatMap(ends)),
  );
  return [
    ...findings.map((finding) => remedyPicture(finding, scale, '')),
    ...(opened?.findings ?? []).map((finding) => remedyPicture(finding, scale, ', as opened')),
  ].filter((one) => one !== undefined);
}

const ends = ({ fromDb, toDb }: Remedy): [number, number] => [fromWire(fromDb), fromWire(toDb)];

const figureNames = {
  weights: 'Lowest SQNR of the weights',
  estimate: 'Estimated lowest output of a layer alone',
  outputs: 'SQNR of the outputs',
  logits: 'SQNR of the logits',
} as const;

function remedyPicture(finding: FindingRow, scale: Scale, when: string): Picture | undefined {
  const remedies = finding.remedies.filter(({ isMeasured }) => isMeasured);
  if (remedies.length === 0) return undefined;
  const kinds = new Set(remedies.map(({ of = 'weights' }) => of));
  const [only] = kinds.size === 1 ? kinds : [];
  const isWorse = (remedy: Remedy): boolean => ends(remedy)[1] < ends(remedy)[0];
  return {
    name: `remedies-${finding.code}${when === '' ? '' : '-as-opened'}`,
    title: `Remedies${when}: ${finding.title}`,
    notes: ['What each remedy was measured to lead to. Higher is better.'],
    legend: [keys.asItIs, keys.remedied, ...(remedies.some(isWorse) ? [keys.worse] : [])],
    body: rowsBody(
      remedies.map((remedy) => ({
        name: remedy.label,
        marks: gainMarks(remedy, scale, isWorse(remedy)),
        figures: gainText(remedy, only === undefined),
      })),
      { scale, label: `${only === undefined ? 'SQNR' : figureNames[only]}, dB` },
      'dB',
    ),
  };
}

function gainMarks(remedy: Remedy, scale: Scale, isWorse: boolean): Row['marks'] {
  const [from, to] = ends(remedy);
  const colour = isWorse ? ink.bad : ink.now;
  const y = rowMiddle;
  const dashes = isWorse ? { dashes: '2 2' } : {};
  return [
    line([scale(from), y], [scale(to), y], colour, { width: 1.5, ...dashes }),
    dotAt(from, scale, y, ink.dim, true),
    isWorse ? cross(scale(to), y) : dotAt(to, scale, y, ink.now),
  ];
}

function gainText({ fromDb, toDb, of = 'weights', top1 }: Remedy, isMixed: boolean): string {
  const words = `${db(fromDb)} → ${db(toDb)}`;
  const share = top1 === undefined ? '' : `, top-1 ${percent(top1)}`;
  return `${words}${isMixed ? ` (${of})` : ''}${share}`;
}

/** What each step of a repair was judged by. */
export function repairPicture({ repair }: ReportInput): Picture | undefined {
  const rows = (repair?.rows ?? []).flatMap((row) =>
    row.beforeDb === undefined || row.afterDb === undefined
      ? []
      : [{ row, from: fromWire(row.beforeDb), to: fromWire(row.afterDb) }],
  );
  if (!repair || rows.length === 0) return undefined;
  const scale = dbScale(rows.flatMap(({ from, to }) => [from, to]));
  const hasRefused = rows.some(({ row }) => !row.isKept && row.isIdle !== true);
  return {
    name: 'repair-steps',
    title: 'Steps of the repair',
    notes: [`${repairTitle(repair)} before and after each step. Higher is better.`],
    legend: [keys.beforeStep, keys.afterStep, ...(hasRefused ? [keys.notKept] : [])],
    body: rowsBody(
      rows.map(({ row, from, to }) => ({
        name: row.title,
        marks: stepMarks(row, from, to, scale),
        figures: `${db(row.beforeDb)} → ${db(row.afterDb)}${row.isWithCorrection ? ' with Correct' : ''} ${repairVerdict(row)}`,
      })),
      { scale, label: `${repairTitle(repair)}, dB` },
      'dB',
    ),
  };
}

/** From before a step to after it; a step that had nothing to do moves nothing. */
function stepMarks(
  { isKept, isIdle }: RepairReport['rows'][number],
  from: number,
  to: number,
  scale: Scale,
): Row['marks'] {
  const y = rowMiddle;
  const before = dotAt(from, scale, y, ink.dim, true);
  if (isIdle) return [before];
  const way = isKept ? { width: 1.5 } : { width: 1.5, dashes: '2 2' };
  return [
    line([scale(from), y], [scale(to), y], isKept ? ink.now : ink.bad, way),
    before,
    isKept ? dotAt(to, scale, y, ink.now) : cross(scale(to), y),
  ];
}
