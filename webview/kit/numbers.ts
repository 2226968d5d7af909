import { fromWire, type WireNumber } from '../../server/protocol/wire.ts';

/** A true minus sign in place of the hyphen. */
export const minus = (text: string): string => text.replace('-', '−');

/** Decibels, one decimal; an infinite ratio is exact, an unmeasured one a dash. */
export function decibels(value: WireNumber | undefined): string {
  if (value === undefined) return '–';
  const db = fromWire(value);
  if (Number.isNaN(db)) return '–';
  if (!Number.isFinite(db)) return db > 0 ? 'exact' : '−∞';
  return minus(noNegativeZero(db, 1));
}

/** A size in the unit of the weights: three significant digits, powers of ten when small or large. */
export function range(value: number): string {
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (size === 0) return '0';
  if (size < 0.001 || size >= 1e5)
    return minus(value.toExponential(1).replace('e+', 'e')).replace('e-', 'e−');
  return size >= 999.5 ? count(Number(value.toPrecision(3))) : minus(value.toPrecision(3));
}

/** How many times: `171×`, `9.4×`. */
export function times(value: WireNumber): string {
  const ratio = fromWire(value);
  if (Number.isNaN(ratio)) return '–';
  if (!Number.isFinite(ratio)) return '∞';
  if (ratio >= 1e5) return `${range(ratio)}×`;
  return `${ratio >= 100 ? count(Math.round(ratio)) : ratio.toFixed(1)}×`;
}

/** A share from 0 to 1 as a percentage with one decimal. */
export const percent = (share: number): string => `${noNegativeZero(100 * share, 1)} %`;

/** A shift in deviations: two decimals, `<0.01` below. */
export function sigmas(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return value < 0 ? '>−0.01' : '<0.01';
  return minus(noNegativeZero(value, 2));
}

/** `35–65 %`: an interval of shares, whole percents. */
export const percents = ([low, high]: readonly [number, number]): string =>
  `${Math.round(100 * low)}–${Math.round(100 * high)} %`;

/** `0…7.00`: from the least to the greatest value. */
export const span = (min: number, max: number): string => `${range(min)}…${range(max)}`;

/** A count with thousands commas. */
export const count = (value: number): string => minus(withCommas.format(value));

/** Made once: making one costs more than all that a page counts. */
const withCommas = new Intl.NumberFormat('en-US');

/** The size of a file: `1.92 MB`. */
export function bytes(sizeBytes: number): string {
  if (sizeBytes >= 1e9) return `${(sizeBytes / 1e9).toFixed(2)} GB`;
  if (sizeBytes >= 1e6) return `${(sizeBytes / 1e6).toFixed(2)} MB`;
  if (sizeBytes >= 1e3) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return `${sizeBytes} B`;
}

/** `1 layer`, `3 layers`. */
export const plural = (many: number, one: string, more = `${one}s`): string =>
  `${count(many)} ${many === 1 ? one : more}`;

function noNegativeZero(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}
