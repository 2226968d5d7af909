import type { RowWindow } from './rowWindow.ts';

/** One row element, and what it was filled with last. */
export interface RowPlace {
  readonly element: HTMLElement;
  index: number;
  from: readonly unknown[];
}

/** Has a place show the row with this index. */
export type FillRow = (place: RowPlace, index: number) => void;

/**
 * The row elements of a table. Those that leave the sight are filled anew for the rows that come
 * into it: new elements for each row that scrolls by take longer, and collecting the old ones holds
 * up a frame now and then.
 */
export class TableRows {
  #host: HTMLElement | undefined;
  /** In the order of the rows, which follow each other from `#first` on. */
  #places: RowPlace[] = [];
  #first = 0;
  /** Out of the page, until there are more rows in sight again. */
  readonly #spare: RowPlace[] = [];

  constructor(private readonly onPress: (index: number, event: PointerEvent) => void) {}

  /** Whether the rows of a window have places in `host`, some of them at least. */
  has(host: HTMLElement, window: RowWindow): boolean {
    return host === this.#host && this.#isNear(window);
  }

  /** Whether anything is drawn in `host`. */
  isIn(host: HTMLElement): boolean {
    return host === this.#host && this.#places.length > 0;
  }

  /**
   * Gives the rows of a window places in `host`, and fills those of the rows that are wanted `now`.
   * True: what had the focus lost it, or belongs to another row now.
   */
  draw(host: HTMLElement, window: RowWindow, now: RowWindow, fill: FillRow): boolean {
    if (host !== this.#host) {
      this.#host = host;
      host.replaceChildren(...this.#places.map(({ element }) => element));
    }
    const focused = this.#places.find(({ element }) => element.contains(document.activeElement));
    const before = focused?.index;
    this.#arrange(host, window);
    for (let index = now.first; index < now.last; index++) {
      const place = this.#places[index - window.first];
      if (place) fill(place, index);
    }
    if (!focused) return false;
    return focused.index !== before || !focused.element.contains(document.activeElement);
  }

  #isNear({ first, last }: RowWindow): boolean {
    return first < this.#first + this.#places.length && last > this.#first;
  }

  /** Has as many places as the window has rows; a place whose row stays in sight stays with it. */
  #arrange(host: HTMLElement, window: RowWindow): void {
    const { first, last } = window;
    if (this.#isNear(window)) {
      const above = this.#places.splice(0, Math.max(0, first - this.#first));
      this.#put(host, above, true);
      const missing = Math.max(0, this.#first - first);
      const below = Math.max(0, this.#first + this.#places.length - last);
      const moved = this.#places.splice(this.#places.length - Math.min(missing, below));
      while (moved.length < missing) moved.push(this.#another());
      this.#put(host, moved, false);
    }
    this.#first = first;
    while (this.#places.length < last - first) this.#put(host, [this.#another()], true);
    for (const place of this.#places.splice(last - first)) {
      place.element.remove();
      this.#spare.push(place);
    }
  }

  #put(host: HTMLElement, places: readonly RowPlace[], isToEnd: boolean): void {
    const elements = places.map(({ element }) => element);
    if (isToEnd) {
      host.append(...elements);
      this.#places.push(...places);
    } else {
      host.prepend(...elements);
      this.#places.unshift(...places);
    }
  }

  #another(): RowPlace {
    const spare = this.#spare.pop();
    if (spare) return spare;
    const element = document.createElement('div');
    element.setAttribute('role', 'row');
    const place: RowPlace = { element, index: -1, from: [] };
    element.addEventListener('pointerdown', (event) => this.onPress(place.index, event));
    return place;
  }
}
