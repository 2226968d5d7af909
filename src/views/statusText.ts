import type { EvaluationState } from '../../server/protocol/data.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import { perWord } from '../commands/targetParts.ts';
import { t } from '../l10n.ts';
import { formatDb } from '../layerRank.ts';
import { percentText, shareNote, shareOf } from './shareText.ts';

/**
 * `W8 A8 per channel: 31.2 dB` of the lowest weights, or with samples `14.2 dB, 50.0 %` of the
 * outputs (`14.2 dB, 50.0 % as float, synthetic` where nobody knows the right answers); while a preview is shown, not the figures that would be.
 */
export function statusText({ target, score, preview, evaluation }: ModelState): string {
  const { weightBits, activationBits, granularity } = target;
  const activations = activationBits === 'float' ? t('float') : activationBits;
  const weights = score === undefined ? '' : `: ${formatDb(score.now)}`;
  const figure = preview ? '' : evaluation?.isStale === false ? outputsText(evaluation) : weights;
  const shown = preview ? `, ${t('preview')}` : '';
  return `W${weightBits} A${activations} ${perWord[granularity]}${figure}${shown}`;
}

/** `: 14.2 dB, 50.0 %`. */
function outputsText(evaluation: EvaluationState): string {
  const now = evaluation.rows.find(({ state }) => state === 'now');
  const db = now?.logitsSqnrDb ?? now?.sqnrDb;
  const share = now && shareOf(now);
  const parts = [
    ...(db === undefined ? [] : [formatDb(db)]),
    ...(share === undefined ? [] : [percentText(share)]),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}${shareNote(evaluation)}`;
}
