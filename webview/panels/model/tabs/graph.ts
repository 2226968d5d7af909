import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { live } from 'lit/directives/live.js';
import { ref } from 'lit/directives/ref.js';
import type { GraphLayout, GraphView } from '../../../../server/protocol/graph.ts';
import { revealLayer } from '../actions.ts';
import type { Page } from '../page.ts';
import { colourings, coloursFor, keyEnds, valueText, type GraphColour } from './graphColour.ts';
import { foundText, shownText, spoken, step, type DrawnBox } from './graphModel.ts';
import { alphaOf } from './graphPaint.ts';
import { graphSide } from './graphSide.ts';
import {
  askAgain,
  askForGraph,
  chooseBox,
  chosenAt,
  chosenId,
  colourOf,
  find,
  findNext,
  goTo,
} from './graphState.ts';

/** Where: the network as a picture, coloured by what hurts. */
export function graphTab(page: Page): TemplateResult {
  askForGraph(page);
  const { layout, status } = page.state.graph;
  return html`${bar(page, layout)} ${waiting(page)}
  ${
    layout
      ? stage(page, layout)
      : status === 'running'
        ? html`<div class="empty"><p class="dim" role="status">Laying out the graph…</p></div>`
        : nothing
  }`;
}

function stage(page: Page, layout: GraphLayout): TemplateResult {
  const { model, graph } = page.state;
  const { frame } = page.graph;
  if (layout.boxes.length === 0)
    return html`<div class="empty"><p role="status">The graph has no nodes.</p></div>`;
  const colour = colourOf(page);
  const boxes = page.graph.boxes(layout, model?.layers ?? [], colour, page.names());
  const chosen = chosenAt(page);
  const found = page.graph.foundSet(layout, page.graph.found(layout, graph.find));
  const { ins, outs } = page.graph.neighbours(layout);
  frame.use({
    picture: page.graph.picture(layout, boxes, chosen, found),
    onChoose: (at) => chooseBox(page, at),
    onStep: (direction) => {
      const next = step(layout, { ins, outs }, chosen ?? 0, direction);
      if (next !== undefined) goTo(page, next);
    },
    onOpen: () => {
      const row = chosen === undefined ? undefined : boxes[chosen]?.row;
      if (row && model?.kind === 'float') revealLayer(page, row.id);
    },
  });
  return html`<div class="work graph">
    <div class="graph-map">
      <canvas
        aria-hidden="true"
        ${ref(frame.overview.attach)}
        @pointerdown=${frame.overview.onPointer}
        @pointermove=${frame.overview.onPointer}
      ></canvas>
    </div>
    <div class="graph-stage">
      <canvas
        tabindex="0"
        role="application"
        aria-label="Graph. Arrow keys follow the edges, Enter shows the layer, Home the whole graph."
        aria-describedby="graph-line"
        ${ref(frame.attach)}
        @keydown=${frame.onKey}
        @pointerdown=${frame.onPointerDown}
        @pointermove=${frame.onPointerMove}
        @pointerup=${frame.onPointerUp}
        @dblclick=${frame.onDoubleClick}
      ></canvas>
      <p class="for-readers" id="graph-line" aria-live="polite">
        ${lineOf(boxes, chosen, colour, ins, outs)}
      </p>
    </div>
    ${graphSide(page, layout, boxes, chosen)}
  </div>`;
}

function lineOf(
  boxes: readonly DrawnBox[],
  chosen: number | undefined,
  colour: GraphColour | undefined,
  ins: readonly (readonly number[])[],
  outs: readonly (readonly number[])[],
): string {
  const drawn = chosen === undefined ? undefined : boxes[chosen];
  if (!drawn || chosen === undefined) return '';
  return spoken(drawn, colour, ins[chosen]?.length ?? 0, outs[chosen]?.length ?? 0);
}

/** What stands in the way of a picture, above the one that is there. */
function waiting(page: Page): TemplateResult | typeof nothing {
  const { status, fault, layout } = page.state.graph;
  const again = (label: string): TemplateResult =>
    html`<button class="second" @click=${() => askAgain(page)}>${label}</button>`;
  if (status === 'failed' && fault)
    return html`<div class="bar strip failed" role="alert">
      <span class="text">${[fault.message, fault.remedy].filter(Boolean).join(' ')}</span>
      <span class="acts end"
        >${again('Try again')}<button
          class="second"
          @click=${() => page.post({ type: 'command', id: 'showLog' })}
        >
          Show log
        </button></span
      >
    </div>`;
  if (status === 'stopped')
    return html`<div class="bar strip" role="status">
      <span class="text"
        >Stopped laying out the graph.${layout ? ' This is how it was before.' : ''}</span
      >
      <span class="acts end">${again('Continue')}</span>
    </div>`;
  return nothing;
}

