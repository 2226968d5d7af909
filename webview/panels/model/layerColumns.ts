import { html, nothing, svg, type TemplateResult } from 'lit';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { rangeBar } from '../../kit/charts/rangeBar.ts';
import { px, words } from '../../kit/charts/pieces.ts';
import { mark } from '../../kit/glyphs.ts';
import { count, decibels, times } from '../../kit/numbers.ts';
import { remember } from '../../kit/remember.ts';
import { thinned, tickText, type Scale } from '../../kit/scales.ts';
import type { CellContent, Column } from '../../kit/table.ts';
import { dataColumns, estimateColumn, type SizedColumn } from './dataColumns.ts';
import { hasSamples, judgedFigure, ownFigureOf, type Judged, type OwnFigure } from './dataModel.ts';
import {
  apartWords,
  areEstimated,
  codesInShort,
  gapOf,
  isMeasured,
  rangeAxis,
  splitName,
} from './layersModel.ts';
import type { SortColumn } from './kept.ts';
import { markedBy, markInWords, type MarkedBy } from './limits.ts';
import type { Page } from './page.ts';
import type { ShortNames } from './shortNames.ts';

/** Columns for a page of this width; the same object while nothing that they depend on changes. */
export interface LayerColumns {
  readonly columns: readonly Column<LayerRow>[];
  /** What the column of a layer by itself shows; absent: there are no samples. */
  readonly own: OwnFigure | undefined;
}

/** Columns of the layers table: the widths decide which stand, the model which axis they share. */
export function layerColumns(page: Page): LayerColumns {
  const { model, kept, widthPx } = page.state;
  const isPerChannel = model?.target.granularity === 'channel';
  return made(
    model?.layers ?? noLayers,
    kept.axis,
    widthPx < 640,
    page.layersFrame.widthPx,
    isPerChannel,
    page.names(),
    hasSamples(model) ? ownFigureOf(model?.layers ?? noLayers) : undefined,
    judgedFigure(model),
    markedBy(model),
    page.layerSort().column,
  );
}

const noLayers: readonly LayerRow[] = [];

const made = remember(
  (
    layers: readonly LayerRow[],
    axis: 'log' | 'linear',
    isNarrow: boolean,
    widthPx: number,
    isPerChannel: boolean,
    names: ShortNames,
    own: OwnFigure | undefined,
    judged: Judged,
    by: MarkedBy,
    sorted: SortColumn,
  ): LayerColumns => {
    const isEstimated = areEstimated(layers);
    // What is left for the other columns.
    const roomPx = isEstimated && !own && !isNarrow ? widthPx - estimatePx : widthPx;
    // Beside a name stands what was wished for the layer: the bars give their room to it.
    const wishPx = layers.some((row) => apartWords(row).length > 0) ? 40 : 0;
    const barPx =
      (isNarrow
        ? Math.max(110 + wishPx, widthPx - 206)
        : own
          ? Math.min(400, Math.max(172, Math.round(widthPx * 0.195)))
          : roomyBarPx(roomPx)) - wishPx;
    const x = rangeAxis(layers, axis, [6, barPx - 8]);
    const isWide = roomPx >= codesFromPx;
    const sizes = { barPx, wishPx, isNarrow, isWide };
    const looks = { ...sizes, isPerChannel, isEstimated, names, own, judged, by, sorted };
    const all = [...columnsFor(x, looks)];
    return { columns: all.filter((column) => roomPx >= (column.fromPx ?? 0)), own };
  },
);

/** Of the column of estimates, with what is beside it. */
const estimatePx = 112;

/** Without columns from samples the bars take half of what is left, until codes of findings stand. */
const roomyBarPx = (widthPx: number): number => {
  const share = Math.min(400, Math.round(widthPx * 0.22));
  return Math.max(204, share, Math.min(272, Math.round(204 + (widthPx - 824) / 2)));
};

/** A table of this width has room for codes of findings; a narrower one counts them. */
const codesFromPx = 1080;

interface Looks {
  readonly barPx: number;
  /** Room beside names, where something was wished for a single layer. */
  readonly wishPx: number;
  readonly isNarrow: boolean;
  readonly isPerChannel: boolean;
  readonly isWide: boolean;
  readonly names: ShortNames;
  /** Set where samples are chosen: then their columns stand in place of gap, losses and findings. */
  readonly own: OwnFigure | undefined;
  /** Whether it is estimated what layers keep alone, which stands where there are no samples. */
  readonly isEstimated: boolean;
  readonly judged: Judged;
  /** What the marks go by. */
  readonly by: MarkedBy;
  /** What the rows are sorted by: a narrow table has one column of figures, and it is that one. */
  readonly sorted: SortColumn;
}

