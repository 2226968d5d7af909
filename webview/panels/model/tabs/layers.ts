import { html, type TemplateResult } from 'lit';
import type { LayerRow, ModelState } from '../../../../server/protocol/model.ts';
import { cutInMiddle } from '../../../kit/cutNames.ts';
import { table } from '../../../kit/table.ts';
import { copyRows, selectAt, sortBy } from '../actions.ts';
import { filterBox } from '../filterBox.ts';
import { sortColumns } from '../kept.ts';
import { areEstimated, layerLabel, nextSort } from '../layersModel.ts';
import type { Page } from '../page.ts';
import { cockpitView, focusCockpit } from '../cockpit.ts';
import { layerColumns } from '../layerColumns.ts';
import { openLayerMenu } from '../layersMenu.ts';
import { openColumnMenu } from '../saveChart.ts';
import { sortBox } from '../sortBox.ts';
import { layersLegend } from './layersLegend.ts';
import { plural } from '../../../kit/numbers.ts';

/** Which layer: all of them, worst first, and beside them why. */
export function layersTab(page: Page): TemplateResult {
  const rows = page.layerRows();
  return html`${bar(page, rows)}
    <div class="work split">
      ${rows.length > 0 ? layersTable(page, rows) : noMatch(page)} ${cockpitView(page)}
    </div>`;
}

function layersTable(page: Page, rows: readonly LayerRow[]): TemplateResult {
  const { kept } = page.state;
  const selected = new Set(kept.selected);
  const columns = layerColumns(page);
  return table(page.layersFrame, {
    label: 'Layers',
    columns: columns.columns,
    rows,
    rowLabel: layerLabel,
    current: rows.findIndex((row) => row.id === kept.current),
    isSelected: (row) => selected.has(row.id),
    isMultiSelect: true,
    sort: page.layerSort(),
    onSort: (id) => {
      const column = sortColumns.find((known) => known === id);
      if (column) sortBy(page, nextSort(page.layerSort(), column));
    },
    onMove: (index, gesture) => selectAt(page, index, gesture),
    onKey: (event) => onTableKey(page, rows, event),
    onMenu: (index, x, y, at = -1) =>
      openLayerMenu(page, index, { x, y, column: columns.columns[at]?.id }),
    onHeadMenu: (at, x, y) => openColumnMenu(page, columns.columns[at]?.id, x, y),
    depends: [columns],
  });
}

function onTableKey(page: Page, rows: readonly LayerRow[], event: KeyboardEvent): boolean {
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key.toLowerCase() === 'c') copyRows(page);
  else if (isCommand && event.key.toLowerCase() === 'a')
    page.keep({ selected: rows.map((row) => row.id) });
  else if (event.key === 'Enter') focusCockpit();
  else return false;
  return true;
}

/** What was pasted by mistake may be as long as a file. */
const mostFilterLetters = 60;

const noMatch = (page: Page): TemplateResult =>
  html`<div class="empty" role="status">
    <p>
      ${
        page.state.kept.filter === ''
          ? 'No layers.'
          : html`No layer matches “${cutInMiddle(page.state.kept.filter, mostFilterLetters)}”.
              <button class="second" @click=${() => page.keep({ filter: '' })}>Clear</button>`
      }
    </p>
  </div>`;

function bar(page: Page, rows: readonly LayerRow[]): TemplateResult {
  const { kept, model } = page.state;
  const shown =
    kept.filter === '' ? [] : [`${rows.length} of ${plural(model?.layers.length ?? 0, 'layer')}`];
  const notes = sampleNotes(model);
  const many = kept.selected.length > 1 ? [`${kept.selected.length} selected`] : [];
  const axis = (wanted: 'log' | 'linear', label: string): TemplateResult =>
    html`<button
      aria-pressed=${String(kept.axis === wanted)}
      @click=${() => page.keep({ axis: wanted })}
    >
      ${label}
    </button>`;
  return html`<div class="bar">
    ${filterBox({
      label: 'Filter layers',
      value: kept.filter,
      onChange: (filter) => page.keep({ filter }),
      onLeave: () => page.layersFrame.focus(),
    })}
    <span class="switch wide" role="group" aria-label="Axis of the ranges"
      >${axis('log', 'Log')}${axis('linear', 'Linear')}</span
    >
    ${sortBox(page.layerSort(), layerColumns(page).own, areEstimated(model?.layers ?? []), (sort) =>
      sortBy(page, sort),
    )}
    <span class="dim small wide" role="status">${[...shown, ...many].join(', ')}</span>
    ${notes.map((note) => html`<span class="small note">${note}</span>`)} ${layersLegend(model)}
  </div>`;
}

/** What is to be known of the figures from samples: made on synthetic inputs, or from before. */
function sampleNotes(model: ModelState | undefined): readonly string[] {
  if (!model?.data) return [];
  const isMeasured = model.layers.some(({ data }) => data !== undefined);
  return [
    ...(model.data.isSynthetic ? ['synthetic inputs'] : []),
    ...(isMeasured && model.evaluation?.isStale ? ['measured before the last change'] : []),
  ];
}
