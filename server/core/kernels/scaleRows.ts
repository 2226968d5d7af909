import type { FloatArray } from '../graph/tensor.ts';

/**
 * out[k] = w[k] * (byRow[r] * byColumn[c]) for rows of `length` elements, one after the other.
 * Every `rows` of them (a group) the columns go on with the next `length` factors.
 *
 * One loop for all cases: a process runs it cold, and compiling a second one takes longer than
 * multiplying by ones. Four at a time take half the time of one at a time.
 */
export function scaleRows(
  out: FloatArray,
  w: FloatArray,
  rows: number,
  length: number,
  byRow: Float64Array,
  byColumn: Float64Array,
): void {
  let k = 0;
  for (let r = 0; r < byRow.length; r++) {
    const factor = byRow[r]!;
    const end = k + length;
    let f = Math.floor(r / rows) * length;
    for (const last = end - 3; k < last; k += 4, f += 4) {
      out[k] = w[k]! * (factor * byColumn[f]!);
      out[k + 1] = w[k + 1]! * (factor * byColumn[f + 1]!);
      out[k + 2] = w[k + 2]! * (factor * byColumn[f + 2]!);
      out[k + 3] = w[k + 3]! * (factor * byColumn[f + 3]!);
    }
    for (; k < end; k++, f++) out[k] = w[k]! * (factor * byColumn[f]!);
  }
}
