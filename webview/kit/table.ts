import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import { rowHeightPx, rowsInSight } from './rowWindow.ts';
import type { TableFrame } from './tableFrame.ts';

/** What stands in a cell. */
export type CellContent = TemplateResult | string | typeof nothing | readonly CellContent[];

/** One column; `width` as CSS grid has it. */
export interface Column<Row> {
  readonly id: string;
  readonly width: string;
  readonly head: CellContent;
  /** What readers hear of a head that shows nothing. */
  readonly name?: string;
  readonly cell: (row: Row) => CellContent;
  /** `end`, `dim`, `draw`: how the cell is set. */
  readonly classes?: string;
  readonly about?: string;
  /** Sorts on click when set. */
  readonly isSortable?: boolean;
}

/** A pointer press or key on a row, with its modifiers. */
export interface RowGesture {
  readonly extend: boolean;
  readonly toggle: boolean;
  /** A press of the pointer, not a key. */
  readonly isPress: boolean;
}

/** Everything that a table draws and reports. */
export interface TableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowLabel: (row: Row) => string;
  /** Index of the current row, or -1. */
  readonly current: number;
  readonly isSelected: (row: Row) => boolean;
  readonly isMultiSelect?: boolean;
  readonly sort?: { readonly column: string; readonly isDescending: boolean };
  readonly onSort?: (column: string) => void;
  readonly onMove: (index: number, gesture: RowGesture) => void;
  /** Keys that the table does not know; true: handled. */
  readonly onKey?: (event: KeyboardEvent) => boolean;
  readonly onMenu?: (index: number, x: number, y: number) => void;
  /** What a row's cells depend on besides the row: a row is drawn again when one changes. */
  readonly depends: readonly unknown[];
  readonly rowClasses?: (row: Row) => string;
  /** Set where rows have others below them: whether those are shown; undefined: it has none. */
  readonly expanded?: (row: Row) => boolean | undefined;
}

/**
 * A grid that draws only the rows in sight. Places that stay in sight are kept, and filled with what
 * stands there after sorting: that takes less than new elements.
 */
export function table<Row>(frame: TableFrame, options: TableOptions<Row>): TemplateResult {
  const { rows, columns, current } = options;
  frame.use(options);
  const { first, last } = rowsInSight(frame.scrollTopPx, frame.rowsHeightPx, rows.length);
  const inSight = Array.from({ length: last - first }, (_, i) => first + i);
  const template = columns.map((column) => column.width).join(' ');
  const active = current >= first && current < last ? frame.rowId(current) : nothing;
  return html`<div
    class="table"
    role=${options.expanded ? 'treegrid' : 'grid'}
    tabindex="0"
    aria-label=${options.label}
    aria-rowcount=${rows.length + 1}
    aria-colcount=${columns.length}
    aria-multiselectable=${options.isMultiSelect ? 'true' : nothing}
    aria-activedescendant=${active}
    style="--columns:${template}"
    @scroll=${frame.onScroll}
    @keydown=${frame.onKey}
    @contextmenu=${frame.onMenu}
    @mousedown=${options.isMultiSelect ? frame.onMouseDown : nothing}
    ${ref(frame.attach)}
  >
    <div class="row head" role="row" aria-rowindex="1">
      ${columns.map((c) => headCell(c, options))}
    </div>
    <div class="rows" role="rowgroup" style="height:${rows.length * rowHeightPx}px">
      ${repeat(
        inSight,
        (index) => index,
        (index) => rowView(frame, options, index),
      )}
    </div>
  </div>`;
}

function headCell<Row>(column: Column<Row>, options: TableOptions<Row>): TemplateResult {
  const { sort, onSort } = options;
  const order =
    sort?.column === column.id ? (sort.isDescending ? 'descending' : 'ascending') : nothing;
  const content = column.isSortable
    ? html`<button class="plain" @click=${() => onSort?.(column.id)}>${column.head}</button>`
    : column.name === undefined
      ? column.head
      : html`<span class="for-readers">${column.name}</span>`;
  return html`<div
    role="columnheader"
    class="cell ${column.classes ?? ''}"
    aria-sort=${order}
    title=${column.about ?? nothing}
  >
    ${content}
  </div>`;
}

function rowView<Row>(frame: TableFrame, options: TableOptions<Row>, index: number): unknown {
  const row = options.rows[index]!;
  const isCurrent = index === options.current;
  const isSelected = options.isSelected(row);
  return guard([row, index, isCurrent, isSelected, ...options.depends], () => {
    const expanded = options.expanded?.(row);
    const classes = [
      'row',
      isSelected ? 'selected' : '',
      isCurrent ? 'current' : '',
      options.rowClasses?.(row) ?? '',
    ];
    return html`<div
      class=${classes.filter(Boolean).join(' ')}
      role="row"
      id=${frame.rowId(index)}
      aria-rowindex=${index + 2}
      aria-selected=${String(isSelected)}
      aria-level=${options.expanded ? (expanded === undefined ? 2 : 1) : nothing}
      aria-expanded=${expanded === undefined ? nothing : String(expanded)}
      aria-label=${options.rowLabel(row)}
      style="top:${index * rowHeightPx}px"
      @pointerdown=${(event: PointerEvent) => frame.onPress(index, event)}
    >
      ${options.columns.map(
        (column) =>
          html`<div class="cell ${column.classes ?? ''}" role="gridcell">${column.cell(row)}</div>`,
      )}
    </div>`;
  });
}
