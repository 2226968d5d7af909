import { movedBy, rowHeightPx, rowsInSight, rowsSeen, scrolledTo } from './rowWindow.ts';
import type { RowGesture } from './table.ts';
import { TableRows, type FillRow } from './tableRows.ts';

/** Height of the head in pixels; it covers the top of the scrolled rows. */
const headHeightPx = 38;

/** What the frame asks of the table that it carries. */
interface Carried {
  readonly rows: readonly unknown[];
  readonly current: number;
  readonly fill: FillRow;
  readonly onMove: (index: number, gesture: RowGesture) => void;
  readonly onKey?: (event: KeyboardEvent) => boolean;
  readonly onMenu?: (index: number, x: number, y: number, column?: number) => void;
  readonly onHeadMenu?: (column: number, x: number, y: number) => boolean;
}

const cellOf = (target: EventTarget | null): Element | undefined =>
  (target instanceof Element && target.closest('[role=columnheader], [role=gridcell]')) ||
  undefined;

const columnOf = (cell: Element): number => [...(cell.parentElement?.children ?? [])].indexOf(cell);

/** What outlives a drawing of a table: its element, where it is scrolled to, and its keys. */
export class TableFrame {
  scrollTopPx = 0;
  rowsHeightPx = 600;
  widthPx = 800;
  #element: HTMLElement | undefined;
  #carried: Carried | undefined;
  #host: HTMLElement | undefined;
  /** The rows that were drawn last. */
  #drawn: readonly unknown[] | undefined;
  readonly #rows = new TableRows((index, event) => this.#onPress(index, event));
  readonly #watch: ResizeObserver;

  constructor(
    private readonly name: string,
    private readonly redraw: () => void,
  ) {
    this.#watch = new ResizeObserver(() => this.#measure());
  }

  use(carried: Carried): void {
    this.#carried = carried;
  }

  /** Draws the rows in sight into the element that is as high as all of them. */
  draw(host: HTMLElement): void {
    this.#host = host;
    this.#drawRows();
  }

  rowId(index: number): string {
    return `${this.name}-${index}`;
  }

  focus(): void {
    this.#element?.focus({ preventScroll: true });
  }

  /** Scrolls so that a row is in sight. */
  reveal(index: number): void {
    if (!this.#element || index < 0) return;
    const top = scrolledTo(index, this.#element.scrollTop, this.rowsHeightPx);
    if (top !== this.#element.scrollTop) this.#element.scrollTop = top;
  }

  /** Scrolls so that a row will be in sight when the table is drawn next: only once. */
  moveTo(index: number): void {
    if (!this.#element || index < 0) return;
    this.#element.scrollTop = scrolledTo(index, this.scrollTopPx, this.rowsHeightPx);
    this.scrollTopPx = this.#element.scrollTop;
  }

  readonly attach = (element?: Element): void => {
    if (this.#element) this.#watch.unobserve(this.#element);
    this.#element = element instanceof HTMLElement ? element : undefined;
    if (!this.#element) return;
    this.#watch.observe(this.#element);
    queueMicrotask(() => {
      if (this.#element) this.#element.scrollTop = this.scrollTopPx;
      this.#measure();
    });
  };

  readonly onScroll = (): void => {
    if (!this.#element) return;
    const count = this.#carried?.rows.length ?? 0;
    const before = rowsInSight(this.scrollTopPx, this.rowsHeightPx, count);
    this.scrollTopPx = this.#element.scrollTop;
    const after = rowsInSight(this.scrollTopPx, this.rowsHeightPx, count);
    if (before.first !== after.first || before.last !== after.last) this.#drawRows();
  };

  readonly onKey = (event: KeyboardEvent): void => {
    const carried = this.#carried;
    if (!carried || event.defaultPrevented || event.target !== event.currentTarget) return;
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    const to = hasModifier
      ? undefined
      : movedBy(event.key, carried.current, carried.rows.length, this.rowsHeightPx);
    if (to !== undefined && to >= 0) {
      carried.onMove(to, { extend: event.shiftKey, toggle: false, isPress: false });
      // Drawn at once: the next key may come before the next frame and starts from here.
      this.redraw();
      this.reveal(to);
    } else if (!carried.onKey?.(event)) return;
    event.preventDefault();
  };

  readonly onMenu = (event: MouseEvent): void => {
    const carried = this.#carried;
    if (!carried?.onMenu || !this.#element) return;
    event.preventDefault();
    const box = this.#element.getBoundingClientRect();
    const isByPointer = event.button === 2;
    const cell = cellOf(event.target);
    if (cell?.getAttribute('role') === 'columnheader') {
      const head = cell.getBoundingClientRect();
      const [x, y] = isByPointer ? [event.clientX, event.clientY] : [head.left, head.bottom];
      if (carried.onHeadMenu?.(columnOf(cell), x, y) === true) return;
    }
    const at = isByPointer
      ? Math.floor((event.clientY - box.top - headHeightPx + this.scrollTopPx) / rowHeightPx)
      : carried.current;
    if (
      at < 0 ||
      at >= carried.rows.length ||
      (isByPointer && event.clientY - box.top < headHeightPx)
    )
      return;
    const y = box.top + headHeightPx + (at + 1) * rowHeightPx - this.scrollTopPx;
    carried.onMenu(
      at,
      isByPointer ? event.clientX : box.left + 40,
      isByPointer ? event.clientY : y,
      isByPointer && cell ? columnOf(cell) : undefined,
    );
  };

  /** A range that is selected with Shift is of rows, not of the words in them. */
  readonly onMouseDown = (event: MouseEvent): void => {
    if (!event.shiftKey) return;
    event.preventDefault();
    this.focus();
  };

  #onPress(index: number, event: PointerEvent): void {
    if (event.button !== 0) return;
    if (event.target instanceof Element && event.target.closest('a, button')) return;
    this.#carried?.onMove(index, {
      extend: event.shiftKey,
      toggle: event.ctrlKey || event.metaKey,
      isPress: true,
    });
  }

  #drawRows(): void {
    const [carried, host] = [this.#carried, this.#host];
    if (!carried || !host) return;
    const { rows, current, fill } = carried;
    const window = rowsInSight(this.scrollTopPx, this.rowsHeightPx, rows.length);
    const isActive = current >= window.first && current < window.last;
    if (isActive) host.parentElement?.setAttribute('aria-activedescendant', this.rowId(current));
    else host.parentElement?.removeAttribute('aria-activedescendant');
    // Where all rows are others, those that are seen come first, and the spare ones a frame later.
    const isOther = rows !== this.#drawn || !this.#rows.has(host, window);
    const isInTwo = isOther && this.#rows.isIn(host);
    this.#drawn = rows;
    const now = isInTwo ? rowsSeen(this.scrollTopPx, this.rowsHeightPx, rows.length) : window;
    if (isInTwo) requestAnimationFrame(() => this.#drawRows());
    // A link that was scrolled away, say: the keyboard goes on in the table.
    if (this.#rows.draw(host, window, now, fill)) this.focus();
  }

  #measure(): void {
    if (!this.#element) return;
    const rowsHeightPx = Math.max(0, this.#element.clientHeight - headHeightPx);
    const widthPx = this.#element.clientWidth;
    if (rowsHeightPx === this.rowsHeightPx && widthPx === this.widthPx) return;
    if (rowsHeightPx > 0) this.rowsHeightPx = rowsHeightPx;
    this.widthPx = widthPx;
    this.redraw();
  }
}
