/** dB with one decimal; `exact` where nothing is lost. */
export const db = (value: number): string =>
  value === Infinity
    ? 'exact'
    : value === -Infinity
      ? 'no signal'
      : Number.isNaN(value)
        ? '–'
        : minus(value.toFixed(1));

/** `22.8 dB`, or a word where nothing or everything is lost. */
export const decibels = (value: number): string =>
  Number.isFinite(value) ? `${db(value)} dB` : db(value);

/** A share as a percentage with one decimal. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Three significant digits; very small and very large ones with an exponent. */
export function significant(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return String(value);
  if (size < 0.001 || size >= 1e5) return minus(value.toExponential(1).replace('e+', 'e'));
  return minus(value.toPrecision(3));
}

export const grouped = (count: number): string => count.toLocaleString('en');

/** `1 layer`, `1,234 layers`. */
export const counted = (count: number, one: string, more = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : more}`;

const minus = (text: string): string => text.replaceAll('-', '−');

/** Rows as aligned columns; the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, c) =>
    Math.max(...rows.map((row) => (row[c] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `Logits SQNR 12.3 dB`: what steps are judged by; of the outputs where there are no logits. */
export const judgedText = ({ logits, sqnrDb }: OutputSqnr): string =>
  `${logits ? 'Logits' : 'Output'} SQNR ${decibels((logits ?? { sqnrDb }).sqnrDb)}`;

interface OutputSqnr {
  readonly sqnrDb: number;
  readonly logits?: { readonly sqnrDb: number };
}
