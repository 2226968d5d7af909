import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Comparison, ComparisonView } from '../../../../server/protocol/compare.ts';
import type { ModelState } from '../../../../server/protocol/model.ts';
import { depthLines, type DepthHead } from '../../../kit/charts/depthLines.ts';
import { cutInMiddle } from '../../../kit/cutNames.ts';
import { count, decibels, plural } from '../../../kit/numbers.ts';
import { runCommand } from '../actions.ts';
import type { CompareTable } from '../compareModel.ts';
import type { Page } from '../page.ts';
import { comparePickers } from './comparePickers.ts';
import { compareRows } from './compareRows.ts';

/** How the error grows from layer to layer: two states of the model, or another model beside it. */
export function compareTab(page: Page): TemplateResult {
  const { model, comparison } = page.state;
  if (!model) return html``;
  const own = ownSides(comparison);
  const table = shownTable(page);
  const words = !own
    ? answerWords(comparison)
    : hasStates(model, own)
      ? ownWords(model, comparison)
      : '';
  return html`<div class="pane">
    ${comparePickers(page, comparison, words)}
    ${own ? ownHint(page, model) : answerHead(page, comparison)}
    ${table ? tableView(page, model, table) : nothing} ${unmatchedView(comparison)}
  </div>`;
}

/** The two sides that are drawn now; undefined while there is nothing to draw. */
export function shownTable(page: Page): CompareTable | undefined {
  const { model, comparison } = page.state;
  const own = ownSides(comparison);
  if (!model || !hasStates(model, own)) return undefined;
  const table = own
    ? page.ownComparison(model, own, answerOf(model, comparison))
    : comparison.result && page.otherComparison(comparison.result, comparison.sides);
  return table && table.layers.length > 0 ? table : undefined;
}

/** What was asked about the model's own states, while it is of this state. */
const answerOf = (
  { revision }: ModelState,
  { result, isStale }: ComparisonView,
): Comparison | undefined => (result?.revision === revision && !isStale ? result : undefined);

/** A quantized model is what it is: it has no other states to compare. */
const hasStates = ({ kind }: ModelState, own: Own | undefined): boolean =>
  own === undefined || kind === 'float';

type Own = readonly ['float' | 'opened' | 'now', 'float' | 'opened' | 'now'];

/** Both sides, where they are states of the model itself. */
function ownSides({ sides: [first, second] }: ComparisonView): Own | undefined {
  if (first.kind === 'other' || second.kind === 'other') return undefined;
  return [first.kind, second.kind];
}

function tableView(page: Page, model: ModelState, table: CompareTable): TemplateResult {
  const { widthPx, kept } = page.state;
  const named = page.comparedNames(model, table);
  const names = {
    length: table.layers.length,
    at: (i: number) => named.first(table.layers.at(i)?.name ?? ''),
  };
  const chartPx = Math.min(1400, widthPx - (widthPx < 640 ? 24 : 40));
  const current = table.layers.findIndex(({ layer }) => layer === kept.current);
  const isDrawn = table.lines.some(({ values }) => values.some((db) => Number.isFinite(db)));
  const words = table.words === '' && !isDrawn ? 'There is no figure yet to draw.' : table.words;
  return html`${words === '' ? nothing : html`<p class="compare-words prose">${words}</p>`}
  ${
    isDrawn
      ? guard([model, table, chartPx, current], () =>
          depthLines(table.lines, names, chartPx, current, {
            head: depthHeads[table.figure],
            isPartial: table.isPartial,
          }),
        )
      : nothing
  }
  ${isDrawn && widthPx < 640 ? legend(table, names.at(-1)) : nothing}
  ${compareRows(page, table, named)}`;
}

/** What the lines are of. */
const depthHeads: Readonly<Record<CompareTable['figure'], DepthHead>> = {
  soFar: 'So far',
  weights: 'Weights',
  apart: 'Weights apart',
};

const lookWords = {
  now: 'solid',
  before: 'dashed',
  weights: 'dash and dot',
  activations: 'dotted',
} as const;

/** A narrow chart has no room for the names at the ends of its lines. */
const legend = ({ lines, isPartial }: CompareTable, lastName: string): TemplateResult =>
  html`<p class="dim small">
    ${isPartial ? `At ${cutInMiddle(lastName)}, the last layer that both have` : 'At the end'}:
    ${lines.map(({ name, look, values }) => `${name} ${decibels(values.findLast((db) => !Number.isNaN(db)) ?? NaN)} dB (${lookWords[look]})`).join(', ')}
  </p>`;

