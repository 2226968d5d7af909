import type { Remedy, RunStepId } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import type { Measured, MeasuredRemedy, RemedyKind } from '../session/measured.ts';

/** What is called how, and which steps it is. */
const known: Readonly<
  Record<RemedyKind, { readonly label: string; readonly steps?: readonly RunStepId[] }>
> = {
  equalize: { label: 'Equalize', steps: ['equalize'] },
  correct: { label: 'Correct biases', steps: ['correct'] },
  equalizeCorrect: { label: 'Equalize, then correct', steps: ['equalize', 'correct'] },
  moreBits: { label: 'More bits for the weights' },
  perChannel: { label: 'Weights per channel' },
  perChannelCorrect: { label: 'Per channel, then correct' },
  leaveFloat: { label: 'Leave the worst layer in float' },
};

/** What helps against a finding, by what it is caused by; findings that are not here keep theirs. */
const against: Readonly<Record<string, readonly RemedyKind[]>> = {
  'uneven-channels': ['equalize', 'equalizeCorrect', 'perChannel', 'perChannelCorrect'],
  'tiny-channels': ['equalize', 'equalizeCorrect', 'perChannel', 'perChannelCorrect'],
  'dead-channels': ['equalize', 'equalizeCorrect'],
  'outlier-weights': ['moreBits', 'equalizeCorrect'],
  'biased-error': ['correct', 'equalizeCorrect', 'perChannelCorrect'],
};

/**
 * Remedies with the SQNR of the outputs (of the logits, where there are some) that they were measured to lead to, the best first: those that help
 * against a finding, or all. Undefined while none was measured.
 */
export function outputRemedies(measured: Measured, code?: string): Remedy[] | undefined {
  const scores = measured.scores?.quantized;
  const wanted = code === undefined ? undefined : against[code];
  if (!scores || !measured.remedies || (code !== undefined && !wanted)) return undefined;
  const of = scores.logits ? 'logits' : 'outputs';
  const fromDb = (scores.logits ?? scores).sqnrDb;
  const found = measured.remedies
    .filter(({ kind }) => wanted === undefined || wanted.includes(kind))
    .sort((a, b) => b.db - a.db)
    .map((remedy) => remedyOf(remedy, fromDb, of));
  return found.length > 0 ? found : undefined;
}

function remedyOf(remedy: MeasuredRemedy, fromDb: number, of: 'outputs' | 'logits'): Remedy {
  const { kind, db, target, top1 } = remedy;
  const { steps } = known[kind];
  const [step, ...more] = steps ?? [];
  return {
    label: labelOf(remedy),
    ...(step && more.length === 0 ? { step } : {}),
    ...(steps && more.length > 0 ? { steps } : {}),
    ...(target ? { target } : {}),
    fromDb: toWire(fromDb),
    toDb: toWire(db),
    isMeasured: true,
    of,
    ...(top1 === undefined ? {} : { top1 }),
  };
}

function labelOf({ kind, target, layer }: MeasuredRemedy): string {
  if (kind === 'moreBits' && target) return `Weights of ${target.weightBits} bits`;
  if (kind === 'leaveFloat' && layer !== undefined) return `Leave ${layer} in float`;
  return known[kind].label;
}
