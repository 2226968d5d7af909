import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { ref } from 'lit/directives/ref.js';

/** One line of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly key?: string;
  /** Why it cannot be chosen now; absent: it can. */
  readonly whyNot?: string | undefined;
  run(): void;
}

/** A menu at a point of the page. */
export interface Menu {
  readonly x: number;
  readonly y: number;
  readonly items: readonly MenuItem[];
  /** Where the focus goes when it closes; absent: to the table. */
  readonly back?: HTMLElement;
}

/** A context menu: arrows move, Enter chooses, Escape or a press elsewhere closes. */
export function menuView(
  menu: Menu | undefined,
  close: () => void,
): TemplateResult | typeof nothing {
  if (!menu) return nothing;
  const choose = (item: MenuItem): void => {
    if (item.whyNot !== undefined) return;
    close();
    item.run();
  };
  // A menu that leads to another is another element: the focus goes into it.
  return html`<div class="menu-shade" @pointerdown=${close} @contextmenu=${shade(close)}></div>
    ${keyed(menu, menuBox(menu, choose, close))}`;
}

const menuBox = (menu: Menu, choose: (item: MenuItem) => void, close: () => void): TemplateResult =>
  html`<div
    class="menu"
    role="menu"
    aria-label="Actions"
    style="left:${menu.x}px;top:${menu.y}px"
    @keydown=${(event: KeyboardEvent) => onKey(event, close)}
    ${ref(takeFocus)}
  >
    ${menu.items.map(
      (item) =>
        html`<button
          role="menuitem"
          tabindex="-1"
          aria-disabled=${item.whyNot === undefined ? nothing : 'true'}
          title=${item.whyNot ?? nothing}
          @click=${() => choose(item)}
        >
          <span>${item.label}</span><span class="dim">${item.key ?? ''}</span>
        </button>`,
    )}
  </div>`;

const shade = (close: () => void) => (event: Event) => {
  event.preventDefault();
  close();
};

function takeFocus(element?: Element): void {
  if (!(element instanceof HTMLElement)) return;
  queueMicrotask(() => {
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth) element.style.left = `${Math.max(0, innerWidth - box.width - 4)}px`;
    if (box.bottom > innerHeight)
      element.style.top = `${Math.max(0, innerHeight - box.height - 4)}px`;
    element.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  });
}

function onKey(event: KeyboardEvent, close: () => void): void {
  const menu = event.currentTarget;
  if (!(menu instanceof HTMLElement)) return;
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const at = items.findIndex((item) => item === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[(to + items.length) % items.length]?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
