import type { EvaluationRow } from '../../server/protocol/data.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import { formatDb } from '../layerRank.ts';

/**
 * `W8 A8 per channel: 31.2 dB` of the lowest weights, or with samples `14.2 dB, 50.0 %` of the
 * outputs; while a preview is shown, not the figures that would be.
 */
export function statusText({ target, score, preview, evaluation }: ModelState): string {
  const { weightBits, activationBits, granularity } = target;
  const activations = activationBits === 'float' ? 'float' : activationBits;
  const now = evaluation?.isStale === false && evaluation.rows.find(({ state }) => state === 'now');
  const weights = score === undefined ? '' : `: ${formatDb(score.now)}`;
  const figure = preview ? '' : now ? outputsText(now) : weights;
  const shown = preview ? ', preview' : '';
  return `W${weightBits} A${activations} per ${granularity}${figure}${shown}`;
}

/** `: 14.2 dB, 50.0 %`, the share of right answers, or of those of float. */
function outputsText({ logitsSqnrDb, sqnrDb, top1, agreement }: EvaluationRow): string {
  const db = logitsSqnrDb ?? sqnrDb;
  const share = top1 ?? agreement;
  const parts = [
    ...(db === undefined ? [] : [formatDb(db)]),
    ...(share === undefined ? [] : [`${(100 * share).toFixed(1)} %`]),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
