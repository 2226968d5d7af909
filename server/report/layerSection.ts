import { unreachable } from '../core/result.ts';
import type { LayerRow } from '../protocol/model.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import { rangeAxis, rangeHead, rangeStrip, sqnrDots, sqnrHead, type LogAxis } from './charts.ts';
import { change, count, markCell, size, times } from './figures.ts';
import { html, nameOf, type Markup } from './markup.ts';
import { hasLogits } from './proofSection.ts';
import type { ReportInput } from './reportInput.ts';

/** A page with more rows than these, three charts each, is slow to open and read by nobody. */
const mostRows = 300;
const mostEncodings = 1_000;

/** The layers, worst first: ranges as bars, SQNR as dots, and the figures beside them. */
export function layerSection({
  layers,
  kind,
  target,
  evaluation,
}: ReportInput): Markup | undefined {
  if (layers.length === 0) return undefined;
  const axis = rangeAxis(layers);
  const more = layers.length - mostRows;
  const basis = basisOf(layers);
  const hasRanges = layers.some(({ data }) => data?.now.activation !== undefined);
  const hasLocal = layers.some(({ data }) => isThere(data?.now.local));
  const hasSweep = basis === 'alone';
  const isJudged = kind === 'float';
  const outputs = hasLogits(evaluation) ? 'Logits' : 'Outputs';
  const worth = worthOf(layers, target.granularity);
  const rows = [...layers].sort((a, b) => worth(a) - worth(b));
  return html`<h2 id="layers">Layers, worst first</h2>
    ${isJudged ? html`<p class="note">Worst first by ${orderOf(basis, target)}.</p>` : undefined}
    ${
      isJudged && evaluation && !isMeasured(basis)
        ? html`<p class="note">
            These are the weights alone: the samples judged the outputs. What each layer costs on
            them is told by <code>rangefinder sensitivity</code> and <code>measure</code>, with
            <code>--report</code> too, or by “Measure sensitivity” in the editor.
          </p>`
        : undefined
    }
    ${
      more > 0
        ? html`<p class="note">
            The ${count(mostRows)} worst of ${count(layers.length)} layers. All of them are in the
            layers table: “Export layers table...” in the editor, <code>--report layers.csv</code>
            on the command line.
          </p>`
        : undefined
    }
    <p class="dim">
      Bars: largest weight of each channel (line: all, bar: middle half, tick: median; grey: what
      the grid of the whole tensor resolves; red dotted: rounds to 0; outline: before). Dots: SQNR
      in dB, higher is better (hollow: before; dashed line: 20 dB).
    </p>
    <div class="wide" role="region" aria-label="Layers" tabindex="0">
      <table class="layers">
        <thead>
          <tr>
            <th><span class="for-readers">Mark</span></th>
            <th>Layer</th>
            <th>Weight range of the channels${rangeHead(axis)}</th>
            <th class="n spare">Spread</th>
            ${
              isJudged
                ? html`<th class="spare">
                      ${hasLocal ? 'Layer alone' : hasSweep ? `${outputs}, only this` : basis === 'estimated' ? 'Alone ≈' : 'Weights'},
                      dB${sqnrHead()}
                    </th>
                    <th class="n">Weights, dB<small>tensor</small></th>
                    <th class="n">Weights, dB<small>channel</small></th>`
                : undefined
            }
            ${hasRanges ? html`<th class="n">Activation range</th>` : undefined}
            ${
              hasLocal
                ? html`<th class="n">Alone, dB</th>
                    <th class="n">So far, dB</th>`
                : undefined
            }
            ${
              hasSweep
                ? html`<th class="n">${outputs}, dB<small>only this</small></th>
                    <th class="n">${outputs}, dB<small>all but this</small></th>`
                : undefined
            }
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, mostRows).map((row) => layerRow(row, axis, { basis, isJudged, hasRanges, hasLocal, hasSweep }))}
        </tbody>
      </table>
    </div>`;
}

/** What the table has. */
interface Shown {
  readonly basis: Basis;
  readonly isJudged: boolean;
  readonly hasRanges: boolean;
  readonly hasLocal: boolean;
  readonly hasSweep: boolean;
}

