import type {
  EvaluationRow,
  EvaluationState,
  RepairReport,
} from '../../../server/protocol/data.ts';
import { count, decibels, percent, percents, plural } from '../../kit/numbers.ts';
import { linear, type Scale } from '../../kit/scales.ts';

/** Whether the samples have labels: then shares are of right answers, else of agreement. */
export const hasLabels = ({ rows }: EvaluationState): boolean =>
  rows.some(({ top1 }) => top1 !== undefined);

/** Whether there is something before a last Softmax or Sigmoid, which steps are judged by then. */
export const hasLogits = ({ rows }: EvaluationState): boolean =>
  rows.some(({ logitsSqnrDb }) => logitsSqnrDb !== undefined);

/** From 0 to 100 % within a chart this wide. */
export const intervalAxis = (widthPx: number): Scale =>
  linear([0, 1], [14, widthPx - 28], widthPx < 200 ? 2 : 5);

/** How a state is drawn: lost below half of what float has. */
export function lookOf(row: EvaluationRow, { rows }: EvaluationState): 'now' | 'other' | 'lost' {
  const float = rows.find(({ state }) => state === 'float');
  const share = shareOf(row);
  if (share !== undefined && share < 0.5 * (shareOf(float ?? row) ?? 1)) return 'lost';
  return row.state === 'now' ? 'now' : 'other';
}

/** What the steps of a repair were judged by. */
export const judgedBy = ({ of = 'outputs' }: RepairReport): string =>
  ({ logits: 'Logits SQNR', outputs: 'Output SQNR', weights: 'Lowest weight SQNR' })[of];

/** What became of a step that a repair tried. */
export function repairVerdict({ isKept, refused, isIdle }: RepairReport['rows'][number]): string {
  if (isKept) return 'kept';
  if (refused !== undefined) return `${count(refused)} refused`;
  return isIdle ? 'nothing to do' : 'rolled back';
}

/** The share that a row is judged by: top-1, or how often it answers as the float network does. */
export const shareOf = (row: EvaluationRow): number | undefined => row.top1 ?? row.agreement;

/** `Quantized now: 20 of 40 right, float 22 of 40`. */
export function evaluationHeadline(evaluation: EvaluationState): string {
  const { rows, samples } = evaluation;
  const of = (state: EvaluationRow['state']): EvaluationRow | undefined =>
    rows.find((row) => row.state === state);
  const [float, now] = [of('float'), of('now')];
  const counted = (share: number | undefined): string =>
    `${Math.round((share ?? 0) * samples)} of ${samples}`;
  if (now === undefined) return '';
  if (hasLabels(evaluation))
    return `Quantized now: ${counted(now.top1)} right, float ${counted(float?.top1)}`;
  if (now.agreement !== undefined)
    return `Quantized now: the answer of float on ${Math.round(now.agreement * samples)} of ${plural(samples, 'sample')}`;
  const [name, db] =
    now.logitsSqnrDb === undefined ? ['output', now.sqnrDb] : ['logits', now.logitsSqnrDb];
  return `Quantized now: ${name} SQNR ${decibels(db)} dB`;
}

/** The paired tests in words: what was fixed, what was broken, and whether chance could do it. */
export function pairedInWords(evaluation: EvaluationState): string | undefined {
  const { paired, pairedFloat, samples } = evaluation;
  const words = [
    ...(paired ? [sinceOpened(paired)] : []),
    ...(pairedFloat ? [sinceFloat(pairedFloat, samples)] : []),
    ...(paired || pairedFloat ? intervalInWords(evaluation) : []),
  ];
  return words.length > 0 ? words.join(' ') : undefined;
}

function sinceOpened({ onlyNow, onlyOpened, p }: NonNullable<EvaluationState['paired']>): string {
  if (onlyNow + onlyOpened === 0)
    return 'The same samples are right as with the file as opened: nothing fixed, nothing broken.';
  return `${plural(onlyNow, 'sample')} fixed, ${onlyOpened} broken against the file as opened (paired exact test, ${chanceInWords(p)})${p > 0.05 ? ': chance could do that.' : '.'}`;
}

function sinceFloat(
  { onlyNow, onlyFloat, p }: NonNullable<EvaluationState['pairedFloat']>,
  samples: number,
): string {
  if (onlyNow + onlyFloat === 0) return 'The same samples are right as with float.';
  const verdict =
    p > 0.05
      ? `${plural(samples, 'sample')} cannot tell the two apart.`
      : onlyFloat > onlyNow
        ? 'float is better, and not by chance.'
        : 'float is worse, and not by chance.';
  return `${onlyFloat} lost and ${onlyNow} won against float (${chanceInWords(p)}): ${verdict}`;
}

function intervalInWords({ rows }: EvaluationState): string[] {
  const now = rows.find(({ state }) => state === 'now');
  if (!now?.interval || now.top1 === undefined) return [];
  const [low, high] = now.interval.map((share) => Math.round(100 * share));
  return [`The rate now lies between ${low} and ${high} % (95 % interval).`];
}

const chanceInWords = (p: number): string =>
  p < 0.001 ? 'p\u00a0<\u00a00.001' : `p\u00a0=\u00a0${p.toFixed(p < 0.1 ? 3 : 2)}`;

/** Cells of a row in words; `–` where nothing was measured. */
export function evaluationCells(
  row: EvaluationRow,
  samples: number,
): {
  readonly top1: string;
  readonly interval: string;
  readonly top5: string;
  readonly agrees: string;
  readonly sqnr: string;
  readonly logits: string;
} {
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value));
  const isFloat = row.state === 'float';
  return {
    top1: share(row.top1),
    interval: row.interval ? percents(row.interval) : '–',
    top5: share(row.top5),
    agrees:
      row.agreement === undefined ? '–' : `${Math.round(row.agreement * samples)} of ${samples}`,
    sqnr: isFloat ? 'exact' : decibels(row.sqnrDb),
    logits: isFloat ? 'exact' : decibels(row.logitsSqnrDb),
  };
}
