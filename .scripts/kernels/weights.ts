// AssemblyScript, compiled into server/core/kernels/weightsWasm.ts by .scripts/makeKernels.mjs. Singles lie at `p`.

/**
 * Bits of singles as integers in the order of the singles, as `rangesOfBits` of core/kernels has
 * them: what is not finite is at both ends.
 */
function keysOf(bits: v128): v128 {
  return v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), i32x4.splat(0x7fffffff)));
}

function keyOf(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Least and greatest key of each of `rows` rows of `length` singles, with what `low` and `high` have. */
export function rowRanges(p: usize, rows: i32, length: i32, low: usize, high: usize): void {
  for (let r = 0; r < rows; r++, low += 4, high += 4) {
    let least = load<i32>(low);
    let greatest = load<i32>(high);
    const end = p + ((<usize>length) << 2);
    if (length >= 8) {
      const end8 = p + ((<usize>(length & ~7)) << 2);
      let least1 = i32x4.splat(least);
      let greatest1 = i32x4.splat(greatest);
      let least2 = least1;
      let greatest2 = greatest1;
      for (; p < end8; p += 32) {
        const a = keysOf(v128.load(p));
        const b = keysOf(v128.load(p, 16));
        least1 = i32x4.min_s(least1, a);
        greatest1 = i32x4.max_s(greatest1, a);
        least2 = i32x4.min_s(least2, b);
        greatest2 = i32x4.max_s(greatest2, b);
      }
      least1 = i32x4.min_s(least1, least2);
      greatest1 = i32x4.max_s(greatest1, greatest2);
      least1 = i32x4.min_s(least1, i64x2.shuffle(least1, least1, 1, 0));
      greatest1 = i32x4.max_s(greatest1, i64x2.shuffle(greatest1, greatest1, 1, 0));
      least = min<i32>(i32x4.extract_lane(least1, 0), i32x4.extract_lane(least1, 1));
      greatest = max<i32>(i32x4.extract_lane(greatest1, 0), i32x4.extract_lane(greatest1, 1));
    }
    for (; p < end; p += 4) {
      const key = keyOf(load<i32>(p));
      least = min<i32>(least, key);
      greatest = max<i32>(greatest, key);
    }
    store<i32>(low, least);
    store<i32>(high, greatest);
  }
}

/** The same for rows of one single each. */
export function singleRanges(p: usize, rows: i32, low: usize, high: usize): void {
  const end4 = p + ((<usize>(rows & ~3)) << 2);
  const end = p + ((<usize>rows) << 2);
  for (; p < end4; p += 16, low += 16, high += 16) {
    const keys = keysOf(v128.load(p));
    v128.store(low, i32x4.min_s(v128.load(low), keys));
    v128.store(high, i32x4.max_s(v128.load(high), keys));
  }
  for (; p < end; p += 4, low += 4, high += 4) {
    const key = keyOf(load<i32>(p));
    store<i32>(low, min<i32>(load<i32>(low), key));
    store<i32>(high, max<i32>(load<i32>(high), key));
  }
}

/**
 * Multiplies rows of `length` singles, in place, by byRow[r] * byColumn[c], in double. `first` is
 * the number of the first row; every `group` rows the columns go on with the next `length` factors.
 */
export function scaleRows(
  p: usize,
  rows: i32,
  length: i32,
  byRow: usize,
  byColumn: usize,
  first: i32,
  group: i32,
): void {
  for (let r = 0; r < rows; r++, byRow += 8) {
    const factor = load<f64>(byRow);
    const factors = f64x2.splat(factor);
    const end4 = p + ((<usize>(length & ~3)) << 2);
    const end = p + ((<usize>length) << 2);
    let column = byColumn + ((<usize>(((first + r) / group) * length)) << 3);
    for (; p < end4; p += 16, column += 32) {
      const x = v128.load(p);
      const a = f64x2.promote_low_f32x4(x);
      const b = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
      const c = f32x4.demote_f64x2_zero(f64x2.mul(a, f64x2.mul(factors, v128.load(column))));
      const d = f32x4.demote_f64x2_zero(f64x2.mul(b, f64x2.mul(factors, v128.load(column, 16))));
      v128.store(p, i64x2.shuffle(c, d, 0, 2));
    }
    for (; p < end; p += 4, column += 8) {
      store<f32>(p, <f32>(<f64>load<f32>(p) * (factor * load<f64>(column))));
    }
  }
}

/**
 * Raises the integers at `row` and `column` to the largest bits without the sign, as `maximaOfBits`
 * of core/kernels has it; `first` and `group` as above.
 */
export function rowAndColumnMaxima(
  p: usize,
  rows: i32,
  length: i32,
  row: usize,
  columns: usize,
  first: i32,
  group: i32,
): void {
  const unsigned = i32x4.splat(0x7fffffff);
  for (let r = 0; r < rows; r++, row += 4) {
    const end4 = p + ((<usize>(length & ~3)) << 2);
    const end = p + ((<usize>length) << 2);
    let column = columns + ((<usize>(((first + r) / group) * length)) << 2);
    let tops = i32x4.splat(load<i32>(row));
    for (; p < end4; p += 16, column += 16) {
      const bits = v128.and(v128.load(p), unsigned);
      tops = i32x4.max_s(tops, bits);
      v128.store(column, i32x4.max_s(v128.load(column), bits));
    }
    tops = i32x4.max_s(tops, i64x2.shuffle(tops, tops, 1, 0));
    let top = max<i32>(i32x4.extract_lane(tops, 0), i32x4.extract_lane(tops, 1));
    for (; p < end; p += 4, column += 4) {
      const bits = load<i32>(p) & 0x7fffffff;
      top = max<i32>(top, bits);
      store<i32>(column, max<i32>(load<i32>(column), bits));
    }
    store<i32>(row, top);
  }
}

/** 1 where all of `count` singles are finite: an exponent of all ones plus one carries into the sign. */
export function allFinite(p: usize, count: i32): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const one = i32x4.splat(0x800000);
  const end4 = p + ((<usize>(count & ~3)) << 2);
  const end = p + ((<usize>count) << 2);
  let seen = i32x4.splat(0);
  for (; p < end4; p += 16) {
    seen = v128.or(seen, i32x4.add(v128.and(v128.load(p), exponent), one));
  }
  let last = 0;
  for (; p < end; p += 4) last |= (load<i32>(p) & 0x7f800000) + 0x800000;
  return i32(i32x4.bitmask(seen) == 0 && last >= 0);
}

