import { html, nothing, type TemplateResult } from 'lit';
import type { GraphLayout } from '../../../../server/protocol/graph.ts';
import { mark } from '../../../kit/glyphs.ts';
import { cutInMiddle } from '../../../kit/cutNames.ts';
import { count, plural } from '../../../kit/numbers.ts';
import { revealLayer } from '../actions.ts';
import { follow } from '../header.ts';
import type { Page } from '../page.ts';
import { colourings, valueText } from './graphColour.ts';
import { reasonOf, shortTitle, type DrawnBox } from './graphModel.ts';
import { colourOf, drawAround, goTo, goToBox, showInGraph, worstOf } from './graphState.ts';

/** So many of the worst are named. */
const listed = 14;
/** Neighbours that are named, of each side. */
const namedNeighbours = 6;

/** The chosen node in words, and the worst: the way for screen readers, too. */
export function graphSide(
  page: Page,
  layout: GraphLayout,
  boxes: readonly DrawnBox[],
  chosen: number | undefined,
): TemplateResult {
  const drawn = chosen === undefined ? undefined : boxes[chosen];
  return html`<aside class="graph-side" aria-label="Chosen node and the worst">
    ${drawn && chosen !== undefined ? chosenNode(page, layout, boxes, drawn, chosen) : nothing}
    ${found(page, layout) ?? worst(page)}
  </aside>`;
}

function chosenNode(
  page: Page,
  layout: GraphLayout,
  boxes: readonly DrawnBox[],
  { box, row }: DrawnBox,
  at: number,
): TemplateResult {
  const { ins, outs } = page.graph.neighbours(layout);
  const isFloat = page.state.model?.kind === 'float';
  return html`<header>
      ${row && isFloat ? html`<span class="mark-box">${mark(row.mark)}</span>` : nothing}
      <h2>
        <span class="strong">${shortTitle(box.title)}</span>
        <span class="dim" title=${box.name}>node ${cutInMiddle(page.names().name(box.name))}</span>
      </h2>
    </header>
    ${row && isFloat ? html`<p>${reasonOf(row)}</p>` : nothing}
    ${
      box.merged.length > 0
        ? html`<p class="small dim">
            With
            ${box.merged.map((name) => page.names().text(name)).join(', ')}${box.nodes - 1 > box.merged.length ? ` and ${box.nodes - 1 - box.merged.length} more` : ''}.
          </p>`
        : nothing
    }
    ${neighbours(page, 'Reads', ins[at] ?? [], boxes)}
    ${neighbours(page, 'Feeds', outs[at] ?? [], boxes)}
    ${
      box.hidden === undefined
        ? nothing
        : html`<p>
            ${plural(box.hidden, 'neighbour')} not drawn.
            <a href="#" role="button" @click=${follow(() => drawAround(page, box.id))}
              >Draw around this node</a
            >
          </p>`
    }
    ${
      row && isFloat
        ? html`<p>
            <a href="#" role="button" @click=${follow(() => revealLayer(page, row.id))}
              >Show in layers</a
            >
          </p>`
        : nothing
    }`;
}

function neighbours(
  page: Page,
  word: string,
  at: readonly number[],
  boxes: readonly DrawnBox[],
): TemplateResult | typeof nothing {
  if (at.length === 0) return nothing;
  const more = at.length - namedNeighbours;
  return html`<p class="small">
    <span class="dim">${word}</span>
    ${at.slice(0, namedNeighbours).map((i, k) => {
      const box = boxes[i]?.box;
      return html`${k > 0 ? ', ' : ''}<a
          href="#"
          role="button"
          @click=${follow(() => goTo(page, i))}
          title=${box?.name ?? ''}
          >${shortTitle(box?.title ?? '')} ${cutInMiddle(page.names().name(box?.name ?? ''))}</a
        >`;
    })}${more > 0 ? ` and ${more} more` : ''}
  </p>`;
}

/** What is looked for in a graph that is not drawn whole. */
function found(page: Page, layout: GraphLayout): TemplateResult | undefined {
  const boxes = layout.part ? page.graph.found(layout, page.state.graph.find) : [];
  if (boxes.length === 0) return undefined;
  const more = boxes.length - listed;
  return html`<h2 class="strong small">${plural(boxes.length, 'node')} found</h2>
    <ul class="worst">
      ${boxes.slice(0, listed).map(
        ({ id, title, name }) =>
          html`<li>
            <span class="mark-box"></span>
            <a href="#" role="button" @click=${follow(() => goToBox(page, id))}
              >${shortTitle(title)}</a
            >
            <span class="dim cut" title=${name}><bdi>${page.names().name(name)}</bdi></span>
          </li>`,
      )}
    </ul>
    ${more > 0 ? html`<p class="small dim">and ${count(more)} more</p>` : nothing}`;
}

function worst(page: Page): TemplateResult | typeof nothing {
  const colour = colourOf(page);
  const rows = worstOf(page).slice(0, listed);
  if (!colour || rows.length === 0) return nothing;
  const names = page.names();
  return html`<h2 class="strong small">${colourings[colour].order}</h2>
    <ul class="worst">
      ${rows.map(
        (row) =>
          html`<li>
            <span class="mark-box">${mark(row.mark)}</span>
            <a href="#" role="button" @click=${follow(() => showInGraph(page, row.id))}
              >${row.operator}</a
            >
            <span class="dim cut ${names.isToldByStart(row.name) ? 'start' : ''}" title=${row.name}
              ><bdi>${names.name(row.name)}</bdi></span
            >
            <span class="end">${valueText(colour, colourings[colour].value(row))}</span>
          </li>`,
      )}
    </ul>`;
}