function bar(page: Page, layout: GraphLayout | undefined): TemplateResult {
  const { model, kept, graph } = page.state;
  const colour = colourOf(page);
  const view = (wanted: GraphView, label: string): TemplateResult =>
    html`<button
      aria-pressed=${String(kept.graphView === wanted)}
      @click=${() => page.keep({ graphView: wanted })}
    >
      ${label}
    </button>`;
  const isRunning = graph.status === 'running';
  const [shown, meaning] = layout ? shownText(layout) : ['', ''];
  return html`<div class="bar graph-bar">
    ${colour ? colourBox(page, colour, coloursFor(model?.layers ?? [])) : nothing}
    <span class="switch" role="group" aria-label="What is drawn"
      >${view('layers', 'Layers')}${view('nodes', 'All nodes')}</span
    >
    ${colour && layout ? colourKey(colour) : nothing}
    <span class="small dim shown" role="status"
      >${isRunning && layout ? 'Laying out…' : shown}<span class="wide"
        >${isRunning ? '' : meaning}</span
      ></span
    >
    ${
      isRunning
        ? html`<button class="second" @click=${() => page.post({ type: 'cancelGraph' })}>
            Cancel
          </button>`
        : nothing
    }
    ${findBox(page, layout)}
  </div>`;
}

function colourBox(page: Page, colour: GraphColour, known: readonly GraphColour[]): TemplateResult {
  const choose = (event: Event): void => {
    const chosen = known[Number(Reflect.get(event.target ?? {}, 'selectedIndex'))];
    if (chosen) page.keep({ graphColour: chosen });
  };
  const options = known.map((id) => ({ label: colourings[id].label, value: id }));
  // The element draws and measures itself whenever it is touched: not for each step in the graph.
  return html`<span class="sort"
    ><span class="dim wide" aria-hidden="true">Colour</span>${guard(
      [colour, known.join()],
      () =>
        html`<vscode-single-select
          label="Colour"
          .options=${options}
          .value=${live(colour)}
          @change=${choose}
        ></vscode-single-select>`,
    )}</span
  >`;
}

function colourKey(colour: GraphColour): TemplateResult {
  const [from, to] = keyEnds(colour);
  const { from: low, to: high } = colourings[colour];
  const thick = valueText(colour, low + 0.6 * (high - low));
  return html`<span class="small colour-key"
      ><span>${from}</span
      ><span class="swatches" aria-hidden="true"
        >${[0, 0.25, 0.5, 0.75, 1].map(
          (heat) =>
            html`<i
              style="background: color-mix(in srgb, var(--bad) ${Math.round(100 * alphaOf(heat || 0.01))}%, transparent)"
            ></i>`,
        )}</span
      ><span>${to}</span></span
    ><span class="small contrast-key"
      ><i aria-hidden="true"></i>${thick} and ${high > low ? 'more' : 'less'}</span
    >`;
}

function findBox(page: Page, layout: GraphLayout | undefined): TemplateResult {
  const { find: text } = page.state.graph;
  const found = layout ? page.graph.found(layout, text) : [];
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') findNext(page, event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && text !== '') find(page, '');
    else if (event.key === 'ArrowDown' || event.key === 'Escape') page.graph.frame.focus();
    else return;
    event.preventDefault();
  };
  const isAnyDrawn = layout !== undefined && page.graph.foundSet(layout, found).size > 0;
  const words = foundText(text, found, chosenId(page), isAnyDrawn);
  return html`<span class="end graph-find"
    ><span class="small dim" role="status">${words}</span
    ><input
      type="text"
      spellcheck="false"
      placeholder="Find a node"
      aria-label="Find a node"
      aria-keyshortcuts="/"
      title="Enter for the next, Shift+Enter for the one before"
      .value=${live(text)}
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) find(page, event.target.value);
      }}
      @keydown=${onKey}
  /></span>`;
}
