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
