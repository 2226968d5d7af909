import type { FindingCode } from '../diagnose/findingCodes.ts';
import { encodingOf } from '../quant/grid.ts';
import { spreadError } from '../ranges/histogramError.ts';
import type { ValueStatistics } from '../ranges/statistics.ts';
import type { EncodingEntry } from '../reports/encodings.ts';
import { sharedFactor } from './sharedFactor.ts';

/** What a float value did on samples, and the grid that the quantized model has for it. */
export interface ObservedGrid {
  readonly grid: EncodingEntry;
  /** Name of the value in the float model. */
  readonly value: string;
  /** With a histogram it is known what cutting off costs. */
  readonly seen: Pick<ValueStatistics, 'min' | 'max'> & Partial<ValueStatistics>;
}

/** A fault of a quantized model's grid, told by its float twin. */
export interface GridFinding {
  readonly code: Extract<FindingCode, 'clipped-range' | 'wide-range'>;
  readonly severity: 'error' | 'warning';
  readonly value: string;
  readonly message: string;
  /** Largest seen value by what the grid can hold; over 1: clipped. */
  readonly factor: number;
}

/** From here on what is cut off is more than a calibration would cut on purpose. */
const clippedFrom = 1.25;
/** Cutting off that costs less, in dB, is what a range finder does on purpose: finer steps pay it. */
const costsFrom = 1;
/** Cutting off that costs a bit of the grid is an error; ... */
const graveCost = 6;
/** ... where it is not known what it costs, values so many times as far out as the grid goes. */
const graveFactor = 2;
/** The grid is so many times as wide as what was seen: 3 of 8 bits are not used. */
const wideFrom = 8;

/**
 * Names grids that cut off what the float network computes, and lose by it, or that are far too wide;
 * worst first.
 */
export function gridFindings(observed: readonly ObservedGrid[]): GridFinding[] {
  const findings = observed.flatMap(({ grid, value, seen }): GridFinding[] => {
    const above = seen.max > 0 ? ratio(seen.max, grid.max) : 0;
    const below = seen.min < 0 ? ratio(seen.min, grid.min) : 0;
    const factor = Math.max(above, below);
    const grids = `${short(grid.min)} to ${short(grid.max)}`;
    const values = `${short(seen.min)} to ${short(seen.max)}`;
    if (factor >= clippedFrom) {
      const cost = clippingCost(grid, seen);
      if (cost !== undefined && cost < costsFrom) return [];
      const costs =
        cost === undefined
          ? ''
          : `, which costs ${cost.toFixed(1)} dB against a grid of all of them`;
      const message = `The grid of "${value}" goes from ${grids}, and its float values from ${values}: what lies outside is cut off${costs}.`;
      const isGrave = cost === undefined ? factor >= graveFactor : cost >= graveCost;
      const severity = isGrave ? 'error' : 'warning';
      return [{ code: 'clipped-range', severity, value, message, factor }];
    }
    if (factor > 0 && factor <= 1 / wideFrom) {
      const message = `The grid of "${value}" goes from ${grids}, and its float values only from ${values}: most of its levels are never used.`;
      return [{ code: 'wide-range', severity: 'warning', value, message, factor }];
    }
    return [];
  });
  const weight = ({ factor }: GridFinding): number => Math.abs(Math.log(factor));
  findings.sort((a, b) => weight(b) - weight(a));
  const shared = sharedFactor(findings, observed.length);
  if (shared) return [shared, ...findings];
  // Once: it holds for all of them.
  const first = findings.findIndex(({ code }) => code === 'clipped-range');
  return findings.map((one, at) =>
    at === first ? { ...one, message: `${one.message} ${whyClipped}` } : one,
  );
}

const whyClipped =
  'Rounded layers before a grid may make other values than the float ones, and a range finder other than minmax cuts a few off on purpose; else it was calibrated on other data, or with inputs of another scale.';

/**
 * How much more the grid errs on what was seen than one of as many levels that cuts nothing off, in
 * dB: negative where cutting off pays. Undefined where it is not known how the values are spread.
 */
function clippingCost(
  { type, scale, zeroPoint, count, min, max }: EncodingEntry,
  { histogram, count: values = 0, ...seen }: ObservedGrid['seen'],
): number | undefined {
  if (!histogram || values === 0 || count > 1) return undefined;
  const isSigned = zeroPoint === 0 && type.startsWith('int');
  const whole = encodingOf(seen.min, seen.max, {
    bits: Number(/\d+$/.exec(type)?.[0] ?? 8),
    symmetry: isSigned ? 'symmetric' : 'asymmetric',
    isPowerOfTwo: false,
  });
  const error = spreadError(histogram, { ...seen, count: values });
  const own = { scale, lowest: Math.round(min / scale), highest: Math.round(max / scale) };
  const least = error(whole);
  return least > 0 ? 10 * Math.log10(error(own) / least) : undefined;
}

const ratio = (seen: number, end: number): number => (end === 0 ? Infinity : seen / end);

const short = (value: number): string => String(Number(value.toPrecision(3)));
