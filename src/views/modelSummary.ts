import type { EvaluationRow, EvaluationState } from '../../server/protocol/data.ts';
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
 * float, where samples were measured; else the lowest weight SQNR, `6.6 → 37.0 dB`.
 */
export function modelSummary({ state, fault }: SummedModel): string {
  if (fault) return t('cannot be read');
  if (!state) return t('opening…');
  if (state.preview) return t('preview');
  const { kind, score, evaluation } = state;
  const shares = sharesOf(evaluation);
  if (shares) return fromTo(percentText(shares.opened), percentText(shares.now));
  if (!score) return kind === 'quantized' ? t('quantized') : t('no weighted layers');
  const [before, after] = [formatDb(score.opened), formatDb(score.now)];
  return before === after ? after : `${before.replace(' dB', '')} → ${after}`;
}

/** The same with all that there is to say of it, where there is room: `0.0 % → 50.0 % as float, synthetic`. */
export function fullSummary(model: SummedModel): string {
  const evaluation = model.state?.evaluation;
  const isOfShares = !model.fault && !model.state?.preview && sharesOf(evaluation) !== undefined;
  return modelSummary(model) + (isOfShares && evaluation ? shareNote(evaluation) : '');
}

interface Shares {
  readonly opened: number;
  readonly now: number;
}

/** What samples say of the model as opened and now; nothing where they do not, or not any more. */
function sharesOf(evaluation: EvaluationState | undefined): Shares | undefined {
  if (evaluation?.isStale !== false) return undefined;
  const share = (id: EvaluationRow['state']): number | undefined => {
    const row = evaluation.rows.find((one) => one.state === id);
    return row && shareOf(row);
  };
  const [opened, now] = [share('opened'), share('now')];
  return opened === undefined || now === undefined ? undefined : { opened, now };
}

const fromTo = (before: string, after: string): string =>
  before === after ? after : `${before} → ${after}`;
