import { html, noChange, nothing, render, type TemplateResult } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';
import { ref } from 'lit/directives/ref.js';
import { rowHeightPx } from './rowWindow.ts';
import type { TableFrame } from './tableFrame.ts';
import type { RowPlace } from './tableRows.ts';

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
  /** The menu of a row; `column`: that of the cell which was pressed. */
  readonly onMenu?: (index: number, x: number, y: number, column?: number) => void;
  /** The menu of a head; true: it has one. */
  readonly onHeadMenu?: (column: number, x: number, y: number) => boolean;
  /** What a row's cells depend on besides the row: a row is drawn again when one changes. */
  readonly depends: readonly unknown[];
  readonly rowClasses?: (row: Row) => string;
  /** Set where rows have others below them: whether those are shown; undefined: it has none. */
  readonly expanded?: (row: Row) => boolean | undefined;
}

/** A grid that draws only the rows in sight. */
export function table<Row>(frame: TableFrame, options: TableOptions<Row>): TemplateResult {
  const { rows, columns } = options;
  frame.use({ ...options, fill: (place, index) => fillRow(place, index, options, frame) });
  const template = columns.map((column) => column.width).join(' ');
  return html`<div
    class="table"
    role=${options.expanded ? 'treegrid' : 'grid'}
    tabindex="0"
    aria-label=${options.label}
    aria-rowcount=${rows.length + 1}
    aria-colcount=${columns.length}
    aria-multiselectable=${options.isMultiSelect ? 'true' : nothing}
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
    <div
      class="rows"
      role="rowgroup"
      style="height:${rows.length * rowHeightPx}px"
      ${drawRows(frame)}
    ></div>
  </div>`;
}

/** Has the frame draw the rows, as it does by itself when they are scrolled. */
const drawRows = directive(
  class extends Directive {
    #host: HTMLElement | undefined;

    override update({ element }: ElementPart, [frame]: [TableFrame]): typeof noChange {
      this.#host = element instanceof HTMLElement ? element : undefined;
      return this.render(frame);
    }

    render(frame: TableFrame): typeof noChange {
      if (this.#host) frame.draw(this.#host);
      return noChange;
    }
  },
);

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

/** Has a place show a row; nothing is touched where all that it depends on is as before. */
function fillRow<Row>(
  place: RowPlace,
  index: number,
  options: TableOptions<Row>,
  frame: TableFrame,
): void {
  const row = options.rows[index]!;
  const isCurrent = index === options.current;
  const isSelected = options.isSelected(row);
  const from = [row, index, isCurrent, isSelected, ...options.depends];
  if (from.length === place.from.length && from.every((one, i) => one === place.from[i])) return;
  place.from = from;
  place.index = index;
  const { element } = place;
  const expanded = options.expanded?.(row);
  const classes = [
    'row',
    isSelected ? 'selected' : '',
    isCurrent ? 'current' : '',
    options.rowClasses?.(row) ?? '',
  ];
  element.className = classes.filter(Boolean).join(' ');
  element.id = frame.rowId(index);
  element.style.top = `${index * rowHeightPx}px`;
  const level = options.expanded ? (expanded === undefined ? '2' : '1') : undefined;
  say(element, 'aria-rowindex', String(index + 2));
  say(element, 'aria-selected', String(isSelected));
  say(element, 'aria-level', level);
  say(element, 'aria-expanded', expanded === undefined ? undefined : String(expanded));
  say(element, 'aria-label', options.rowLabel(row));
  render(
    options.columns.map(
      (column) =>
        html`<div class="cell ${column.classes ?? ''}" role="gridcell">${column.cell(row)}</div>`,
    ),
    element,
  );
}

function say(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
