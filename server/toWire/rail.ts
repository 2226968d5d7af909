import type { AbsorbApplied } from '../core/passes/absorbHighBias.ts';
import type { ClearApplied } from '../core/passes/clearDeadChannels.ts';
import { unreachable } from '../core/result.ts';
import type { RailStep, RunStepId } from '../protocol/model.ts';
import { clearedChannels, countDone } from '../session/changeWords.ts';
import type { StepRecord } from '../session/changeLog.ts';
import type { Forecast } from '../session/forecast.ts';
import { openPlaces } from '../session/openPlaces.ts';
import type { Session } from '../session/session.ts';
import type { StepId } from '../steps.ts';
import { isNotNeeded } from './reasons.ts';
import { openedScoreOf, scoreOf } from './score.ts';
import { countText, decibelText, nounText, rangeText } from '../core/reports/words.ts';

/** The steps above the tabs: where each stands, and what can be done about it. */
export function railOf(session: Session): RailStep[] {
  if (session.kind !== 'float') return [];
  const steps = (['fold', 'equalize', 'absorb'] as const).map((id) => stepOf(session, id));
  const isNext = ({ id, state }: RailStep): boolean =>
    state === 'available' && !(id === 'equalize' && wouldLose(session));
  const next = session.state.preview ? -1 : steps.findIndex(isNext);
  const save = saveStep(session, next < 0 && !session.state.preview);
  const withNext = steps.map((step, i) => (i === next ? nextStep(step) : step));
  return [...withNext, correct, save];
}

const correct: RailStep = {
  id: 'correct',
  title: 'Correct',
  state: 'not-needed',
  what: 'needs samples',
  gain: 'in a later version',
  isNext: false,
  buttons: [],
};

const nextStep = (step: RailStep): RailStep => ({
  ...step,
  isNext: true,
  buttons: step.buttons.includes('preview') ? [...step.buttons, 'apply'] : step.buttons,
});

function stepOf(session: Session, id: RunStepId): RailStep {
  const { preview } = session.state;
  const records = session.shownRecords.filter((record) => belongs(record.step, id));
  const done = doneOf(records, id);
  const { forecast, isComplete } = session.analyst.insight;
  const open = forecast ? availableOf(forecast, id, records) : 0;
  const refused = forecast ? refusedOf(forecast, id) : refusedIn(records);
  const base = { id, title: titles[id], isNext: false };
  const isPreviewed = preview?.changes.some((change) => change.step === id) ?? false;
  if (isPreviewed) {
    const what = wordsFor(records, id, 'would');
    return { ...base, state: 'available', what, gain: gainOf(session, records, id), buttons: [] };
  }
  const may = <T>(buttons: readonly T[]): readonly T[] => (preview ? [] : buttons);
  if (done > 0) {
    const what = wordsFor(records, id, 'done', open + refused);
    const buttons = open > 0 ? (['changes', 'preview'] as const) : (['changes'] as const);
    return {
      ...base,
      state: 'done',
      what,
      gain: gainOf(session, records, id),
      buttons: may(buttons),
    };
  }
  if (!forecast?.results.has(id)) {
    const what = isComplete ? 'not tried yet' : 'looking…';
    return { ...base, state: 'available', what, gain: '', buttons: may(['preview']) };
  }
  if (open > 0) {
    const what = availableWords(forecast, id);
    const gain = expectedGain(session, forecast, id);
    return { ...base, state: 'available', what, gain, buttons: may(['preview']) };
  }
  if (refused > 0) {
    const what = `${countText(refused)} refused`;
    return { ...base, state: 'refused', what, gain: '', buttons: may(['whyNot']) };
  }
  return { ...base, state: 'not-needed', what: nothing[id], gain: '', buttons: [] };
}

