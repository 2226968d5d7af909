type Elements = Readonly<Record<number, number | bigint>>;

/**
 * Copies `outer` tables of `rows` by `columns` with rows and columns exchanged: channels last are
 * `places` rows of channels, channels first are channels rows of `places`.
 */
export function exchangeRows(
  from: Elements,
  to: Record<number, number | bigint>,
  outer: number,
  rows: number,
  columns: number,
): void {
  let at = 0;
  for (let table = 0; table < outer; table++) {
    const base = table * rows * columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        to[base + column * rows + row] = from[at++] as number;
      }
    }
  }
}
