/** A value of one cell; absent: not measured. */
export type Cell = string | number | readonly string[] | undefined;

/** A table after RFC 4180, in UTF-8; what a spreadsheet would take for a formula is text. */
export const csvText = (
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Cell>>[],
): string =>
  [columns.join(','), ...rows.map((row) => columns.map((name) => csvCell(row[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');

/** A table as a file: with the mark by which Excel tells UTF-8 from the letters of its own country. */
export const csvFile = (table: string): string => `\ufeff${table}`;

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = typeof cell === 'string' ? cell : cell.join(' ');
  const isNumber = /^-?(inf|nan)$/.test(text);
  const safe = /^[=+\-@\t\r]/.test(text) && !isNumber ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
