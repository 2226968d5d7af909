import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState } from '../../../server/protocol/model.ts';
import { glyph } from '../../kit/glyphs.ts';
import { range } from '../../kit/numbers.ts';
import { runCommand } from './actions.ts';
import { purposesInWords } from './dataModel.ts';
import type { Page } from './page.ts';

/** The samples that are chosen, and a look at what the network sees of them. */
export function dataPicker(page: Page, model: ModelState): TemplateResult {
  const { data } = model;
  const notes = data?.notes ?? [];
  const title = [
    'Samples to measure outputs on; drop a file or folder here, holding Shift.',
    ...(data && purposesInWords(data) !== '' ? [`${purposesInWords(data)}.`] : []),
    ...(data?.preprocessing?.isGuess
      ? [`Guessed from the model: ${data.preprocessing.words}`]
      : []),
    ...notes,
  ].join('\n');
  return html`<span
    class="data"
    @dragover=${(event: DragEvent) => event.preventDefault()}
    @drop=${(event: DragEvent) => drop(page, event)}
  >
    <span class="dim" id="data-label">Data</span>
    <button
      class="picker"
      id="data"
      aria-labelledby="data-label data"
      aria-haspopup="dialog"
      title=${title}
      @click=${() => runCommand(page, 'chooseSamples')}
    >
      <span class="cut">${data?.label ?? 'none'}</span
      >${data?.preprocessing?.isGuess ? html`<span class="guess">· guessed</span>` : nothing}${glyph('open')}
    </button>
    ${
      data
        ? html`<button
            class="second look"
            aria-haspopup="dialog"
            aria-expanded=${String(page.state.sample !== undefined)}
            title="What the network sees of a sample"
            aria-label="What the network sees of a sample"
            @click=${() => (page.state.sample ? closeSample(page) : lookAt(page, 0))}
          >
            ${glyph('eye')}
          </button>`
        : nothing
    }
  </span>`;
}

function drop(page: Page, event: DragEvent): void {
  event.preventDefault();
  const list = event.dataTransfer?.getData('text/uri-list') ?? '';
  const uris = list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  if (uris.length > 0) page.post({ type: 'dropData', uris });
}

function lookAt(page: Page, index: number): void {
  page.change({ sample: { index } });
  page.post({ type: 'previewSample', index });
}

/** Closes the look at a sample; the focus goes back to where it was opened. */
export function closeSample(page: Page): void {
  page.change({ sample: undefined });
  document.querySelector<HTMLElement>('.look')?.focus();
}

/** One sample as the network will see it; how it became that is named, a guess as one. */
export function sampleView(page: Page, model: ModelState): TemplateResult | typeof nothing {
  const shown = page.state.sample;
  const { data } = model;
  if (!shown || !data) return nothing;
  const { sample, fault, index } = shown;
  const { calibration, correction, judge } = data.counts;
  const last = Math.max(calibration + correction + judge, index + 1) - 1;
  const purposes = purposesInWords(data);
  const label = sample?.label === undefined ? '' : ` · label ${sample.label}`;
  return html`<section class="sample" role="dialog" aria-label="What the network sees">
    <header>
      <h2 class="strong">What the network sees</h2>
      <span class="acts end">
        <button
          class="second"
          aria-label="Sample before"
          ?disabled=${index === 0}
          @click=${() => lookAt(page, index - 1)}
        >
          ‹
        </button>
        <button
          class="second"
          aria-label="Next sample"
          ?disabled=${index >= last}
          @click=${() => lookAt(page, index + 1)}
        >
          ›
        </button>
        <button class="second" title="Escape" @click=${() => closeSample(page)}>Close</button>
      </span>
    </header>
    <p class="dim small">
      Sample ${index} of ${data.label}${label}${purposes === '' ? '' : ` · ${purposes}`}
    </p>
    ${
      data.preprocessing
        ? html`<p>
            ${
              data.preprocessing.isGuess
                ? html`<b>Guessed from the model:</b> ${data.preprocessing.words}
                    <span class="dim"
                      >Set <code>preprocess</code> in rangefinder.json where it is another.</span
                    >`
                : data.preprocessing.words
            }
          </p>`
        : nothing
    }
    ${
      fault
        ? html`<p class="bad">${fault.message}</p>
            ${fault.remedy ? html`<p>${fault.remedy}</p>` : nothing}`
        : sample
          ? html`<div class="seen">
              ${
                sample.picture
                  ? html`<img src=${sample.picture} alt="Sample ${index} as it is fed" />`
                  : nothing
              }
              <div>
                <p>${sample.words}</p>
                ${channelsView(sample.channels)}
              </div>
            </div>`
          : html`<p class="dim">Reading…</p>`
    }
    ${data.notes.map((note) => html`<p class="dim">${note}</p>`)}
  </section>`;
}

type Channels = readonly { readonly min: number; readonly max: number; readonly mean: number }[];

/** How many channels are listed one by one. */
const mostChannels = 8;

const channelsView = (channels: Channels): TemplateResult =>
  html`<table class="small">
    <caption class="for-readers">
      Values of each channel as they are fed
    </caption>
    <thead>
      <tr class="dim">
        <th scope="col">Channel</th>
        <th scope="col">Least</th>
        <th scope="col">Greatest</th>
        <th scope="col">Mean</th>
      </tr>
    </thead>
    <tbody>
      ${channels.slice(0, mostChannels).map(
        ({ min, max, mean }, i) =>
          html`<tr>
            <td>${i}</td>
            <td>${range(min)}</td>
            <td>${range(max)}</td>
            <td>${range(mean)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