function layerRow(
  row: LayerRow,
  axis: LogAxis,
  { basis, isJudged, hasRanges, hasLocal, hasSweep }: Shown,
): Markup {
  const { now, before, data, fault } = row;
  const isKnown = row.isMeasured && fault === undefined;
  const figure = (name: 'sqnrTensor' | 'sqnrChannel'): Markup =>
    isKnown ? change(before?.[name], now[name]) : html`–`;
  const dot = hasLocal
    ? [data?.before?.local, data?.now.local]
    : hasSweep
      ? [data?.before?.alone, data?.now.alone]
      : basis === 'estimated'
        ? [before?.estimated, now.estimated]
        : [before?.sqnrChosen, now.sqnrChosen];
  const at = data?.now.activation;
  return html`<tr>
    <td>${markCell(row.mark)}</td>
    <td class="layer">
      ${nameOf(row.name)}<br /><small class="dim">${row.operator} · ${row.shape}</small
      >${fault === undefined ? undefined : html`<br /><small class="bad-text">${fault}</small>`}
    </td>
    <td>${isKnown ? rangeStrip(now, before, axis) : html`–`}</td>
    <td class="n spare">${isKnown ? times(now.spread) : '–'}</td>
    ${
      isJudged
        ? html`<td class="spare">
              ${isKnown ? sqnrDots(number(dot[0]), number(dot[1]) ?? NaN) : '–'}
            </td>
            <td class="n">${figure('sqnrTensor')}</td>
            <td class="n">${figure('sqnrChannel')}</td>`
        : undefined
    }
    ${hasRanges ? html`<td class="n">${at ? `${size(at.min)} … ${size(at.max)}` : '–'}</td>` : undefined}
    ${
      hasLocal
        ? html`<td class="n">${change(data?.before?.local, data?.now.local)}</td>
            <td class="n">${change(data?.before?.soFar, data?.now.soFar)}</td>`
        : undefined
    }
    ${
      hasSweep
        ? html`<td class="n">${change(data?.before?.alone, data?.now.alone)}</td>
            <td class="n">${change(data?.before?.allButThis, data?.now.allButThis)}</td>`
        : undefined
    }
  </tr>`;
}

/** The figure that layers are ranked by: of those that are there the one that says most. */
type Basis = 'alone' | 'local' | 'estimated' | 'weights';

const figureOf = (basis: Basis, { data, now }: LayerRow): WireNumber | undefined =>
  basis === 'alone' || basis === 'local'
    ? data?.now[basis]
    : basis === 'estimated'
      ? now.estimated
      : now.sqnrChosen;

const isThere = (value: WireNumber | undefined): boolean =>
  value !== undefined && !Number.isNaN(fromWire(value));

const basisOf = (layers: readonly LayerRow[]): Basis =>
  (['alone', 'local', 'estimated'] as const).find((basis) =>
    layers.some((row) => isThere(figureOf(basis, row))),
  ) ?? 'weights';

const isMeasured = (basis: Basis): boolean => basis === 'alone' || basis === 'local';

/** Whether samples say of these layers what each of them costs. */
export const areMeasured = (layers: readonly LayerRow[]): boolean => isMeasured(basisOf(layers));

/** What `worthOf` goes by, in words. */
function orderOf(basis: Basis, { granularity }: ReportInput['target']): string {
  switch (basis) {
    case 'alone':
      return 'what the outputs keep with only this layer quantized';
    case 'local':
      return 'what the outputs of the layer keep with it alone quantized';
    case 'estimated':
      return 'what the output of a layer keeps with only its weights rounded, estimated from the weights and the batch norms';
    case 'weights':
      return granularity === 'tensor'
        ? 'what its weights lose by one scale for all channels'
        : 'the SQNR of its weights';
    default:
      return unreachable(basis);
  }
}

/** What rows of these layers are sorted by, the worst lowest. */
export function worthOf(
  layers: readonly LayerRow[],
  granularity: 'tensor' | 'channel',
): (row: LayerRow) => number {
  const basis = basisOf(layers);
  const isGap = basis === 'weights' && granularity === 'tensor';
  return (row) => {
    const { fault, now } = row;
    if (fault !== undefined) return -Infinity;
    const value = isGap
      ? fromWire(now.sqnrTensor) - fromWire(now.sqnrChannel)
      : fromWire(figureOf(basis, row) ?? 'nan');
    return Number.isNaN(value) ? Number.MAX_VALUE : Math.min(value, Number.MAX_VALUE);
  };
}

const number = (value: WireNumber | undefined): number | undefined =>
  value === undefined ? undefined : fromWire(value);

/** The grids of a quantized model. */
export function encodingSection({ encodings }: ReportInput): Markup | undefined {
  if (encodings.length === 0) return undefined;
  const more = encodings.length - mostEncodings;
  return html`<h2 id="encodings">Encodings</h2>
    ${more > 0 ? html`<p class="note">The first ${count(mostEncodings)} of ${count(encodings.length)}.</p>` : undefined}
    <div class="wide" role="region" aria-label="Encodings" tabindex="0">
      <table>
        <thead>
          <tr>
            <th>Tensor</th>
            <th>Type</th>
            <th class="n">Scale</th>
            <th class="n">Zero point</th>
            <th class="n">Scales</th>
            <th class="n">Least</th>
            <th class="n">Greatest</th>
          </tr>
        </thead>
        <tbody>
          ${encodings.slice(0, mostEncodings).map(
            ({ tensor, type, scale, zeroPoint, count: scales, min, max }) =>
              html`<tr>
                <td>${nameOf(tensor)}</td>
                <td>${type}</td>
                <td class="n">${size(scale)}</td>
                <td class="n">${zeroPoint}</td>
                <td class="n">${count(scales)}</td>
                <td class="n">${size(min)}</td>
                <td class="n">${size(max)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
