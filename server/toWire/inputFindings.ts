import { nounText, rangeText } from '../core/reports/words.ts';
import type { EncodingRow } from '../protocol/model.ts';
import type { CodedRow } from './findings.ts';

/** An encoding may cut off so much of what the samples reach: outliers are cut off on purpose. */
const cutShare = 0.05;

/** Share of what the samples reach on the worse side that the encoding holds; 1: all of it. */
function heldShare({ min, max, samples }: EncodingRow): number {
  if (!samples) return 1;
  const high = samples.max > 0 ? max / samples.max : 1;
  const low = samples.min < 0 ? min / samples.min : 1;
  return Math.max(0, Math.min(1, high, low));
}

/** True where the samples go far beyond what the integers can stand for. */
export const isClipped = (row: EncodingRow): boolean => heldShare(row) < 1 - cutShare;

/** Inputs whose encoding cuts off what the samples have. */
export function inputClipped(rows: readonly EncodingRow[]): CodedRow | undefined {
  const found = rows.filter(isClipped).sort((a, b) => heldShare(a) - heldShare(b));
  const [worst] = found;
  if (!worst?.samples) return undefined;
  const { samples, tensor, min, max } = worst;
  const isHigh = samples.max > 0 && max / samples.max <= (samples.min < 0 ? min / samples.min : 1);
  const [end, reach] = isHigh ? [max, samples.max] : [min, samples.min];
  const share = Math.round(100 * heldShare(worst));
  const more = found.length > 1 ? `, and ${nounText(found.length - 1, 'other')}` : '';
  return {
    code: 'input-clipped',
    mark: 'hurts',
    title: `The input is clipped to ${share} % of its range`,
    text: `The encoding of ${tensor}${more} ends at ${rangeText(end)}; the samples reach ${rangeText(reach)}. Was the model calibrated on data that is scaled differently?`,
    layers: [],
    remedies: [],
  };
}