/** The largest bits without the sign of each run of `taps` singles, as `tapMaxima` has them. */
export function runMaxima(p: usize, runs: i32, taps: i32, tops: usize): void {
  const unsigned = i32x4.splat(0x7fffffff);
  for (let r = 0; r < runs; r++, tops += 4) {
    const end4 = p + ((<usize>(taps & ~3)) << 2);
    const end = p + ((<usize>taps) << 2);
    let most = i32x4.splat(0);
    for (; p < end4; p += 16) most = i32x4.max_s(most, v128.and(v128.load(p), unsigned));
    most = i32x4.max_s(most, i64x2.shuffle(most, most, 1, 0));
    let top = max<i32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
    for (; p < end; p += 4) top = max<i32>(top, load<i32>(p) & 0x7fffffff);
    store<i32>(tops, top);
  }
}

/**
 * Raises the doubles at `tops` to the largest |w * factor| of each row, as `raiseRows` of
 * core/kernels has it; `first` and `group` as above. What is not a number raises nothing.
 */
export function raiseRows(
  p: usize,
  rows: i32,
  length: i32,
  tops: usize,
  byColumn: usize,
  first: i32,
  group: i32,
): void {
  for (let r = 0; r < rows; r++, tops += 8) {
    const end4 = p + ((<usize>(length & ~3)) << 2);
    const end = p + ((<usize>length) << 2);
    let column = byColumn + ((<usize>(((first + r) / group) * length)) << 3);
    let most = f64x2.splat(load<f64>(tops));
    let more = most;
    for (; p < end4; p += 16, column += 32) {
      const x = v128.load(p);
      const a = f64x2.mul(f64x2.promote_low_f32x4(x), v128.load(column));
      const b = f64x2.mul(
        f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0)),
        v128.load(column, 16),
      );
      most = f64x2.pmax(most, f64x2.abs(a));
      more = f64x2.pmax(more, f64x2.abs(b));
    }
    most = f64x2.pmax(most, more);
    most = f64x2.pmax(most, i64x2.shuffle(most, most, 1, 0));
    let top = f64x2.extract_lane(most, 0);
    for (; p < end; p += 4, column += 8) {
      const a = abs<f64>(<f64>load<f32>(p) * load<f64>(column));
      if (a > top) top = a;
    }
    store<f64>(tops, top);
  }
}

/**
 * The sum of each row of `length` runs of `taps` singles, each run times the factor of its column,
 * in the order of `weightedSums` of core/kernels; a factor of 0 leaves its runs out.
 */
export function rowSums(
  p: usize,
  rows: i32,
  length: i32,
  taps: i32,
  sums: usize,
  byColumn: usize,
  first: i32,
  group: i32,
): void {
  const rowBytes = (<usize>(length * taps)) << 2;
  for (let r = 0; r < rows;) {
    const g = (first + r) / group;
    const column = byColumn + ((<usize>(g * length)) << 3);
    // Sums of several rows beside each other do not wait for one another.
    if (taps == 1 && r + 4 <= rows && (first + r + 3) / group == g) {
      let a: f64 = 0;
      let b: f64 = 0;
      let c: f64 = 0;
      let d: f64 = 0;
      const q = p + rowBytes;
      const s = q + rowBytes;
      const t = s + rowBytes;
      for (let i: usize = 0; i < rowBytes; i += 4) {
        const factor = load<f64>(column + (i << 1));
        if (factor == 0) continue;
        a += <f64>load<f32>(p + i) * factor;
        b += <f64>load<f32>(q + i) * factor;
        c += <f64>load<f32>(s + i) * factor;
        d += <f64>load<f32>(t + i) * factor;
      }
      store<f64>(sums, a);
      store<f64>(sums, b, 8);
      store<f64>(sums, c, 16);
      store<f64>(sums, d, 24);
      p += rowBytes << 2;
      sums += 32;
      r += 4;
      continue;
    }
    let total: f64 = 0;
    for (let i = 0; i < length; i++) {
      const factor = load<f64>(column + ((<usize>i) << 3));
      const end = p + ((<usize>taps) << 2);
      if (factor == 0) {
        p = end;
        continue;
      }
      let sum: f64 = 0;
      for (; p < end; p += 4) sum += <f64>load<f32>(p);
      total += sum * factor;
    }
    store<f64>(sums, total);
    sums += 8;
    r++;
  }
}
