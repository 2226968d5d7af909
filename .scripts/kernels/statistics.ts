// AssemblyScript, compiled into server/engines/tasks/statisticsWasm.ts by .scripts/makeKernels.mjs. Singles lie at `p`, `n` of them.

/** Singles that are summed by themselves before they are added, as `inParts` of core/ranges has it. */
const part: i32 = 4096;

/**
 * Adds minimum, maximum, sum and sum of squares to the doubles at `out`. Within a part, sums of
 * even and odd elements are apart until its end, as `totalsOf` of core/ranges has it: same bits.
 */
export function totals(p: usize, n: i32, out: usize): void {
  for (; n > 0; n -= part, p += (<usize>part) << 2) partTotals(p, min<i32>(n, part), out);
}

function partTotals(p: usize, n: i32, out: usize): void {
  const end4 = p + ((<usize>(n & ~3)) << 2);
  const end = p + ((<usize>n) << 2);
  let low = f32x4.splat(Infinity);
  let high = f32x4.splat(-Infinity);
  let sums = f64x2.splat(0);
  let squares = f64x2.splat(0);
  for (; p < end4; p += 16) {
    const x = v128.load(p);
    low = f32x4.pmin(low, x);
    high = f32x4.pmax(high, x);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
    sums = f64x2.add(f64x2.add(sums, a), b);
    squares = f64x2.add(f64x2.add(squares, f64x2.mul(a, a)), f64x2.mul(b, b));
  }
  let lowest = load<f64>(out);
  let highest = load<f64>(out, 8);
  lowest = Math.min(lowest, <f64>Mathf.min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)));
  lowest = Math.min(lowest, <f64>Mathf.min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)));
  highest = Math.max(
    highest,
    <f64>Mathf.max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
  );
  highest = Math.max(
    highest,
    <f64>Mathf.max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
  );
  let sum = f64x2.extract_lane(sums, 0);
  let sum1 = f64x2.extract_lane(sums, 1);
  let square = f64x2.extract_lane(squares, 0);
  let square1 = f64x2.extract_lane(squares, 1);
  for (let i = 0; p < end; p += 4, i++) {
    const v = <f64>load<f32>(p);
    if (v < lowest) lowest = v;
    if (v > highest) highest = v;
    if (i === 1) {
      sum1 += v;
      square1 += v * v;
    } else {
      sum += v;
      square += v * v;
    }
  }
  store<f64>(out, lowest);
  store<f64>(out, highest, 8);
  store<f64>(out, load<f64>(out, 16) + (sum + sum1), 16);
  store<f64>(out, load<f64>(out, 24) + (square + square1), 24);
}

/**
 * Counts floor(v * inverse) - first of each in two tables of u32 at `table`, `bins` apart, so that
 * equal neighbours do not wait for one another. The caller sees to it that each is a bin.
 */
export function count(p: usize, n: i32, inverse: f32, first: i32, table: usize, bins: i32): void {
  const end4 = p + ((<usize>(n & ~3)) << 2);
  const end = p + ((<usize>n) << 2);
  const scale = f32x4.splat(inverse);
  const shift = i32x4.splat(first);
  const other = table + ((<usize>bins) << 2);
  for (; p < end4; p += 16) {
    const x = f32x4.floor(f32x4.mul(v128.load(p), scale));
    const k = i32x4.shl(i32x4.sub(i32x4.trunc_sat_f32x4_s(x), shift), 2);
    const a = table + <usize>i32x4.extract_lane(k, 0);
    const b = other + <usize>i32x4.extract_lane(k, 1);
    store<u32>(a, load<u32>(a) + 1);
    store<u32>(b, load<u32>(b) + 1);
    const c = table + <usize>i32x4.extract_lane(k, 2);
    const d = other + <usize>i32x4.extract_lane(k, 3);
    store<u32>(c, load<u32>(c) + 1);
    store<u32>(d, load<u32>(d) + 1);
  }
  for (; p < end; p += 4) {
    const a = table + ((<usize>(<i32>floor<f32>(load<f32>(p) * inverse) - first)) << 2);
    store<u32>(a, load<u32>(a) + 1);
  }
}

/**
 * Writes how the singles at `a` differ from those at `r`, e = a - r, as doubles to `out`: sums of
 * r^2, a^2, r*a, e^2 and e, and the largest |e|. Not finite where one of them is not.
 */
export function difference(r: usize, a: usize, n: i32, out: usize): void {
  const end4 = r + ((<usize>(n & ~3)) << 2);
  const end = r + ((<usize>n) << 2);
  let rr = f64x2.splat(0);
  let aa = f64x2.splat(0);
  let ra = f64x2.splat(0);
  let ee = f64x2.splat(0);
  let sum = f64x2.splat(0);
  let max = f64x2.splat(0);
  for (; r < end4; r += 16, a += 16) {
    const x = v128.load(r);
    const y = v128.load(a);
    const r0 = f64x2.promote_low_f32x4(x);
    const a0 = f64x2.promote_low_f32x4(y);
    const e0 = f64x2.sub(a0, r0);
    const r1 = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
    const a1 = f64x2.promote_low_f32x4(i64x2.shuffle(y, y, 1, 0));
    const e1 = f64x2.sub(a1, r1);
    rr = f64x2.add(f64x2.add(rr, f64x2.mul(r0, r0)), f64x2.mul(r1, r1));
    aa = f64x2.add(f64x2.add(aa, f64x2.mul(a0, a0)), f64x2.mul(a1, a1));
    ra = f64x2.add(f64x2.add(ra, f64x2.mul(r0, a0)), f64x2.mul(r1, a1));
    ee = f64x2.add(f64x2.add(ee, f64x2.mul(e0, e0)), f64x2.mul(e1, e1));
    sum = f64x2.add(f64x2.add(sum, e0), e1);
    max = f64x2.pmax(f64x2.pmax(max, f64x2.abs(e0)), f64x2.abs(e1));
  }
  let sumRR = f64x2.extract_lane(rr, 0) + f64x2.extract_lane(rr, 1);
  let sumAA = f64x2.extract_lane(aa, 0) + f64x2.extract_lane(aa, 1);
  let sumRA = f64x2.extract_lane(ra, 0) + f64x2.extract_lane(ra, 1);
  let sumEE = f64x2.extract_lane(ee, 0) + f64x2.extract_lane(ee, 1);
  let sumE = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  let largest = Math.max(f64x2.extract_lane(max, 0), f64x2.extract_lane(max, 1));
  for (; r < end; r += 4, a += 4) {
    const x = <f64>load<f32>(r);
    const y = <f64>load<f32>(a);
    const e = y - x;
    sumRR += x * x;
    sumAA += y * y;
    sumRA += x * y;
    sumEE += e * e;
    sumE += e;
    largest = Math.max(largest, Math.abs(e));
  }
  store<f64>(out, sumRR);
  store<f64>(out, sumAA, 8);
  store<f64>(out, sumRA, 16);
  store<f64>(out, sumEE, 24);
  store<f64>(out, sumE, 32);
  store<f64>(out, largest, 40);
}
