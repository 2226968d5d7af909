import type { AbsorbApplied } from '../core/passes/absorbHighBias.ts';
import type { ClearApplied } from '../core/passes/clearDeadChannels.ts';
import { unreachable } from '../core/result.ts';
import type { LedgerRow, RailStep, RunStepId } from '../protocol/model.ts';
import { clearedChannels, countDone } from '../session/changeWords.ts';
import type { StepRecord } from '../session/changeLog.ts';
import type { Forecast } from '../session/forecast.ts';
import { measuredRefusals, offeredPlaces } from '../session/openPlaces.ts';
import type { Session } from '../session/session.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';
import type { StepId } from '../steps.ts';
import { heldByFormat, heldWords } from './heldByFormat.ts';
import { judged, scoreOf } from './score.ts';
import { stepTitle } from './stepTitle.ts';
import { changeText, countText, nounText, rangeText } from '../core/reports/words.ts';

/** What the steps are called. */
export const railTitles = {
  fold: 'Fold',
  equalize: 'Equalize',
  absorb: 'Absorb',
  correct: 'Correct',
} as const;
/** Steps that a pass alone takes, without samples. */
export type PassStepId = Exclude<RunStepId, 'correct'>;
/** Said of a step that has nothing to do. */
export const nothingToDo = {
  fold: 'nothing to fold',
  equalize: 'nothing to equalize',
  absorb: 'nothing to absorb',
} as const;

/** Clearing is shown as part of equalizing. */
export const belongs = (step: DataStepId, id: PassStepId): boolean =>
  step === id || (id === 'equalize' && step === 'clear');

/** How much of the step is done. */
export const doneOf = (records: readonly StepRecord[], id: PassStepId): number => {
  const { folded, sets, cleared, absorbed } = countDone(records);
  return { fold: folded, equalize: sets + cleared, absorb: absorbed }[id];
};

/** How many places are left where the step would do something. */
export function availableOf(
  forecast: Forecast,
  id: PassStepId,
  records: readonly StepRecord[],
): number {
  // What a repair tried and left out is not offered as the next thing to do.
  const openOf = (step: StepId): number =>
    records.some((record) => record.step === step && record.notKept !== undefined)
      ? 0
      : offeredPlaces(forecast, step, records).length;
  return openOf(id) + (id === 'equalize' ? openOf('clear') : 0);
}

const placesOf = (forecast: Forecast, step: StepId): readonly object[] =>
  forecast.results.get(step)?.applied ?? [];

/** What the ledger says the step was refused: the panel counts what a report lists. */
export const refusedOf = (ledger: readonly LedgerRow[], id: PassStepId): readonly LedgerRow[] =>
  ledger.filter(
    ({ outcome, step }) =>
      outcome === 'refused' &&
      (step === stepTitle[id] || (id === 'equalize' && step === stepTitle.clear)),
  );

/** `13 by structure, 13 move outputs by 0.0928 of the largest`: why places are refused, and how many for which. */
export function refusedWords(
  refused: readonly LedgerRow[],
  records: readonly StepRecord[],
): string {
  const count = (wanted: string): number => refused.filter(({ code }) => code === wanted).length;
  const undone = count('not-kept');
  const moving = count('moves-outputs');
  const moved = measuredRefusals(records).flatMap((skip) => skip.moved ?? []);
  const by = `${rangeText(Math.max(...moved))} of the largest`;
  const reasons = [
    { many: refused.length - undone - moving, words: 'by structure' },
    moved.length > 0
      ? { many: moving, words: `${moving === 1 ? 'moves' : 'move'} outputs by ${by}` }
      : { many: moving, words: 'not measured' },
    { many: undone, words: 'undone by Repair' },
  ].filter(({ many }) => many > 0);
  // One reason for all needs no number of its own.
  if (moving === refused.length && moved.length > 0) return `outputs move by ${by}`;
  if (reasons.length === 1) return reasons.map(({ words }) => words).join();
  return reasons.map(({ many, words }) => `${countText(many)} ${words}`).join(', ');
}

/** `14 sets available, 17 to clear`. */
export function availableWords(forecast: Forecast, id: PassStepId): string {
  switch (id) {
    case 'fold':
      return `${countText(placesOf(forecast, 'fold').length)} available`;
    case 'equalize': {
      const sets = placesOf(forecast, 'equalize').length;
      const cleared = clearedChannels(placesOf(forecast, 'clear') as ClearApplied[]);
      if (sets === 0) return `${nounText(cleared, 'dead channel')} to clear`;
      return `${nounText(sets, 'set')} available${cleared > 0 ? `, ${countText(cleared)} to clear` : ''}`;
    }
    case 'absorb': {
      const applied = placesOf(forecast, 'absorb') as AbsorbApplied[];
      return `${countText(applied.length)} available`;
    }
    default:
      return unreachable(id);
  }
}

