import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ref } from 'lit/directives/ref.js';
import type { CockpitState } from '../../../server/protocol/cockpit.ts';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { levelHistogram } from '../../kit/charts/levelHistogram.ts';
import { mark } from '../../kit/glyphs.ts';
import { decibels, range, times } from '../../kit/numbers.ts';
import { previewSteps, showLedger } from './actions.ts';
import { dataCharts } from './cockpitCharts.ts';
import { aloneInWords, estimateInWords, nowInWords } from './cockpitModel.ts';
import { judgedFigure } from './dataModel.ts';
import { follow, phrases } from './header.ts';
import type { Page } from './page.ts';
import { openChartList } from './saveChart.ts';
import { setView } from './setView.ts';

/** Why, for one layer: its set on one channel axis, and its weights on the grid. */
export function cockpitView(page: Page): TemplateResult {
  const { kept, model, cockpit } = page.state;
  const row = model?.layers.find(({ id }) => id === kept.current);
  const own = cockpit && row && cockpit.layer === row.id ? cockpit : undefined;
  return html`<aside
    class="cockpit"
    aria-label="Layer"
    tabindex=${own ? -1 : 0}
    ${ref(measured(page))}
  >
    ${row ? html`${heading(row, page.names().name(row.name))} ${own ? body(page, row, own) : waiting(row)}` : nothing}
  </aside>`;
}

/** Moves the focus from the table into the cockpit. */
export function focusCockpit(): void {
  const cockpit = document.querySelector<HTMLElement>('.cockpit');
  (cockpit?.querySelector<HTMLElement>('.strips') ?? cockpit)?.focus();
}

const heading = (row: LayerRow, name: string): TemplateResult =>
  html`<header>
    ${mark(row.mark)}
    <h2 class="strong" title=${row.name}>${name}</h2>
    <span class="dim">${row.operator} · ${row.shape}</span>
  </header>`;

const waiting = (row: LayerRow): TemplateResult =>
  row.fault === undefined
    ? html`<p class="dim">Measuring…</p>`
    : html`<p>Not measured: ${row.fault}</p>`;

function body(page: Page, row: LayerRow, cockpit: CockpitState): TemplateResult {
  const isTwo = page.state.cockpitWidthPx > 720;
  const chartPx = isTwo ? (page.state.cockpitWidthPx - 24) / 2 : page.state.cockpitWidthPx;
  const { ownBits } = row;
  const bits = typeof ownBits === 'number' ? ownBits : (page.state.model?.target.weightBits ?? 8);
  const { levels } = cockpit;
  // The sentence on its set says why there is none, with the same way to the ledger.
  const actions = cockpit.actions.filter(({ kind }) => kind !== 'ledger' || !cockpit.noSet);
  return html`${row.fault === undefined ? nothing : html`<p>Not measured: ${row.fault}</p>`}
    <p>${phrases(page, [...cockpit.cause, ...(cockpit.now ? [] : estimateInWords(row))])}</p>
    ${
      cockpit.now
        ? html`<p>
            ${phrases(page, [
              ...nowInWords(cockpit.now, page.state.model?.preview !== undefined),
              ...aloneInWords(row, judgedFigure(page.state.model)),
              ...estimateInWords(row),
            ])}
            ${actions.map((action) => actionView(page, row, action))}
          </p>`
        : actions.map((action) => html`<p>${actionView(page, row, action)}</p>`)
    }
    <div class=${isTwo ? 'charts two' : 'charts'}>
      <div>${setView(page, cockpit, chartPx)}</div>
      <div>
        ${guard([levels, chartPx, bits, ownBits], () =>
          levels.now.counts.length > 0 && ownBits !== 'float'
            ? levelHistogram(levels.now, levels.before, chartPx, bits)
            : nothing,
        )}
        ${dataCharts(page, row, cockpit, chartPx)}
        ${row.fault === undefined ? statisticsView(row, cockpit) : nothing}
        <p class="save-chart">
          <button
            class="second"
            aria-haspopup="menu"
            @click=${(event: Event) => listCharts(page, event)}
          >
            Save chart…
          </button>
        </p>
      </div>
    </div>`;
}

function listCharts(page: Page, { currentTarget }: Event): void {
  if (!(currentTarget instanceof HTMLElement)) return;
  const { left, bottom } = currentTarget.getBoundingClientRect();
  openChartList(page, left, bottom + 2);
}

function actionView(
  page: Page,
  row: LayerRow,
  action: CockpitState['actions'][number],
): TemplateResult {
  const run = (): void => {
    if (action.kind === 'previewSet') previewSteps(page, ['equalize'], [row.id]);
    else if (action.kind === 'undoLayer') page.post({ type: 'undoLayer', layer: row.id });
    else showLedger(page, row.name, undefined);
  };
  const isOff = action.kind !== 'ledger' && page.state.model?.preview !== undefined;
  return isOff
    ? html``
    : html`<a href="#" role="button" @click=${follow(run)}>${action.label}</a>${
          action.note === '' ? nothing : html`<span class="dim"> · ${action.note}</span>`
        }`;
}

function statisticsView(row: LayerRow, { statistics }: CockpitState): TemplateResult {
  const { min, max, mean, std, kurtosis } = statistics;
  const facts: readonly (readonly [string, string])[] = [
    ['Weights', `${range(min)} … ${range(max)}`],
    ['Mean, deviation', `${range(mean)}, ${range(std)}`],
    ['Kurtosis', decibels(kurtosis)],
    [
      'Spread',
      row.before ? `${times(row.before.spread)} → ${times(row.now.spread)}` : times(row.now.spread),
    ],
  ];
  return html`<dl class="facts-grid">
    ${facts.map(
      ([name, value]) =>
        html`<dt class="dim">${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** Tells the page how wide the charts of the cockpit may be. */
const watchers = new WeakMap<Page, (element?: Element) => void>();

function measured(page: Page): (element?: Element) => void {
  const known = watchers.get(page);
  if (known) return known;
  const observer = new ResizeObserver(([entry]) => {
    const widthPx = Math.floor(entry?.contentRect.width ?? 0);
    if (widthPx > 0 && widthPx !== page.state.cockpitWidthPx)
      page.change({ cockpitWidthPx: widthPx });
  });
  const attach = (element?: Element): void => {
    observer.disconnect();
    if (element) observer.observe(element);
  };
  watchers.set(page, attach);
  return attach;
}
