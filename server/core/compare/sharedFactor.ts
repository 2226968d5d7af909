import type { GridFinding } from './gridFindings.ts';

/** At least so many grids, and so many of those that were seen, are cut off where inputs are to blame. */
const fewestShared = 3;
const mostlyShared = 0.75;
/** The middle half of the factors lies within this: biases keep them from being all the same. */
const alike = 4;

/** What nearly all grids have in common that are too narrow by about the same: other inputs. */
export function sharedFactor(
  findings: readonly GridFinding[],
  observed: number,
): GridFinding | undefined {
  const clipped = findings.filter(({ code }) => code === 'clipped-range');
  const [worst] = clipped;
  if (!worst || clipped.length < Math.max(fewestShared, mostlyShared * observed)) return undefined;
  const factors = clipped.map(({ factor }) => factor).sort((a, b) => a - b);
  const at = (share: number): number => factors[Math.floor(share * (factors.length - 1))] ?? NaN;
  const factor = at(0.5);
  if (factor < 2 || !(at(0.75) / at(0.25) <= alike)) return undefined;
  const all = clipped.length === observed ? `All ${observed}` : `${clipped.length} of ${observed}`;
  const times = (value: number): string => String(Number(value.toPrecision(2)));
  const most = at(1) === Infinity ? ' times and more' : ` to ${times(at(1))} times`;
  const message = `${all} ranges are about ${times(factor)} times as wide as their grids (${times(at(0))}${most}): are the inputs of another scale than those it was calibrated on? "scale" of the preprocessing brings them to it.`;
  return { code: 'clipped-range', severity: 'error', value: worst.value, message, factor };
}