/** `14 sets, 17 cleared`: what is done, or would be. `others` were not folded. */
export function wordsFor(
  records: readonly StepRecord[],
  id: PassStepId,
  tense: 'done' | 'would',
  others = 0,
): string {
  const { folded, sets, cleared, absorbed } = countDone(records);
  switch (id) {
    case 'fold':
      return tense === 'would'
        ? `${countText(folded)} would fold`
        : `${countText(folded)} of ${countText(folded + others)} folded`;
    case 'equalize':
      return [
        nounText(sets, 'set'),
        ...(cleared > 0 ? [`${countText(cleared)} cleared`] : []),
      ].join(', ');
    case 'absorb':
      return tense === 'would'
        ? `${countText(absorbed)} would be absorbed`
        : `${countText(absorbed)} absorbed`;
    default:
      return unreachable(id);
  }
}

/** `−2.5 → 5.9 dB`: what a repair measured of a step on samples; undefined where none did. */
export function judgedGain(records: readonly StepRecord[]): string | undefined {
  const judged = records.filter(({ notKept }) => notKept === undefined).at(-1)?.judged;
  if (!judged) return undefined;
  const together = judged.isWithCorrection ? ', with Correct' : '';
  return `${changeText(judged.beforeDb, judged.afterDb)}${together}`;
}

/** What the figures of `judgedGain` are of, for a step that a repair judged. */
export function judgedNote(records: readonly StepRecord[]): { readonly gainNote?: string } {
  const judged = records.filter(({ notKept }) => notKept === undefined).at(-1)?.judged;
  if (!judged) return {};
  const of = judged.of === 'logits' ? 'Logits SQNR' : 'Output SQNR';
  const how = judged.isWithCorrection
    ? `${of} on the samples that judge, before and after, each with the biases corrected as Correct would. The step by itself was not judged.`
    : `${of} on the samples that judge, before and after this step.`;
  return { gainNote: how };
}

/** What a step brought: of equalizing the weights, of the others what became of the outputs. */
export function gainOf(session: Session, records: readonly StepRecord[], id: PassStepId): string {
  const judgedWords = id === 'equalize' ? judgedGain(records) : undefined;
  if (judgedWords !== undefined) return judgedWords;
  if (id === 'equalize') {
    const { now, opened } = judged(session.analyst.insight);
    const was = scoreOf(opened);
    const is = scoreOf(now);
    return was && is ? `lowest weights ${changeText(was.lowestDb, is.lowestDb)}` : '';
  }
  const proofs = records.flatMap(({ proof, notKept }) =>
    notKept === undefined ? (proof ?? []) : [],
  );
  if (proofs.some(({ unavailable }) => unavailable !== undefined)) return 'not proved';
  if (proofs.some(({ exercised }) => !exercised)) return 'not exercised';
  if (proofs.every(({ exact }) => exact)) return 'exact';
  return `outputs move by ${rangeText(Math.max(...proofs.map(({ maxRel }) => maxRel)))} of the largest`;
}

/** That equalizing left the lowest layer worse, and why, where weights alone are judged. */
export function lossOf(
  { analyst: { insight } }: Pick<Session, 'analyst'>,
  records: readonly StepRecord[],
): Pick<RailStep, 'isLoss' | 'gainNote'> {
  const { now, opened } = judged(insight);
  const [was, is] = [scoreOf(opened), scoreOf(now)];
  if (!was || !is || is.lowestDb >= was.lowestDb || judgedGain(records) !== undefined) return {};
  const held = heldByFormat(records);
  const why =
    held > 0
      ? heldWords(held, 'Save it as ONNX, and equalize that file')
      : 'Scaling evens out the layers of a set: what one gains, another may lose. Only samples tell whether the outputs gain.';
  return {
    isLoss: true,
    gainNote: `${is.lowestLayer} keeps less than any layer did before. ${why}`,
  };
}

/** True where equalizing is known to leave the worst layer worse: then it is not recommended. */
export function wouldLose({ analyst }: Session): boolean {
  const was = scoreOf(judged(analyst.insight).now);
  const is = scoreOf(analyst.insight.equalized.values());
  return was !== undefined && is !== undefined && is.lowestDb < was.lowestDb;
}

/** What a step that was not taken yet would bring. */
export function expectedGain(session: Session, forecast: Forecast, id: PassStepId): string {
  if (id === 'equalize') {
    const was = scoreOf(judged(session.analyst.insight).now);
    const is = scoreOf(session.analyst.insight.equalized.values());
    return was && is ? `lowest weights ${changeText(was.lowestDb, is.lowestDb)}` : 'not measured';
  }
  return forecast.results.get(id)?.isExact ? 'exact' : 'outputs will move';
}
