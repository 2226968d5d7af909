import type { EvaluationRow } from '../../server/protocol/data.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import type { Fault } from '../../server/protocol/requests.ts';
import { formatDb } from '../layerRank.ts';
import { t } from '../l10n.ts';
import { percentText, shareNote, shareOf } from './shareText.ts';

/** What the row of an open model is made from. */
export interface SummedModel {
  readonly state: ModelState | undefined;
  readonly fault: Fault | undefined;
}

/**
 * As opened and now in a few characters: `0.0 % → 50.0 %` right answers, or the share of those of
 * float (`0.0 % as float, synthetic`), where samples were measured; else the lowest weight SQNR, `6.6 → 37.0 dB`.
 */
export function modelSummary({ state, fault }: SummedModel): string {
  if (fault) return t('cannot be read');
  if (!state) return t('opening…');
  if (state.preview) return 'preview';
  const { kind, score, evaluation } = state;
  if (evaluation?.isStale === false) {
    const share = (id: EvaluationRow['state']): number | undefined => {
      const row = evaluation.rows.find((one) => one.state === id);
      return row && shareOf(row);
    };
    const [opened, now] = [share('opened'), share('now')];
    if (opened !== undefined && now !== undefined) {
      return `${fromTo(percentText(opened), percentText(now))}${shareNote(evaluation)}`;
    }
  }
  if (!score) return kind === 'quantized' ? 'quantized' : t('no weighted layers');
  const [before, after] = [formatDb(score.opened), formatDb(score.now)];
  return before === after ? after : `${before.replace(' dB', '')} → ${after}`;
}

const fromTo = (before: string, after: string): string =>
  before === after ? after : `${before} → ${after}`;
