import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { CockpitSet, CockpitState, Strip } from '../../../server/protocol/cockpit.ts';
import {
  channelOrder,
  positionAt,
  setGeometry,
  type SetGeometry,
} from '../../kit/charts/setGeometry.ts';
import { channelCursor, setLabel, setStrips, stripNotes } from '../../kit/charts/setStrips.ts';
import { cutApart, cutInMiddle } from '../../kit/cutNames.ts';
import { remember } from '../../kit/remember.ts';
import { showLedger } from './actions.ts';
import {
  channelName,
  pinnedAt,
  readChannel,
  readingInWords,
  setKey,
  shownSet,
  stripExtremes,
  stripsFoot,
  stripsKey,
  type Pin,
} from './cockpitModel.ts';
import { follow } from './header.ts';
import type { Page } from './page.ts';
import type { ShortNames } from './shortNames.ts';

const geometryOf = remember(setGeometry);
const orderOf = remember(channelOrder);

/** The strips with names that leave room for what stands at their right. */
const named = remember(
  (strips: readonly Strip[], names: ShortNames, widthPx: number): readonly Strip[] => {
    const hasMany = strips.some((one) => one.kind === 'range' && one.inputsEach !== undefined);
    const most = Math.max(12, Math.floor((widthPx - (hasMany ? 360 : 250)) / 7.5));
    const shorter = cutApart(
      strips.map(({ kind, name }) => (kind === 'range' ? names.name(name) : '')),
      most,
    );
    return strips.map((strip, at) => ({
      ...strip,
      name: strip.kind === 'range' ? (shorter[at] ?? '') : names.text(strip.name),
    }));
  },
);

/** The strips of one set: hover reads a channel in all of them at once, a click pins it, arrows move it. */
export function setView(page: Page, cockpit: CockpitState, widthPx: number): TemplateResult {
  const set = shownSet(cockpit, page.state.pickedSet);
  if (!set || widthPx < 100) return html`${noSetView(page, cockpit)}`;
  const { isByIndex } = page.state.kept;
  const geometry = geometryOf(named(set.strips, page.names(), widthPx), widthPx);
  const order = orderOf(set.strips, cockpit.layer, isByIndex);
  return html`${switches(page, cockpit)} ${noSetView(page, cockpit)}
  ${stripsView(page, cockpit, set, geometry, order)}`;
}

function stripsView(
  page: Page,
  cockpit: CockpitState,
  set: CockpitSet,
  geometry: SetGeometry,
  order: readonly number[],
): TemplateResult {
  const { hovered, kept } = page.state;
  const { title, strips } = set;
  const pinned = pinnedAt(page.state.pinned, set, order);
  const position = clamp(hovered, geometry.channels) ?? pinned;
  const channel = position === undefined ? undefined : (order[position] ?? position);
  const notes = channel === undefined ? stripExtremes(strips) : readChannel(strips, channel);
  const name = channel === undefined ? '' : channelName(channel, set);
  const foot =
    channel === undefined
      ? stripsFoot(set, kept.isByIndex)
      : `${name}${hovered === undefined ? ', pinned' : ''}`;
  const pin = (at: number | undefined): Pin | undefined =>
    at === undefined ? undefined : { channel: order[at] ?? at, set: setKey(set) };
  const said = channel === undefined ? '' : `${name}: ${readingInWords(strips, channel)}`;
  return html`<div
      class="strips"
      tabindex="0"
      role="group"
      aria-label="${setLabel(set)}. Arrow keys read one channel."
      @keydown=${(event: KeyboardEvent) => onKey(page, geometry, pinned, pin, event)}
      @pointermove=${(event: PointerEvent) => onPointer(page, geometry, event)}
      @pointerleave=${() => page.change({ hovered: undefined })}
      @click=${() => page.change({ pinned: pin(hovered === pinned ? undefined : hovered) })}
    >
      <svg
        width=${geometry.widthPx}
        height=${geometry.heightPx}
        aria-hidden="true"
        data-chart=${cockpit.noSet === undefined ? `Channels of ${title}` : 'Channels'}
        data-words=${strips.map((strip, i) => `${strip.name} ${notes[i] ?? ''}.`).join(' ')}
      >
        ${guard([geometry, order], () => setStrips(geometry, order))}
        ${stripNotes(geometry, notes, [foot, stripsKey(strips)], channel !== undefined)}
        ${position === undefined ? '' : channelCursor(geometry, position, hovered === undefined)}
      </svg>
    </div>
    <p class="for-readers" role="status">${hovered === undefined ? said : ''}</p>`;
}

const clamp = (position: number | undefined, channels: number): number | undefined =>
  position === undefined ? undefined : Math.min(channels - 1, position);

function onPointer(page: Page, geometry: SetGeometry, event: PointerEvent): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const hovered = positionAt(
    geometry,
    event.clientX - event.currentTarget.getBoundingClientRect().left,
  );
  if (hovered !== page.state.hovered) page.change({ hovered });
}

function onKey(
  page: Page,
  geometry: SetGeometry,
  pinned: number | undefined,
  pin: (position: number) => Pin | undefined,
  event: KeyboardEvent,
): void {
  const at = pinned ?? -1;
  const last = geometry.channels - 1;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  page.change({ pinned: pin(Math.min(last, Math.max(0, to))), hovered: undefined });
}

function switches(page: Page, cockpit: CockpitState): TemplateResult {
  const { isByIndex } = page.state.kept;
  const shown = shownSet(cockpit, page.state.pickedSet);
  const order = (wanted: boolean, label: string): TemplateResult =>
    html`<button
      aria-pressed=${String(isByIndex === wanted)}
      @click=${() => page.keep({ isByIndex: wanted })}
    >
      ${label}
    </button>`;
  return html`<div class="switches">
    ${
      cockpit.sets.length > 1
        ? html`<span class="switch" role="group" aria-label="Set">
            ${cockpit.sets.map(
              (set, i) =>
                html`<button
                  aria-pressed=${String(set === shown)}
                  title=${set.title}
                  @click=${() => page.change({ pickedSet: i, pinned: undefined, hovered: undefined })}
                >
                  ${cutInMiddle(page.names().text(set.title), 24)}
                </button>`,
            )}
          </span>`
        : nothing
    }
    <span class="switch" role="group" aria-label="Order of the channels"
      >${order(false, 'Widest first')}${order(true, 'By index')}</span
    >
    <span class="small dim end">max |w|, log</span>
  </div>`;
}

function noSetView(page: Page, cockpit: CockpitState): TemplateResult | typeof nothing {
  if (cockpit.noSet === undefined) return nothing;
  const name = page.state.model?.layers.find(({ id }) => id === cockpit.layer)?.name ?? '';
  return html`<p>
    ${page.names().text(cockpit.noSet)}
    <a href="#" role="button" @click=${follow(() => showLedger(page, name, undefined))}
      >Show in ledger</a
    >
  </p>`;
}
