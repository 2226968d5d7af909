import { html, nothing, type TemplateResult } from 'lit';
import type { EncodingRow } from '../../../../server/protocol/model.ts';
import { count, minus, range } from '../../../kit/numbers.ts';
import { remember } from '../../../kit/remember.ts';
import { table, type Column } from '../../../kit/table.ts';
import type { Page } from '../page.ts';

/** The scales that a quantized file holds: shown to inspect. */
export function encodingsTab(page: Page): TemplateResult {
  const rows = page.state.model?.encodings ?? [];
  if (rows.length === 0)
    return html`<div class="empty"><p>The file names no encoding with a constant scale.</p></div>`;
  const columns = columnsFor(page.state.widthPx < 640);
  const current = Math.min(page.state.encodingCurrent, rows.length - 1);
  return html`<div class="work">
    ${table(page.encodingsFrame, {
      label: 'Encodings',
      columns,
      rows,
      key: (row) => rows.indexOf(row),
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

const reach = (row: EncodingRow): string => `${range(row.min)}…${range(row.max)}`;

const encodingLabel = (row: EncodingRow): string =>
  `${row.tensor}, ${row.type}, scale ${range(row.scale)}, zero point ${row.zeroPoint}, from ${range(row.min)} to ${range(row.max)}`;

const encodingTsv = (row: EncodingRow): string =>
  [row.tensor, row.type, row.scale, row.zeroPoint, row.count, row.min, row.max].join('\t');

const columnsFor = remember((isNarrow: boolean): readonly Column<EncodingRow>[] => [
  {
    id: 'tensor',
    width: 'minmax(90px, 1fr)',
    head: 'Tensor',
    cell: (row) => html`<span title=${row.tensor}>${row.tensor}</span>`,
  },
  {
    id: 'type',
    width: isNarrow ? '44px' : '80px',
    head: 'Type',
    classes: 'dim',
    cell: (row) => row.type,
  },
  {
    id: 'scale',
    width: isNarrow ? '60px' : '90px',
    head: 'Scale',
    classes: 'end',
    cell: (row) =>
      html`<span title=${row.scale}>${range(row.scale)}${row.count > 1 ? '…' : nothing}</span>`,
    about: 'Size of one integer step; the first one where there are several',
  },
  {
    id: 'zero',
    width: isNarrow ? '40px' : '64px',
    head: 'Zero',
    classes: 'end',
    cell: (row) => minus(String(row.zeroPoint)),
    about: 'The integer that stands for 0',
  },
  {
    id: 'reach',
    width: isNarrow ? '104px' : '140px',
    head: 'Encoded',
    classes: 'end',
    cell: reach,
    about: 'Least and greatest value that the grid holds',
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
]);
