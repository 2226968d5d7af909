import { html, nothing, type TemplateResult } from 'lit';
import type { LedgerRow } from '../../../../server/protocol/model.ts';
import { cutInMiddle } from '../../../kit/cutNames.ts';
import { glyph } from '../../../kit/glyphs.ts';
import { count, plural } from '../../../kit/numbers.ts';
import { remember } from '../../../kit/remember.ts';
import { table, type Column } from '../../../kit/table.ts';
import { revealLayer, unblock } from '../actions.ts';
import { filterBox } from '../filterBox.ts';
import { follow } from '../header.ts';
import type { Outcome } from '../kept.ts';
import {
  countOutcomes,
  ledgerCsv,
  ledgerLabel,
  outcomes,
  outcomeWords,
  railStep,
  type LedgerLine,
} from '../ledgerModel.ts';
import type { Page } from '../page.ts';
import { ledgerDetail, unblockLink } from './ledgerDetail.ts';
import type { ShortNames } from '../shortNames.ts';

/** Why not: every place each correction looked at, what became of it, what would unblock it. */
export function ledgerTab(page: Page): TemplateResult {
  const lines = page.ledgerLines();
  const current = lines.find(({ key }) => key === page.state.ledgerCurrent) ?? lines[0];
  return html`${bar(page)}
    <div class="work">${lines.length > 0 ? ledgerTable(page, lines) : noLines(page)}</div>
    ${current ? ledgerDetail(page, current) : nothing}`;
}

function ledgerTable(page: Page, lines: readonly LedgerLine[]): TemplateResult {
  const current = Math.max(
    0,
    lines.findIndex(({ key }) => key === page.state.ledgerCurrent),
  );
  const isNarrow = page.state.widthPx < 640;
  const columns = columnsFor(isNarrow, page, page.names(), hasSaid(page.state.model?.ledger ?? []));
  return table(page.ledgerFrame, {
    label: 'Ledger',
    columns,
    rows: lines,
    rowLabel: ledgerLabel,
    current,
    isSelected: (line) => line === lines[current],
    ...(isNarrow ? {} : { sort: { column: 'outcome', isDescending: false } }),
    onMove: (index, { isPress }) => {
      const line = lines[index];
      if (!line) return;
      if (isPress && line.places !== undefined) fold(page, line);
      else page.change({ ledgerCurrent: line.key });
    },
    onKey: (event) => onKey(page, lines, current, event),
    depends: [columns, page.state.model?.preview === undefined],
    expanded: (line) => (line.places === undefined ? undefined : line.isOpen),
  });
}

function onKey(
  page: Page,
  lines: readonly LedgerLine[],
  current: number,
  event: KeyboardEvent,
): boolean {
  const line = lines[current];
  if (!line) return false;
  const isGroup = line.places !== undefined;
  if (event.key === 'Enter' || event.key === ' ') {
    const [layer] = line.row.layers;
    if (event.altKey && line.row.action) unblock(page, line.row.action);
    else if (isGroup) fold(page, line);
    else if (layer !== undefined) revealLayer(page, layer);
    return true;
  }
  if (event.key === 'ArrowRight' && isGroup && !line.isOpen) fold(page, line);
  else if (event.key === 'ArrowLeft' && isGroup && line.isOpen) fold(page, line);
  else if (event.key === 'ArrowLeft' && !line.isHead) {
    const head = lines.slice(0, current).findLast(({ isHead }) => isHead);
    if (head) page.change({ ledgerCurrent: head.key });
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'c')
    page.post({ type: 'copy', text: ledgerCsv([line.row]) });
  else return false;
  return true;
}

function fold(page: Page, line: LedgerLine): void {
  const folded = new Set(page.state.ledgerFolded);
  if (!folded.delete(line.key)) folded.add(line.key);
  page.change({ ledgerFolded: folded, ledgerCurrent: line.key });
}

type Said = Readonly<Record<'channels' | 'unblock', boolean>>;

/** Whether any entry has something to say in a column: one that has not is left out. */
const hasSaid = remember((rows: readonly LedgerRow[]): Said => ({
  channels: rows.some((row) => row.channels !== ''),
  unblock: rows.some((row) => row.unblock !== ''),
}));

