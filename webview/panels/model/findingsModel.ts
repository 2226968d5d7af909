import type { FindingRow, Remedy } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { linear, type Scale } from '../../kit/scales.ts';

const markOrder = { hurts: 0, watch: 1, fine: 2 } as const;

/** Worst first; the server's order within a mark stays. */
export const sortFindings = (findings: readonly FindingRow[]): readonly FindingRow[] =>
  [...findings].sort((a, b) => markOrder[a.mark] - markOrder[b.mark]);

/** The remedy that is measured to reach the most, when it gains anything. */
export function bestRemedy(remedies: readonly Remedy[]): Remedy | undefined {
  let best: Remedy | undefined;
  for (const remedy of remedies) {
    if (!remedy.isMeasured || !(fromWire(remedy.toDb) > fromWire(remedy.fromDb))) continue;
    if (!best || fromWire(remedy.toDb) > fromWire(best.toDb)) best = remedy;
  }
  return best;
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
