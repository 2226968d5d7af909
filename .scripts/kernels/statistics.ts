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
