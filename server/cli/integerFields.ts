import type { ContenderScores } from '../quantize/evaluate.ts';
import { whyNotInteger } from '../quantize/integerKernels.ts';
import type { QdqAgreement } from '../quantize/qdqAgreement.ts';
import { CommandFault } from './fault.ts';
import { decibels, judgedText, percent } from './text.ts';
import { scoreFields } from './verbs/evaluate.ts';
import type { Workplace } from './workplace.ts';

/** True for `--simulate integer`; refuses a target that the runtime has no integer kernels for. */
export function wantsIntegers(place: Workplace): boolean {
  const target = place.settings.target();
  if (target.simulation !== 'integer') return false;
  const why = whyNotInteger(target);
  if (why === undefined) return true;
  const text = `--simulate integer: ${why}`;
  throw new CommandFault(4, 'not-supported', text, undefined, 'leave it out for float simulation');
}

/** What the integer kernels scored, and how far they are from the float simulation. */
export const integerFields = (scores: ContenderScores, agreement: QdqAgreement): object => ({
  ...scoreFields(scores),
  difference: { sqnrDb: agreement.sqnrDb, mostSteps: agreement.mostSteps },
});

/** The same in a sentence. */
export function integerText(scores: ContenderScores, agreement: QdqAgreement): string {
  const { sqnrDb, mostSteps } = agreement;
  const top = scores.accuracy ? `, top-1 ${percent(scores.accuracy.top1)}` : '';
  const difference =
    sqnrDb === Infinity
      ? 'the same as the float simulation'
      : `${decibels(sqnrDb)} from the float simulation, at most ${mostSteps.toFixed(1)} steps in a layer`;
  return `Integer kernels: ${judgedText(scores)}${top}; ${difference}.`;
}
