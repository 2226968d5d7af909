/** Decibels with one decimal and a true minus; `exact` where nothing is lost. */
export function decibelText(value: number): string {
  if (value === Infinity) return 'exact';
  if (!Number.isFinite(value)) return '–';
  const text = value.toFixed(1);
  return text === '-0.0' ? '0.0' : minus(text);
}

/** `31.2 dB`, or `exact`. */
export const withUnit = (value: number): string =>
  Number.isFinite(value) ? `${decibelText(value)} dB` : decibelText(value);

/** `27.5 → 31.0 dB`, `27.5 dB, no gain`, `27.5 dB → exact`, or `exact` where it was that before. */
export function changeText(was: number, is: number): string {
  if (Number.isFinite(was) && Number.isFinite(is)) {
    const [from, to] = [decibelText(was), decibelText(is)];
    return from === to ? `${to} dB, no gain` : `${from} → ${to} dB`;
  }
  const [from, to] = [withUnit(was), withUnit(is)];
  return from === to ? to : `${from} → ${to}`;
}

/** `171×`, `9.4×`. */
export const timesText = (value: number): string =>
  `${value >= 100 ? countText(Math.round(value)) : value.toFixed(1)}×`;

/** A range: three significant digits; very small or large as `1.2e−6`. */
export function rangeText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  const isOdd = size < 0.001 || size >= 1e5;
  if (isOdd) return minus(value.toExponential(1).replace('e+', 'e'));
  const text = value.toPrecision(3);
  return minus(size >= 999.5 ? countText(Number(text)) : text);
}

/** A whole number with thousands commas. */
export const countText = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 layer`, `14 layers`. */
export const nounText = (count: number, noun: string, plural = `${noun}s`): string =>
  `${countText(count)} ${count === 1 ? noun : plural}`;

const minus = (text: string): string => text.replace(/-/g, '−');

/** The size of a file: `147.6 kB`, `1.92 MB`. */
export function bytesText(sizeBytes: number): string {
  if (sizeBytes >= 1e9) return `${(sizeBytes / 1e9).toFixed(2)} GB`;
  if (sizeBytes >= 1e6) return `${(sizeBytes / 1e6).toFixed(2)} MB`;
  if (sizeBytes >= 1e3) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return `${sizeBytes} B`;
}
