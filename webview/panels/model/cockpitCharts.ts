import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { CockpitState } from '../../../server/protocol/cockpit.ts';
import type { LayerRow } from '../../../server/protocol/model.ts';
import type { WireNumber } from '../../../server/protocol/wire.ts';
import { activationHistogram } from '../../kit/charts/activationHistogram.ts';
import { biasErrors, type BiasMeans } from '../../kit/charts/biasErrors.ts';
import { decibels } from '../../kit/numbers.ts';
import type { Page } from './page.ts';

/** What samples say of the layer: bias error of each channel, activations, where it errs most. */
export function dataCharts(
  page: Page,
  row: LayerRow,
  { data }: CockpitState,
  widthPx: number,
): TemplateResult | typeof nothing {
  if (!data || widthPx < 100) return nothing;
  const { activations, biasError, worstSamples } = data;
  return html`${
    biasError && biasError.now.length > 0
      ? guard([biasError, widthPx, row], () =>
          biasErrors(
            biasError.now,
            biasError.before,
            widthPx,
            meansWhereBinned(row, biasError.now),
          ),
        )
      : nothing
  }
  ${
    activations
      ? guard([activations, widthPx], () => [
          activations.before
            ? activationHistogram(activations.before, 'Activations, before', 'was', widthPx)
            : nothing,
          activationHistogram(
            activations.now,
            activations.before ? 'Activations, now' : 'Activations',
            'now',
            widthPx,
          ),
        ])
      : nothing
  }
  ${errorsView(row)} ${worstView(page, worstSamples)}`;
}

/**
 * The means over all channels, where there are too many for a picture: then each bar is the
 * largest of four.
 */
const meansWhereBinned = (
  { channels, data }: LayerRow,
  shown: readonly number[],
): BiasMeans | undefined =>
  channels > shown.length && shown.length === Math.ceil(channels / 4)
    ? { now: data?.now.biasError ?? NaN, before: data?.before?.biasError }
    : undefined;

/** What the layer loses by itself and so far, with what came of weights and of activations. */
function errorsView({ data }: LayerRow): TemplateResult | typeof nothing {
  if (!data) return nothing;
  const { now, before } = data;
  const facts = (
    [
      ['Alone', 'alone'],
      ['All but this', 'allButThis'],
      ['Own output', 'local'],
      ['of it weights', 'weights'],
      ['of it activations', 'activations'],
      ['So far', 'soFar'],
    ] as const
  ).filter(([, key]) => now[key] !== undefined);
  return html`<dl class="facts-grid">
    ${facts.map(([name, key]) => {
      const was = before?.[key];
      return html`<dt class="dim">${name}</dt>
        <dd>
          ${was === undefined ? nothing : html`<span class="dim">${decibels(was)}</span><span class="arrow">→</span>`}${decibels(now[key])}
          dB
        </dd>`;
    })}
  </dl>`;
}

/** How many of the worst samples are named. */
const mostNamed = 3;

function worstView(
  page: Page,
  samples: readonly { readonly index: number; readonly sqnrDb: WireNumber }[],
): TemplateResult | typeof nothing {
  if (samples.length === 0) return nothing;
  const look = (index: number) => (): void => {
    page.change({ sample: { index } });
    page.post({ type: 'previewSample', index });
  };
  return html`<p class="worst-samples">
    <span class="dim">Worst samples</span>
    ${samples
      .slice(0, mostNamed)
      .map(
        ({ index, sqnrDb }) =>
          html`<button class="second" title="What the network sees of it" @click=${look(index)}>
            ${index}<span class="dim"> ${decibels(sqnrDb)} dB</span>
          </button>`,
      )}
  </p>`;
}
