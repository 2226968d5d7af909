/**
 * Draws. Where what had the focus is gone afterwards, the first of the places that is there gets
 * it: without one, a keyboard or a reader would start again at the top of the window.
 */
export function keepFocus(draw: () => void, places: readonly string[]): void {
  const held = document.activeElement;
  draw();
  if (!held || held === document.body || held.isConnected) return;
  for (const place of places) {
    const element = document.querySelector<HTMLElement>(place);
    if (element) return element.focus();
  }
}

/**
 * A frame forgets which of its elements had the focus when another frame takes it, as VS Code's
 * lists and dialogs do. This gives it back: to that element, or to `place` where it is gone.
 */
export function returnFocus(place: string): void {
  let held: HTMLElement | undefined;
  const isHeld = (element: Element | null): element is HTMLElement =>
    element instanceof HTMLElement && element !== document.body;
  addEventListener('focusin', () => {
    if (isHeld(document.activeElement)) held = document.activeElement;
  });
  // A press beside everything takes the focus away for good.
  addEventListener('pointerdown', () =>
    setTimeout(() => (held = isHeld(document.activeElement) ? document.activeElement : undefined)),
  );
  addEventListener('focus', () => {
    if (!held || isHeld(document.activeElement)) return;
    const element = held.isConnected ? held : document.querySelector<HTMLElement>(place);
    element?.focus({ preventScroll: true });
  });
}
