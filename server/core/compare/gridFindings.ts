import type { FindingCode } from '../diagnose/findingCodes.ts';
import type { EncodingEntry } from '../reports/encodings.ts';

/** What a float value did on samples, and the grid that the quantized model has for it. */
export interface ObservedGrid {
  readonly grid: EncodingEntry;
  /** Name of the value in the float model. */
  readonly value: string;
  readonly seen: { readonly min: number; readonly max: number };
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
/** The grid is so many times as wide as what was seen: 3 of 8 bits are not used. */
const wideFrom = 8;

/** Names grids that cut off what the float network computes, or that are far too wide; worst first. */
export function gridFindings(observed: readonly ObservedGrid[]): GridFinding[] {
  const findings = observed.flatMap(({ grid, value, seen }): GridFinding[] => {
    const above = seen.max > 0 ? ratio(seen.max, grid.max) : 0;
    const below = seen.min < 0 ? ratio(seen.min, grid.min) : 0;
    const factor = Math.max(above, below);
    const grids = `${short(grid.min)} to ${short(grid.max)}`;
    const values = `${short(seen.min)} to ${short(seen.max)}`;
    if (factor >= clippedFrom) {
      const message = `The grid of "${value}" goes from ${grids}, and its float values from ${values}: what lies outside is cut off.`;
      const severity = factor >= 2 ? 'error' : 'warning';
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
  // Once: it holds for all of them.
  const first = findings.findIndex(({ code }) => code === 'clipped-range');
  return findings.map((one, at) =>
    at === first ? { ...one, message: `${one.message} ${whyClipped}` } : one,
  );
}

const whyClipped =
  'Rounded layers before a grid may make other values than the float ones, and a range finder other than minmax cuts a few off on purpose; else it was calibrated on other data, or with inputs of another scale.';

const ratio = (seen: number, end: number): number => (end === 0 ? Infinity : seen / end);

const short = (value: number): string => String(Number(value.toPrecision(3)));
