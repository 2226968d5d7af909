import { escape } from './actions.ts';
import type { Page } from './page.ts';

/** Keys that work wherever the focus is. */
export function onPageKey(page: Page, event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : undefined;
  if (event.key === 'Escape') {
    if (escape(page, Boolean(target?.closest('.cockpit')))) event.preventDefault();
    return;
  }
  const isTyping = Boolean(target?.closest('input, textarea'));
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector<HTMLInputElement>('.bar input');
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  }
}
