import { nounText, rangeText } from '../core/reports/words.ts';
import type { RailStep } from '../protocol/model.ts';
import type { Measurement } from '../session/measurer.ts';
import type { Session } from '../session/session.ts';
import { outputGain } from './evaluation.ts';
import { judgedGain, judgedNote } from './railWords.ts';

const base = { id: 'correct', title: 'Correct', isNext: false } as const;

/** Bias correction, above the tabs. */
export function correctStep(session: Session): RailStep {
  const { state, shownCorrection, shownRecords, analyst, measurer } = session;
  const { preview, data } = state;
  const records = shownRecords.filter(({ step, notKept }) => step === 'correct' && !notKept);
  const corrected = records.flatMap(({ applied }) => applied).length;
  const layers = analyst.insight.layers.length;
  const buttons = preview ? [] : (['preview'] as const);
  if (preview?.changes.some(({ step }) => step === 'correct')) {
    const what = `${nounText(corrected, 'layer')} would be corrected`;
    return { ...base, state: 'available', what, gain: movedWords(session), buttons: [] };
  }
  if (shownCorrection) {
    const what = `${nounText(shownCorrection.former.length, 'layer')} corrected`;
    // What the file brought along gains nothing over the file.
    const gain =
      records.length === 0
        ? 'as opened'
        : (judgedGain(records) ?? gainNow(measurer.measurement) ?? movedWords(session));
    const own = data ? (['changes', ...buttons] as const) : (['changes'] as const);
    const note = judgedNote(records);
    return { ...base, state: 'done', what, gain, ...note, buttons: preview ? ['changes'] : own };
  }
  if (layers === 0) {
    return { ...base, state: 'not-needed', what: 'nothing to correct', gain: '', buttons: [] };
  }
  if (!data) {
    const what = `${nounText(layers, 'layer')}, needs data`;
    return { ...base, state: 'not-needed', what, gain: '', buttons: [] };
  }
  const refused = records.flatMap(({ skipped }) => skipped).length;
  if (refused > 0 && corrected === 0) {
    const what = `${nounText(refused, 'layer')} refused`;
    return { ...base, state: 'refused', what, gain: '', buttons: ['whyNot'] };
  }
  const what = `${nounText(layers, 'layer')} available`;
  return { ...base, state: 'available', what, gain: 'not measured', buttons };
}

/** Of the outputs, as opened and now; undefined while that is not measured. */
const gainNow = (measurement: Measurement | undefined): string | undefined =>
  measurement && !measurement.isStale ? outputGain(measurement) : undefined;

/** How far the float outputs moved. */
function movedWords({ shownRecords }: Session): string {
  const proof = shownRecords.filter(({ step }) => step === 'correct').at(-1)?.proof;
  return proof ? `float outputs move by ${rangeText(proof.maxRel)}` : '';
}