/** What the figures of the model's own states are. */
function ownWords(model: ModelState, { sides }: ComparisonView): string {
  const { data, layers } = model;
  const isMeasured = layers.some((row) => row.data !== undefined);
  if (!isMeasured) return 'Weights only: SQNR of the rounded weights';
  const judged = data
    ? ` on ${plural(data.counts.judge, 'sample')} of ${data.label.split(' · ')[0] ?? ''}`
    : '';
  const synthetic = data?.isSynthetic ? ', synthetic' : '';
  const against = sides.some(({ kind }) => kind === 'float') ? 'Against' : 'Each against';
  return `${against} float${judged}${synthetic} · so far: everything before the layer quantized too`;
}

/** On what and how; that there is nothing in common is said where the figures would be. */
const answerWords = ({ result }: ComparisonView): string =>
  result && result.layers.length > 0 ? result.words : '';

/** What would show more, while nothing is measured on samples. */
function ownHint(page: Page, { kind, layers, data }: ModelState): TemplateResult | typeof nothing {
  if (kind !== 'float')
    return html`<div class="empty">
      <p>
        Compare this model with the float model that it was made from, with another file, or with
        what an earlier commit has of it.
      </p>
      <p class="acts">
        <button class="second" @click=${() => runCommand(page, 'compareWithFile')}>
          Choose a model…
        </button>
        <button class="second" @click=${() => runCommand(page, 'compareWithLastCommit')}>
          Last commit
        </button>
      </p>
    </div>`;
  if (layers.some((row) => row.data !== undefined)) return nothing;
  return html`<p class="dim small">
    ${
      data
        ? html`<a href="#" role="button" @click=${run(page, 'calibrateAndMeasure')}
            >Calibrate and measure</a
          >`
        : html`<a href="#" role="button" @click=${run(page, 'chooseSamples')}>Choose samples</a> or
            <a href="#" role="button" @click=${run(page, 'useSyntheticInputs')}
              >use synthetic inputs</a
            >`
    }
    to see how the error grows from layer to layer.
  </p>`;
}

const run =
  (page: Page, command: 'calibrateAndMeasure' | 'chooseSamples' | 'useSyntheticInputs') =>
  (event: Event): void => {
    event.preventDefault();
    runCommand(page, command);
  };

/** What another model scored beside this one; or why it cannot be said. */
function answerHead(page: Page, view: ComparisonView): TemplateResult {
  const again = (): void => page.post({ type: 'compareAgain' });
  const { result, fault, isBusy, isStale } = view;
  if (fault) {
    return html`<div class="empty" role="alert">
      <h2 class="strong">These two cannot be compared</h2>
      <p>${fault.message}</p>
      ${fault.remedy ? html`<p>${fault.remedy}</p>` : nothing}
      <p class="dim small">${[fault.where, fault.code].filter(Boolean).join(' · ')}</p>
      <div class="acts"><button class="second" @click=${again}>Compare again</button></div>
    </div>`;
  }
  if (!result) return html`<p class="dim" role="status">${isBusy ? 'Comparing…' : ''}</p>`;
  if (result.layers.length === 0) {
    return html`<div class="empty" role="status">
      <h2 class="strong">Nothing in common</h2>
      <p>${result.words}</p>
    </div>`;
  }
  return html`<dl class="compare-sides">
      ${result.sides.map(
        ({ title, words }) =>
          html`<div>
            <dt class="cut" title=${title}>${title}</dt>
            <dd>${words}</dd>
          </div>`,
      )}
    </dl>
    ${result.notes.map((note) => html`<p class="dim prose">${note}</p>`)}
    ${
      isStale && !isBusy
        ? html`<p>
            The model has changed since.
            <button class="second" @click=${again}>Compare again</button>
          </p>`
        : nothing
    }`;
}

/** So many layers of one side only are named. */
const mostNamed = 200;

/** Layers that only one side has, last. */
function unmatchedView({ result, sides }: ComparisonView): TemplateResult | typeof nothing {
  if (!result || !sides.some(({ kind }) => kind === 'other')) return nothing;
  const lists = [result.unmatched.first, result.unmatched.second];
  if (lists.every((names) => names.length === 0)) return nothing;
  return html`<section class="unmatched" aria-label="Layers that only one side has">
    <h2 class="strong">Layers that only one side has</h2>
    ${lists.map((names, at) =>
      names.length === 0
        ? nothing
        : html`<p class="prose">
            <b>Only in ${sides[at]?.title}:</b> ${names
              .slice(0, mostNamed)
              .map((name) => cutInMiddle(name))
              .join(', ')}${
              names.length > mostNamed ? ` and ${count(names.length - mostNamed)} more` : ''
            }
          </p>`,
    )}
  </section>`;
}
