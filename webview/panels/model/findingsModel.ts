import type { FindingRow, ModelState, Remedy } from '../../../server/protocol/model.ts';
import { gainOf } from '../../../server/protocol/gains.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { judgedFigure } from './dataModel.ts';
import { plural } from '../../kit/numbers.ts';
import { linear, type Scale } from '../../kit/scales.ts';

const markOrder = { hurts: 0, watch: 1, fine: 2 } as const;

/** Worst first; the server's order within a mark stays. */
export const sortFindings = (findings: readonly FindingRow[]): readonly FindingRow[] =>
  [...findings].sort((a, b) => markOrder[a.mark] - markOrder[b.mark]);

/**
 * Findings whose remedies stand under one before them already, figures and all: a column of the
 * same rows says no more the second time. One row is shorter than the words that refer to it.
 */
export function repeated(findings: readonly FindingRow[]): ReadonlySet<FindingRow> {
  const shown = new Set<string>();
  const again = new Set<FindingRow>();
  for (const finding of findings) {
    if (finding.remedies.length < 2) continue;
    const key = JSON.stringify(finding.remedies);
    if (shown.has(key)) again.add(finding);
    shown.add(key);
  }
  return again;
}

/** The remedy that is measured to reach the most, when it gains anything. */
export function bestRemedy(remedies: readonly Remedy[]): Remedy | undefined {
  let best: Remedy | undefined;
  for (const remedy of remedies) {
    if (!remedy.isMeasured || !(gainIn(remedy) > 0)) continue;
    if (!best || fromWire(remedy.toDb) > fromWire(best.toDb)) best = remedy;
  }
  return best;
}

/** Measured, and worse than leaving it: shown so that nobody tries. */
export const isHarmful = (remedy: Remedy): boolean => remedy.isMeasured && gainIn(remedy) < 0;

/** Measured, and neither better nor worse. */
export const isIdle = (remedy: Remedy): boolean => remedy.isMeasured && gainIn(remedy) === 0;

/** In dB; 0 where that is not to be seen. */
function gainIn({ fromDb, toDb }: Remedy): number {
  const [from, to] = [fromWire(fromDb), fromWire(toDb)];
  const gain = gainOf(from, to);
  return Number.isNaN(gain) ? to - from : gain;
}

/** Head of the column of names: only what all have is promised. */
export const nameHead = (remedies: readonly Remedy[]): string =>
  remedies.every(({ isMeasured }) => isMeasured) ? 'Remedy, measured' : 'Remedy';

/** Measured by running the network, and not by the weights alone. */
export const isOfOutputs = ({ of }: Remedy): boolean => of === 'outputs' || of === 'logits';

/** Head of the column of figures, and what they are; empty where no remedy has any. */
export function headOf(remedies: readonly Remedy[]): Figure {
  const first = remedies.find(({ isMeasured }) => isMeasured);
  if (!first && remedies.every(({ note }) => note !== undefined)) return { head: '', about: '' };
  return figures[first?.of ?? 'weights'];
}

interface Figure {
  readonly head: string;
  readonly about: string;
}

const figures: Readonly<Record<NonNullable<Remedy['of']>, Figure>> = {
  weights: {
    head: 'Weights, dB',
    about: 'Lowest SQNR of the weights of the layers it is about',
  },
  estimate: {
    head: 'Alone ≈, dB',
    about: 'Lowest output of the layers it is about, each with only its weights rounded, estimated',
  },
  outputs: {
    head: 'Output SQNR, dB',
    about: 'SQNR of the outputs on the samples that judge',
  },
  logits: {
    head: 'Logits SQNR, dB',
    about: 'SQNR of what the last Softmax or Sigmoid reads, on the samples that judge',
  },
};

/** What was looked for, so that nothing found is an answer. */
export function checkedInWords(model: ModelState): string {
  const { targetLabel, layers, evaluation } = model;
  const hasAlone = layers.some(({ data }) => data?.now.alone !== undefined);
  const onData = evaluation
    ? `, layers that hurt the ${judgedFigure(model)} by themselves, biased errors, biases that overflow, values that are the same on every sample`
    : '';
  const rest = evaluation && !hasAlone ? ' Each layer quantized alone is not measured yet.' : '';
  return `Checked for ${targetLabel} on ${plural(layers.length, 'layer')}: uneven channels, batch norms that are not folded, dead and tiny channels, outliers, absurd scales, ReLU6 bounds, values that are not finite${onData}.${rest}`;
}

/** One axis for the dots of all findings, whole tens of dB and 0 in it. */
export function remedyAxis(
  findings: readonly FindingRow[],
  pixels: readonly [number, number],
): Scale {
  const all = findings
    .flatMap(({ remedies }) => remedies)
    .filter((remedy) => remedy.isMeasured)
    .flatMap((remedy) => [fromWire(remedy.fromDb), fromWire(remedy.toDb)])
    .filter((db) => Number.isFinite(db));
  const low = all.reduce((least, db) => Math.min(least, db), 0);
  const high = all.reduce((most, db) => Math.max(most, db), 20);
  return linear([5 * Math.floor(low / 5), 5 * Math.ceil(high / 5)], pixels, 4);
}