const dash = html`<span class="dim">–</span>`;
const two = (title: string, unit: string): TemplateResult =>
  html`${title}<br /><span class="dim">${unit}</span>`;
const ifMeasured = (row: LayerRow, content: () => CellContent): CellContent =>
  isMeasured(row) ? content() : dash;

function* columnsFor(x: Scale, looks: Looks): Generator<SizedColumn> {
  const { barPx, wishPx, isNarrow, isPerChannel, isWide, names, own, judged, by } = looks;
  const { isEstimated, sorted } = looks;
  yield {
    id: 'mark',
    width: '10px',
    head: '',
    name: 'Mark',
    cell: (row) => (isMeasured(row) ? mark(row.mark) : faultMark(row)),
    about: `▲ ${markInWords('hurts', by)}. ◆ ${markInWords('watch', by)}. ∘ fine.`,
  };
  yield {
    id: 'layer',
    width: isNarrow
      ? `${92 + wishPx}px`
      : `minmax(${(own ? 92 : 112) + wishPx}px, ${own && wishPx > 0 ? '2fr' : '1.6fr'})`,
    head: 'Layer',
    isSortable: true,
    cell: (row) => nameCell(row, names),
    about: 'Name in the file; beside it what was wished for this layer alone: float, bits, ignored',
  };
  if (!isNarrow)
    yield {
      id: 'operator',
      width: '82px',
      head: 'Operator',
      about: 'What the layer computes, the size of its kernel and its stride; DW: depthwise',
      classes: 'dim',
      isSortable: true,
      fromPx: own ? 900 : 700,
      cell: (row) =>
        html`<span title="${row.operator}, ${row.shape}, ${count(row.parameters)} weights"
          >${row.operator}</span
        >`,
    };
  yield {
    id: 'range',
    width: `${barPx}px`,
    head: axisHead(x, barPx),
    classes: 'draw',
    isSortable: true,
    cell: (row) => rangeCell(row, x),
    about: `Largest |w| of each channel. Line: all channels. Bar: middle half. Tick: median.${
      isPerChannel ? '' : ' Grey: what the grid of the tensor resolves. Dotted: rounds to 0.'
    }`,
  };
  if (!isNarrow) {
    yield {
      id: 'spread',
      width: '46px',
      head: two('Spread', '×'),
      classes: 'end',
      isSortable: true,
      fromPx: own ? 955 : 600,
      cell: (row) => ifMeasured(row, () => times(row.now.spread)),
      about: 'Widest channel over median channel',
    };
    yield {
      id: 'weights',
      width: '94px',
      head: two('Weights, dB', 'tensor | channel'),
      classes: 'end',
      isSortable: true,
      cell: (row) => ifMeasured(row, () => weightsCell(row, isPerChannel)),
      about:
        'SQNR of the weights with one scale for the tensor, and with one a channel. Higher is better.',
    };
  }
  if (own) {
    yield* dataColumns(own, judged, isNarrow);
    return;
  }
  if (isNarrow && sorted !== 'gap' && sorted !== 'estimate') {
    const column = narrowFigure(sorted, isPerChannel);
    if (column) {
      yield column;
      return;
    }
  }
  if (isEstimated && (!isNarrow || sorted !== 'gap')) {
    yield* estimateColumn(isNarrow);
    if (isNarrow) return;
  }
  yield {
    id: 'gap',
    width: '48px',
    head: two('Gap', 'dB'),
    classes: 'end',
    isSortable: true,
    cell: (row) => ifMeasured(row, () => gapCell(row)),
    about: 'What sharing one scale costs: per channel minus per tensor',
  };
  if (isNarrow) return;
  yield {
    id: 'lost',
    width: '56px',
    head: two('Lost', 'channels'),
    classes: 'end',
    isSortable: true,
    fromPx: 764,
    cell: (row) =>
      ifMeasured(row, () =>
        row.now.lostChannels > 0 ? count(row.now.lostChannels) : html`<span class="dim">0</span>`,
      ),
    about: `Channels of which all weights round to 0 on ${isPerChannel ? 'their own grid' : 'the grid of the tensor'}`,
  };
  yield {
    id: 'findings',
    width: isWide ? 'minmax(176px, 0.8fr)' : '60px',
    head: 'Findings',
    about: 'Codes of the findings that name the layer: the Findings tab explains them',
    isSortable: true,
    classes: isWide ? 'dim' : 'dim end',
    fromPx: 824,
    cell: (row) =>
      html`<span title=${row.findings.join(', ')}
        >${isWide ? codesInShort(row.findings) : row.findings.length}</span
      >`,
  };
}

