/** Rows that are drawn as they come into sight: enough for a screen first, more when it is scrolled. */
export class GrowingRows {
  #count: number;
  #total = 0;
  #watch: IntersectionObserver | undefined;
  #end: Element | undefined;

  constructor(
    private readonly step: number,
    private readonly redraw: () => void,
  ) {
    this.#count = step;
  }

  /** How many of so many are drawn now. */
  of(total: number): number {
    this.#total = total;
    return Math.min(this.#count, total);
  }

  /** What stands behind the last row; without it nothing is drawn, and it begins anew. */
  readonly attach = (end?: Element): void => {
    this.#end = end;
    if (end) return this.#look();
    this.#watch?.disconnect();
    this.#count = this.step;
  };

  /** Looks anew where the end is: it may be in sight still. */
  #look(): void {
    this.#watch?.disconnect();
    if (!this.#end) return;
    const ahead = { root: this.#end.closest('.pane'), rootMargin: '600px' };
    this.#watch = new IntersectionObserver((entries) => this.#grow(entries), ahead);
    this.#watch.observe(this.#end);
  }

  #grow(entries: readonly IntersectionObserverEntry[]): void {
    const isInSight = entries.some(({ isIntersecting }) => isIntersecting);
    if (!isInSight || this.#count >= this.#total) return;
    this.#count += this.step;
    this.redraw();
    this.#look();
  }
}
