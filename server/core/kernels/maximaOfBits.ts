/**
 * Raises `row` and `column` to the largest |w| of a weight's rows and columns in one go over memory:
 * rows of `length` elements, one after the other; every `rows` of them (a group) the columns go on
 * with the next `length`. All are bits of float32, which without the sign have the order of the
 * floats (see `absMax`).
 */
export function maximaOfBits(
  bits: Int32Array,
  rows: number,
  length: number,
  row: Int32Array,
  column: Int32Array,
): void {
  let k = 0;
  for (let r = 0; r < row.length; r++) {
    let c = Math.floor(r / rows) * length;
    let top = row[r]!;
    for (const end = k + length; k < end; k++, c++) {
      const a = bits[k]! & 0x7fffffff;
      if (a > top) top = a;
      if (a > column[c]!) column[c] = a;
    }
    row[r] = top;
  }
}