/** A column of figures as narrow as that of gaps; undefined: there is none of this. */
function narrowFigure(id: SortColumn, isPerChannel: boolean): SizedColumn | undefined {
  const column = (
    head: SizedColumn['head'],
    about: string,
    figure: (row: LayerRow) => CellContent,
  ): SizedColumn => ({
    id,
    width: '48px',
    head,
    about,
    classes: 'end',
    isSortable: true,
    cell: (row: LayerRow) => ifMeasured(row, () => figure(row)),
  });
  switch (id) {
    case 'weights':
      return column(
        two('Weights', 'dB'),
        `SQNR of the weights with one scale ${isPerChannel ? 'a channel' : 'for the tensor'}, as the target has them. Higher is better.`,
        ({ now }) => decibels(now.sqnrChosen),
      );
    case 'spread':
      return column(two('Spread', '×'), 'Widest channel over median channel', ({ now }) =>
        times(now.spread),
      );
    case 'lost':
      return column(two('Lost', 'ch.'), 'Channels of which all weights round to 0', ({ now }) =>
        count(now.lostChannels),
      );
    case 'findings':
      return column(two('Find-', 'ings'), 'How many findings name the layer', ({ findings }) =>
        count(findings.length),
      );
    default:
      return undefined;
  }
}

const nameCell = (row: LayerRow, names: ShortNames): TemplateResult =>
  nameText(row.name, names, apartWords(row));

/** A name that is cut in its middle where it is too long, and what was wished for it. */
export function nameText(
  whole: string,
  names: ShortNames,
  wishes: readonly string[] = [],
  endLetters?: number,
): TemplateResult {
  const short = names.name(whole);
  const [start, end] = names.isToldByStart(whole) ? ['', short] : splitName(short, endLetters);
  return html`<span class="name" title=${whole}
    >${start === '' ? nothing : html`<span class="start">${start}</span>`}<span class="tail"
      >${end}</span
    >${wishes.map((words) => html`<span class="small dim apart">${words}</span>`)}</span
  >`;
}

const faultMark = (row: LayerRow): CellContent =>
  row.fault === undefined
    ? html`<span class="dim" title="Not measured yet">…</span>`
    : mark('hurts');

function rangeCell(row: LayerRow, x: Scale): CellContent {
  if (row.fault !== undefined)
    return html`<span class="fault" title=${row.fault}>${row.fault}</span>`;
  return row.isMeasured ? rangeBar(row.now, row.before, x) : nothing;
}

/** The figure of the target's own granularity is the bright one. */
function weightsCell(row: LayerRow, isPerChannel: boolean): TemplateResult {
  const { sqnrTensor, sqnrChannel } = row.now;
  const was = row.before
    ? `Was ${decibels(row.before.sqnrTensor)} | ${decibels(row.before.sqnrChannel)} dB`
    : nothing;
  return html`<span title=${was}
    ><span class=${isPerChannel ? 'dim' : ''}>${decibels(sqnrTensor)}</span
    ><span class="dim"> | </span
    ><span class=${isPerChannel ? '' : 'dim'}>${decibels(sqnrChannel)}</span></span
  >`;
}

const gapCell = (row: LayerRow): string => decibels(gapOf(row));

/** As much of the title as stands over bars of this width in any font. */
const rangeTitle = (barPx: number): string =>
  barPx < 180
    ? 'Weight range, max |w|'
    : barPx < 220
      ? 'Range of each channel, max |w|'
      : 'Weight range of each channel, max |w|';

function axisHead(x: Scale, barPx: number): TemplateResult {
  const ticks = thinned(x.ticks, 6);
  return html`<span class="axis-title">${rangeTitle(barPx)}</span>
    <svg width=${x.range[1] + 4} height="14" aria-hidden="true">
      ${ticks.map((tick) => svg`${words(px(x(tick)), 11, 'tick middle', tickText(tick))}`)}
    </svg>`;
}