const columnsFor = remember(
  (isNarrow: boolean, page: Page, names: ShortNames, said: Said): readonly Column<LedgerLine>[] => {
    const step: Column<LedgerLine> = {
      id: 'step',
      width: isNarrow ? '68px' : '104px',
      head: 'Step',
      cell: ({ row, isHead }) => (isHead ? stepCell(row) : ''),
    };
    if (isNarrow)
      return [
        {
          id: 'outcome',
          width: '42px',
          head: '',
          name: 'Outcome',
          cell: (line) => outcomeCell(line, false),
        },
        step,
        {
          id: 'place',
          width: 'minmax(0, 1fr)',
          head: 'Place',
          cell: (line) => narrowPlace(line, names),
        },
      ];
    const wide: readonly Column<LedgerLine>[] = [
      { id: 'outcome', width: '128px', head: 'Outcome', cell: (line) => outcomeCell(line, true) },
      step,
      {
        id: 'place',
        width: 'minmax(150px, 1fr)',
        head: 'Place',
        cell: (line) => html`<span title=${line.row.place}>${placeText(line, names)}</span>`,
      },
      {
        id: 'channels',
        width: '72px',
        head: 'Channels',
        classes: 'end',
        cell: ({ channels }) => channels,
      },
      {
        id: 'why',
        width: 'minmax(0, 2.2fr)',
        head: 'Why',
        cell: ({ row, isHead }) =>
          isHead ? html`<span title="${row.why} (${row.code})">${names.text(row.why)}</span>` : '',
      },
      {
        id: 'unblock',
        width: 'minmax(0, 0.9fr)',
        head: 'What would unblock it',
        classes: 'dim',
        cell: ({ row, isHead }) => (isHead ? unblockView(page, row, names) : ''),
      },
    ];
    return wide.filter(({ id }) => (id !== 'channels' && id !== 'unblock') || said[id]);
  },
);

/** What is part of another step stands under it, as the rail counts it. */
const stepCell = ({ step }: LedgerRow): TemplateResult => {
  const name = railStep(step);
  const isPart = name !== step;
  return html`<span title=${isPart ? `${name} does this first, and counts it as cleared` : nothing}
    ><span class="strong">${name}</span
    >${isPart ? html` <span class="dim">${step.toLowerCase()}</span>` : nothing}</span
  >`;
};

const unblockView = (page: Page, row: LedgerRow, names: ShortNames): TemplateResult =>
  row.action
    ? unblockLink(page, row.action, row.unblock)
    : html`<span title=${row.unblock}>${names.text(row.unblock)}</span>`;

const placeText = ({ row, places }: LedgerLine, names: ShortNames): string =>
  places === undefined ? names.text(row.place) : plural(places, 'place');

const narrowPlace = (line: LedgerLine, names: ShortNames): TemplateResult => {
  const { row, channels, places, isHead } = line;
  const part = railStep(row.step) === row.step ? '' : ' cleared';
  const text =
    places !== undefined
      ? `${part === '' || channels === '' ? count(places) : channels}${part}: ${row.why}`
      : isHead
        ? `${row.place}${part}: ${row.why}`
        : row.place;
  return html`<span title=${text}>${names.text(text)}</span>`;
};

function outcomeCell(line: LedgerLine, isWide: boolean): TemplateResult {
  const { row, places, isHead, isOpen } = line;
  if (!isHead) return html``;
  const twistie =
    places === undefined ? html`<span class="glyph"></span>` : glyph(isOpen ? 'open' : 'closed');
  const word = outcomeWords[row.outcome];
  return html`<span class="outcome"
    >${twistie}${glyph(row.outcome, isWide ? undefined : word)}${isWide ? word : nothing}</span
  >`;
}

function bar(page: Page): TemplateResult {
  const { model, kept } = page.state;
  const counts = countOutcomes(model?.ledger ?? []);
  const chip = (label: string, many: number, outcome: Outcome | undefined): TemplateResult =>
    html`<button
      aria-pressed=${String(kept.ledgerOutcome === outcome)}
      @click=${() => page.keep({ ledgerOutcome: outcome })}
    >
      ${label} ${count(many)}
    </button>`;
  return html`<div class="bar">
    ${filterBox({
      label: 'Filter by place or reason',
      value: kept.ledgerFilter,
      onChange: (ledgerFilter) => page.keep({ ledgerFilter }),
      onLeave: () => page.ledgerFrame.focus(),
    })}
    <span class="switch" role="group" aria-label="Outcome">
      ${chip('All', model?.ledger.length ?? 0, undefined)}
      ${outcomes.filter((outcome) => counts.has(outcome)).map((outcome) => chip(outcomeWords[outcome], counts.get(outcome) ?? 0, outcome))}
    </span>
    <a
      class="end"
      href="#"
      role="button"
      @click=${follow(() => page.post({ type: 'copy', text: ledgerCsv(page.ledgerRows()) }))}
      >Copy as CSV</a
    >
  </div>`;
}

function noLines(page: Page): TemplateResult {
  const { ledgerFilter, ledgerOutcome } = page.state.kept;
  if (ledgerFilter === '' && ledgerOutcome === undefined)
    return html`<div class="empty">
      <p>No correction has a place to look at in this model.</p>
    </div>`;
  const what =
    ledgerOutcome === undefined
      ? 'No entry'
      : `No entry that is ${outcomeWords[ledgerOutcome].toLowerCase()}`;
  return html`<div class="empty" role="status">
    <p>
      ${what} ${ledgerFilter === '' ? 'is here.' : `matches “${cutInMiddle(ledgerFilter, 60)}”.`}
      <button
        class="second"
        @click=${() => page.keep({ ledgerFilter: '', ledgerOutcome: undefined })}
      >
        Clear
      </button>
    </p>
  </div>`;
}
