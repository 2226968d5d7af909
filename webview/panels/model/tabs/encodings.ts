import { html, nothing, type TemplateResult } from 'lit';
import type { EncodingRow } from '../../../../server/protocol/model.ts';
import { mark } from '../../../kit/glyphs.ts';
import { count, minus, range } from '../../../kit/numbers.ts';
import { remember } from '../../../kit/remember.ts';
import { table, type Column } from '../../../kit/table.ts';
import { runCommand } from '../actions.ts';
import { follow } from '../header.ts';
import { nameText } from '../layerColumns.ts';
import type { Page } from '../page.ts';
import type { ShortNames } from '../shortNames.ts';
import { findingView } from './findings.ts';

/** The scales that a quantized file holds: shown to inspect. */
export function encodingsTab(page: Page): TemplateResult {
  const rows = page.state.model?.encodings ?? [];
  if (rows.length === 0)
    return html`<div class="empty"><p>The file names no encoding with a constant scale.</p></div>`;
  const columns = columnsFor(page.names(), page.state.widthPx < 640, page.state.widthPx < 440);
  const current = Math.min(page.state.encodingCurrent, rows.length - 1);
  return html`${samplesHint(page)} ${worstFinding(page)}
    <div class="work">
      ${table(page.encodingsFrame, {
        label: 'Encodings',
        columns,
        rows,
        rowLabel: encodingLabel,
        current,
        isSelected: (row) => row === rows[current],
        onMove: (index) => page.change({ encodingCurrent: index }),
        onKey: (event) => {
          if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'c') return false;
          const row = rows[current];
          if (row) page.post({ type: 'copy', text: encodingTsv(row) });
          return true;
        },
        depends: [columns],
      })}
    </div>`;
}

/** What is wrong with the scales stands above them; the rest is in *Findings*. */
function worstFinding(page: Page): TemplateResult | typeof nothing {
  const { model } = page.state;
  const worst = model?.findings.find(({ mark: how }) => how === 'hurts');
  if (!model || !worst) return nothing;
  return html`<div class="above-table">${findingView(page, worst, model)}</div>`;
}

/** Without samples nothing is known of what goes into the model. */
function samplesHint(page: Page): TemplateResult | typeof nothing {
  if (page.state.model?.data) return nothing;
  return html`<div class="bar">
    <span class="dim">Is the input encoded as wide as your data?</span>
    <a href="#" role="button" @click=${follow(() => runCommand(page, 'chooseSamples'))}
      >Choose samples</a
    >
  </div>`;
}

/** The end that samples reach farther beyond what the grid holds. */
function reached({ samples, min, max }: EncodingRow):
  | {
      readonly value: number;
      readonly isBeyond: boolean;
    }
  | undefined {
  if (!samples) return undefined;
  const over = samples.max / (max || Number.MIN_VALUE);
  const under = samples.min < 0 ? samples.min / (min || -Number.MIN_VALUE) : 0;
  const isHigh = over >= under;
  // As far as the server lets go without a word: outliers are cut off on purpose.
  return { value: isHigh ? samples.max : samples.min, isBeyond: Math.max(over, under) > 1 / 0.95 };
}

/** Strong, not red: red on the colour of a selected row cannot be read by all; the mark says it. */
const reachedCell = (row: EncodingRow): TemplateResult => {
  const end = reached(row);
  if (!end) return html`–`;
  return html`<span class=${end.isBeyond ? 'strong' : ''}>${range(end.value)}</span>`;
};

const reach = (row: EncodingRow): string => `${range(row.min)}…${range(row.max)}`;

const encodingLabel = (row: EncodingRow): string =>
  `${row.tensor}, ${row.type}, scale ${range(row.scale)}, zero point ${row.zeroPoint}, from ${range(row.min)} to ${range(row.max)}${row.samples ? `, samples from ${range(row.samples.min)} to ${range(row.samples.max)}${reached(row)?.isBeyond === true ? ', clipped' : ''}` : ''}`;

const encodingTsv = (row: EncodingRow): string =>
  [row.tensor, row.type, row.scale, row.zeroPoint, row.count, row.min, row.max].join('\t');

const typeColumn: Column<EncodingRow> = {
  id: 'type',
  width: '80px',
  head: 'Type',
  classes: 'dim',
  cell: (row) => row.type,
};

const zeroColumn = (isNarrow: boolean): Column<EncodingRow> => ({
  id: 'zero',
  width: isNarrow ? '40px' : '64px',
  head: 'Zero',
  classes: 'end',
  cell: (row) => minus(String(row.zeroPoint)),
  about: 'The integer that stands for 0',
});

const columnsFor = remember(
  (names: ShortNames, isNarrow: boolean, isLeast: boolean): readonly Column<EncodingRow>[] => [
    {
      id: 'mark',
      width: '18px',
      head: '',
      name: 'Mark',
      cell: (row) =>
        reached(row)?.isBeyond === true ? mark('hurts', 'samples go beyond it') : mark('fine'),
    },
    {
      id: 'tensor',
      // On a wide page the figures stay beside their name.
      width: isNarrow ? 'minmax(50px, 1fr)' : 'minmax(90px, 440px)',
      head: 'Tensor',
      cell: (row) => nameText(row.tensor, names, [], isNarrow ? 11 : undefined),
    },
    ...(isNarrow ? [] : [typeColumn]),
    {
      id: 'scale',
      width: isNarrow ? '56px' : '90px',
      head: 'Scale',
      classes: 'end',
      cell: (row) =>
        html`<span title=${row.scale}>${range(row.scale)}${row.count > 1 ? '…' : nothing}</span>`,
      about: 'Size of one integer step; the first one where there are several',
    },
    // The page may be as narrow as a side bar: the name goes before the zero point there.
    ...(isLeast ? [] : [zeroColumn(isNarrow)]),
    {
      id: 'reach',
      width: isNarrow ? '110px' : '140px',
      head: 'Encoded',
      classes: 'end',
      cell: reach,
      about: 'Least and greatest value that the grid holds',
    },
    {
      id: 'samples',
      width: isNarrow ? '68px' : '110px',
      head: 'Samples to',
      classes: 'end',
      cell: reachedCell,
      about: 'Farthest value that the chosen samples feed to an input',
    },
    ...(isNarrow
      ? []
      : [
          {
            id: 'count',
            width: '80px',
            head: 'Scales',
            classes: 'end',
            cell: (row: EncodingRow) => (row.count > 1 ? count(row.count) : 'per tensor'),
            about: 'How many scales: one per tensor, or one a channel',
          },
        ]),
  ],
);
