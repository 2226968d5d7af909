import { correctStep } from './correctStep.ts';
import { countText, nounText } from '../core/reports/words.ts';
import type { LedgerRow, RailStep } from '../protocol/model.ts';
import type { Session } from '../session/session.ts';
import {
  availableOf,
  availableWords,
  belongs,
  doneOf,
  expectedGain,
  gainOf,
  judgedNote,
  lossOf,
  nothingToDo,
  railTitles,
  refusedOf,
  refusedWords,
  wordsFor,
  wouldLose,
  type PassStepId,
} from './railWords.ts';

/** The steps above the tabs: where each stands, and what can be done about it. */
export function railOf(session: Session, ledger: readonly LedgerRow[]): RailStep[] {
  if (session.kind !== 'float') return [];
  const steps = (['fold', 'equalize', 'absorb'] as const).map((id) => stepOf(session, id, ledger));
  const isNext = ({ id, state }: RailStep): boolean =>
    state === 'available' && !(id === 'equalize' && wouldLose(session));
  const next = session.state.preview ? -1 : steps.findIndex(isNext);
  const save = saveStep(session, next < 0 && !session.state.preview);
  const withNext = steps.map((step, i) => (i === next ? nextStep(step) : step));
  return [...withNext, correctStep(session), save];
}

const nextStep = (step: RailStep): RailStep => ({
  ...step,
  isNext: true,
  buttons: step.buttons.includes('preview') ? [...step.buttons, 'apply'] : step.buttons,
});

function stepOf(session: Session, id: PassStepId, ledger: readonly LedgerRow[]): RailStep {
  const { preview } = session.state;
  const records = session.shownRecords.filter((record) => belongs(record.step, id));
  const done = doneOf(records, id);
  const { forecast, isComplete } = session.analyst.insight;
  const open = forecast ? availableOf(forecast, id, records) : 0;
  const refused = refusedOf(ledger, id);
  const base = { id, title: railTitles[id], isNext: false };
  const isPreviewed = preview?.changes.some((change) => change.step === id) ?? false;
  if (isPreviewed) {
    const what = wordsFor(records, id, 'would');
    const loss = id === 'equalize' ? lossOf(session, records) : {};
    return {
      ...base,
      state: 'available',
      what,
      gain: gainOf(session, records, id),
      ...loss,
      buttons: [],
    };
  }
  const may = <T>(buttons: readonly T[]): readonly T[] =>
    buttons.filter((button) => !preview || button !== 'preview');
  if (done > 0) {
    const what = wordsFor(records, id, 'done', open + refused.length);
    const buttons = open > 0 ? (['changes', 'preview'] as const) : (['changes'] as const);
    return {
      ...base,
      state: 'done',
      what,
      gain: gainOf(session, records, id),
      ...(id === 'equalize' ? { ...judgedNote(records), ...lossOf(session, records) } : {}),
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
  if (refused.length > 0) {
    const what = `${countText(refused.length)} refused`;
    const gain = refusedWords(refused, records);
    return { ...base, state: 'refused', what, gain, buttons: may(['whyNot']) };
  }
  return { ...base, state: 'not-needed', what: nothingToDo[id], gain: '', buttons: [] };
}

function saveStep({ state }: Session, isNext: boolean): RailStep {
  const { applied, saved, preview } = state;
  const ids = applied.map((change) => change.id);
  const base = { id: 'save' as const, title: 'Save', gain: '', isNext: false, buttons: [] };
  if (ids.join() === saved.join()) {
    if (saved.length === 0) return { ...base, state: 'not-needed', what: 'nothing to save' };
    return { ...base, state: 'done', what: 'saved', buttons: preview ? [] : ['saveAs'] };
  }
  let common = 0;
  while (common < saved.length && ids[common] === saved[common]) common++;
  const open = ids.length - common + (saved.length - common);
  const step = {
    ...base,
    state: 'available',
    what: `${nounText(open, 'change')} not saved`,
  } as const;
  return preview ? step : { ...step, gain: 'Ctrl+S', isNext, buttons: ['save', 'saveAs'] };
}
