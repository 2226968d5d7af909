/** Height of every row in pixels; equal rows make the window arithmetic. */
export const rowHeightPx = 24;

/** Rows drawn above and below what is in sight, so that a fast wheel meets no white. */
const spareRows = 8;

/** The first row to draw and the one after the last. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
}

/** Which rows are to be drawn when `scrollTopPx` of the rows is above the edge of `heightPx`. */
export const rowsInSight = (scrollTopPx: number, heightPx: number, rowCount: number): RowWindow =>
  windowOf(scrollTopPx, heightPx, rowCount, spareRows);

/** Those of them that are seen, whole or in part. */
export const rowsSeen = (scrollTopPx: number, heightPx: number, rowCount: number): RowWindow =>
  windowOf(scrollTopPx, heightPx, rowCount, 0);

function windowOf(
  scrollTopPx: number,
  heightPx: number,
  rowCount: number,
  spare: number,
): RowWindow {
  const first = Math.floor(scrollTopPx / rowHeightPx) - spare;
  const last = Math.ceil((scrollTopPx + heightPx) / rowHeightPx) + spare;
  const end = Math.min(rowCount, Math.max(0, last));
  return { first: Math.min(end, Math.max(0, first)), last: end };
}

/** Where to scroll so that row `index` is in sight; `heightPx` without the head. */
export function scrolledTo(index: number, scrollTopPx: number, heightPx: number): number {
  const top = index * rowHeightPx;
  if (top < scrollTopPx) return top;
  const bottom = top + rowHeightPx;
  return bottom > scrollTopPx + heightPx ? bottom - heightPx : scrollTopPx;
}

/** Where a key moves the current row; undefined for keys that do not move. */
export function movedBy(
  key: string,
  current: number,
  rowCount: number,
  heightPx: number,
): number | undefined {
  const page = Math.max(1, Math.floor(heightPx / rowHeightPx) - 1);
  const to = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    PageDown: current + page,
    PageUp: current - page,
    Home: 0,
    End: rowCount - 1,
  }[key];
  return to === undefined ? undefined : Math.min(rowCount - 1, Math.max(0, to));
}
