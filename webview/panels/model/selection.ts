import type { RowGesture } from '../../kit/table.ts';

/** Selected rows, by id: `anchor` is where a range with Shift begins. */
export interface Selection {
  readonly selected: readonly number[];
  readonly current: number | undefined;
  readonly anchor: number | undefined;
}

/** What a press or key on `index` makes of a selection: one row, a range with Shift, one more with Ctrl. */
export function selectRow(
  now: Selection,
  ids: readonly number[],
  index: number,
  gesture: RowGesture,
): Selection {
  const id = ids[index];
  if (id === undefined) return now;
  if (gesture.extend) {
    const anchor = now.anchor ?? now.current ?? id;
    const from = Math.max(0, ids.indexOf(anchor));
    const selected = ids.slice(Math.min(from, index), Math.max(from, index) + 1);
    return { selected, current: id, anchor };
  }
  if (gesture.toggle) {
    const isOn = now.selected.includes(id);
    const selected = isOn ? now.selected.filter((other) => other !== id) : [...now.selected, id];
    return { selected: selected.length > 0 ? selected : [id], current: id, anchor: id };
  }
  return { selected: [id], current: id, anchor: id };
}

/** The row that another state of the model begins with: the same one, or the first in order. */
export function keepOrFirst(now: Selection, ids: readonly number[]): Selection {
  const known = new Set(ids);
  const selected = now.selected.filter((id) => known.has(id));
  const current =
    now.current !== undefined && known.has(now.current) ? now.current : (selected[0] ?? ids[0]);
  if (current === undefined) return { selected: [], current: undefined, anchor: undefined };
  const isSame =
    selected.length > 0 && selected.length === now.selected.length && current === now.current;
  return isSame
    ? now
    : { selected: selected.length > 0 ? selected : [current], current, anchor: current };
}
