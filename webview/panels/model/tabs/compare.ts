import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { dbDots } from '../../../kit/charts/dbDots.ts';
import { depthLines } from '../../../kit/charts/depthLines.ts';
import { mark } from '../../../kit/glyphs.ts';
import { decibels } from '../../../kit/numbers.ts';
import { linear } from '../../../kit/scales.ts';
import { revealLayer } from '../actions.ts';
import { comparedLayers, depthLinesOf, type ComparedLayer } from '../compareModel.ts';
import { follow } from '../header.ts';
import type { Page } from '../page.ts';

const axis = linear([0, 60], [6, 110], 3);

/** How many layers the table lists before it counts the rest. */
const mostRows = 400;

/** How the error grows from layer to layer: quantized as opened, and quantized now. */
export function compareTab(page: Page): TemplateResult {
  const { model, widthPx } = page.state;
  if (!model) return html``;
  const lines = depthLinesOf(model);
  const rows = comparedLayers(model.layers);
  const measured = model.layers.filter(({ data }) => data !== undefined);
  const names = measured.map(({ name }) => page.names().name(name));
  const current = measured.findIndex(({ id }) => id === page.state.kept.current);
  const chartPx = Math.min(1400, widthPx - (widthPx < 640 ? 24 : 40));
  const judged = model.data
    ? ` on ${model.data.counts.judge} samples of ${model.data.label.split(' · ')[0] ?? ''}`
    : '';
  const synthetic = model.data?.isSynthetic ? ', synthetic' : '';
  return html`<div class="pane">
    <p class="dim small">
      ${lines.length > 1 ? 'Quantized, as opened, with quantized now' : 'Quantized, as opened'}:
      each against float${judged}${synthetic}. So far: everything before the layer quantized too.
    </p>
    ${guard([model, chartPx, current], () => depthLines(lines, names, chartPx, current))}
    ${comparison(page, rows, lines.length > 1, widthPx < 980)}
  </div>`;
}

const head = (text: string, classes = ''): TemplateResult =>
  html`<span role="columnheader" class="head ${classes}">${text}</span>`;

function comparison(
  page: Page,
  rows: readonly ComparedLayer[],
  isChanged: boolean,
  isNarrow: boolean,
): TemplateResult {
  const columns = isNarrow
    ? '10px minmax(0, 1fr) 60px 60px 60px'
    : '10px minmax(120px, 1fr) 90px 118px 64px 64px 64px 84px 100px minmax(100px, 1fr)';
  const rest = rows.length - mostRows;
  return html`<div
      class="report compare"
      role="table"
      aria-label="Layers compared"
      style="grid-template-columns:${columns}"
    >
      <div role="row">
        ${head('')}${head('Layer')}
        ${isNarrow ? nothing : html`${head('Operator')}${head('So far, dB')}`}
        ${head('Opened', 'end')}${head(isChanged ? 'Now' : '', 'end')}${head('Gain, dB', 'end')}
        ${
          isNarrow
            ? nothing
            : html`${head('Weights only', 'end')}${head('Activations only', 'end')}${head('What holds it back now')}`
        }
      </div>
      <span class="rule" role="presentation"></span>
      ${rows.slice(0, mostRows).map((one) => rowView(page, one, isChanged, isNarrow))}
    </div>
    ${rest > 0 ? html`<p class="dim small">and ${rest} more, none with a larger gain</p>` : nothing}`;
}

function rowView(
  page: Page,
  { row, opened, now, gain, weights, activations, holds }: ComparedLayer,
  isChanged: boolean,
  isNarrow: boolean,
): TemplateResult {
  const sign = gain > 0 ? '+' : '';
  return html`<div role="row">
    <span role="cell">${mark(row.mark)}</span>
    <span role="cell" title=${row.name}
      ><a class="cut" href="#" @click=${follow(() => revealLayer(page, row.id))}
        >${page.names().name(row.name)}</a
      ></span
    >
    ${
      isNarrow
        ? nothing
        : html`<span role="cell" class="dim">${row.operator}</span>
            <span role="cell">${dbDots(now, isChanged ? opened : undefined, axis)}</span>`
    }
    <span role="cell" class="end dim">${decibels(opened)}</span>
    <span role="cell" class="end">${isChanged ? decibels(now) : nothing}</span>
    <span role="cell" class="end ${gain < 0 ? 'bad' : ''}"
      >${isChanged ? `${sign}${decibels(gain)}` : nothing}</span
    >
    ${
      isNarrow
        ? nothing
        : html`<span role="cell" class="end">${decibels(weights)}</span>
            <span role="cell" class="end">${decibels(activations)}</span>
            <span role="cell" class="dim">${holds}</span>`
    }
  </div>`;
}
