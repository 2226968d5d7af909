import type { EvaluationRow, EvaluationState } from '../../server/protocol/data.ts';
import { t } from '../l10n.ts';

/** The share that a row is judged by: of right answers, or of those of float. */
export const shareOf = ({ top1, agreement }: EvaluationRow): number | undefined =>
  top1 ?? agreement;

/** `50.0 %`. */
export const percentText = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** ` as float, synthetic`: what a share is of, where it is not of right answers on real samples. */
export function shareNote({ rows, isSynthetic }: EvaluationState): string {
  const now = rows.find(({ state }) => state === 'now');
  const isAgreement = now?.top1 === undefined && now?.agreement !== undefined;
  return [
    ...(isAgreement ? [` ${t('as float')}`] : []),
    ...(isSynthetic ? [`, ${t('synthetic')}`] : []),
  ].join('');
}