function saveStep(session: Session, isNext: boolean): RailStep {
  const { applied, saved, preview } = session.state;
  const ids = applied.map((change) => change.id);
  const isDirty = ids.join() !== saved.join();
  const base = { id: 'save' as const, title: 'Save' };
  if (!isDirty || preview) {
    const isSaved = saved.length > 0 && !isDirty;
    const what = isSaved ? 'saved' : 'nothing to save';
    const buttons = isSaved && !preview ? (['saveAs'] as const) : [];
    return {
      ...base,
      state: isSaved ? 'done' : 'not-needed',
      what,
      gain: '',
      isNext: false,
      buttons,
    };
  }
  let common = 0;
  while (common < saved.length && ids[common] === saved[common]) common++;
  const open = ids.length - common + (saved.length - common);
  const what = `${nounText(open, 'change')} not saved`;
  return { ...base, state: 'available', what, gain: 'Ctrl+S', isNext, buttons: ['save', 'saveAs'] };
}

const titles = { fold: 'Fold', equalize: 'Equalize', absorb: 'Absorb' } as const;
const nothing = {
  fold: 'nothing to fold',
  equalize: 'nothing to equalize',
  absorb: 'nothing to absorb',
} as const;

/** Clearing is shown as part of equalizing. */
const belongs = (step: StepId, id: RunStepId): boolean =>
  step === id || (id === 'equalize' && step === 'clear');

const doneOf = (records: readonly StepRecord[], id: RunStepId): number => {
  const { folded, sets, cleared, absorbed } = countDone(records);
  return { fold: folded, equalize: sets + cleared, absorb: absorbed }[id];
};

function availableOf(forecast: Forecast, id: RunStepId, records: readonly StepRecord[]): number {
  const cleared = id === 'equalize' ? openPlaces(forecast, 'clear', records).length : 0;
  return openPlaces(forecast, id, records).length + cleared;
}

const placesOf = (forecast: Forecast, step: StepId): readonly object[] =>
  forecast.results.get(step)?.applied ?? [];

const refusedOf = (forecast: Forecast, id: RunStepId): number =>
  forecast.results.get(id)?.skipped.filter(({ code }) => !isNotNeeded(code)).length ?? 0;

const refusedIn = (records: readonly StepRecord[]): number =>
  records.flatMap(({ skipped }) => skipped).filter(({ code }) => !isNotNeeded(code)).length;

function availableWords(forecast: Forecast, id: RunStepId): string {
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

function wordsFor(
  records: readonly StepRecord[],
  id: RunStepId,
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

/** What a step brought: of equalizing the weights, of the others what became of the outputs. */
function gainOf(session: Session, records: readonly StepRecord[], id: RunStepId): string {
  const { now, before } = session.analyst.insight;
  if (id === 'equalize') {
    const was = openedScoreOf(now, before);
    const is = scoreOf(now.values());
    return was && is
      ? `lowest weights ${decibelText(was.lowestDb)} → ${decibelText(is.lowestDb)} dB`
      : '';
  }
  const proofs = records.flatMap(({ proof }) => proof ?? []);
  if (proofs.some(({ unavailable }) => unavailable !== undefined)) return 'not proved';
  if (proofs.some(({ exercised }) => !exercised)) return 'not exercised';
  if (proofs.every(({ exact }) => exact)) return 'exact';
  return `outputs move by ${rangeText(Math.max(...proofs.map(({ maxRel }) => maxRel)))}`;
}

/** True where equalizing is known to leave the worst layer worse: then it is not recommended. */
function wouldLose({ analyst }: Session): boolean {
  const was = scoreOf(analyst.insight.now.values());
  const is = scoreOf(analyst.insight.equalized.values());
  return was !== undefined && is !== undefined && is.lowestDb < was.lowestDb;
}

function expectedGain(session: Session, forecast: Forecast, id: RunStepId): string {
  if (id === 'equalize') {
    const was = scoreOf(session.analyst.insight.now.values());
    const is = scoreOf(session.analyst.insight.equalized.values());
    return was && is
      ? `lowest weights ${decibelText(was.lowestDb)} → ${decibelText(is.lowestDb)} dB`
      : 'not measured';
  }
  return forecast.results.get(id)?.isExact ? 'exact' : 'outputs will move';
}
