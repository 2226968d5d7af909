import { html, nothing, type TemplateResult } from 'lit';
import type { ComparisonView, OtherSource, OwnSide } from '../../../../server/protocol/compare.ts';
import { glyph } from '../../../kit/glyphs.ts';
import type { MenuItem } from '../../../kit/menu.ts';
import { runCommand } from '../actions.ts';
import { follow } from '../header.ts';
import type { Page } from '../page.ts';

const slots = [0, 1] as const;
type Slot = (typeof slots)[number];

/** What is compared with what; both can be chosen. */
export function comparePickers(page: Page, view: ComparisonView, words: string): TemplateResult {
  // A quantized model has no other state than itself: the second side is still to be chosen.
  const isOpen =
    page.state.model?.kind === 'quantized' && view.sides.every(({ kind }) => kind !== 'other');
  return html`<div class="bar compare-bar">
    ${slots.map((slot) => {
      const title = isOpen && slot === 1 ? 'Choose…' : view.sides[slot].title;
      return html`<span class="slot">
        <span class="dim" id="compare-label-${slot}">${slot === 0 ? 'Compare' : 'with'}</span>
        <button
          class="picker"
          id="compare-${slot}"
          aria-labelledby="compare-label-${slot} compare-${slot}"
          aria-haspopup="menu"
          title=${title}
          @click=${(event: Event) => openSides(page, slot, event)}
        >
          <span class="cut">${title}</span>${glyph('open')}
        </button>
      </span>`;
    })}
    <span class="dim small words">${words}</span>
    <a class="end" href="#" role="button" @click=${follow(() => pick(page, 0, 'file'))}
      >Another file…</a
    >${
      isOpen || view.fault
        ? nothing
        : html`<a
            href="#"
            role="button"
            @click=${follow(() => runCommand(page, 'exportComparison'))}
            >Export comparison…</a
          >`
    }
  </div>`;
}

const own: readonly (readonly [side: OwnSide, label: string])[] = [
  ['float', 'Float'],
  ['opened', 'Quantized, as opened'],
  ['now', 'Quantized, now'],
];

const others: readonly (readonly [source: OtherSource, label: string])[] = [
  ['file', 'Another file…'],
  ['lastCommit', 'Last commit'],
  ['revision', 'Revision…'],
];

function openSides(page: Page, slot: Slot, { currentTarget }: Event): void {
  if (!(currentTarget instanceof HTMLElement)) return;
  const box = currentTarget.getBoundingClientRect();
  const isQuantized = page.state.model?.kind === 'quantized';
  const states: readonly (readonly [OwnSide, string])[] = isQuantized
    ? [['now', 'This file']]
    : own;
  const items: MenuItem[] = [
    ...states.map(([side, label]) => ({
      label,
      run: () => {
        page.post({ type: 'compareSide', slot, side });
        document.getElementById(`compare-${slot}`)?.focus();
      },
    })),
    ...others.map(([source, label]) => ({ label, run: () => pick(page, slot, source) })),
  ];
  page.change({ menu: { x: box.left, y: box.bottom + 2, items, back: currentTarget } });
}

const pick = (page: Page, slot: Slot, source: OtherSource): void =>
  page.post({ type: 'comparePick', slot, source });
