// AssemblyScript, compiled into server/core/kernels/weightsWasm.ts by .scripts/makeKernels.mjs. Doubles, one a channel, lie at `p`, `q`, ...

// As `vectors` of core/kernels has them.

export function multiply(p: usize, q: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) store<f64>(p, load<f64>(p) * load<f64>(q));
}

export function divide(p: usize, q: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) store<f64>(p, load<f64>(p) / load<f64>(q));
}

export function addQuotient(p: usize, q: usize, n: i32, divisor: f64): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) store<f64>(p, load<f64>(p) + load<f64>(q) / divisor);
}

export function subtract(p: usize, q: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) store<f64>(p, load<f64>(p) - load<f64>(q));
}

export function lower(p: usize, q: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) store<f64>(p, min<f64>(load<f64>(p), load<f64>(q)));
}

/** To what is larger at `q`, or not a number. */
export function raise(p: usize, q: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8) {
    const a = load<f64>(q);
    if (a > load<f64>(p) || a != a) store<f64>(p, a);
  }
}

export function multiplyAll(p: usize, n: i32, factor: f64): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8) store<f64>(p, load<f64>(p) * factor);
}

/** p[c] = q[c] + r[c] * p[c]. */
export function affine(p: usize, q: usize, r: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, q += 8, r += 8) {
    store<f64>(p, load<f64>(q) + load<f64>(r) * load<f64>(p));
  }
}

export function countEqual(p: usize, n: i32, value: f64): i32 {
  const end = p + ((<usize>n) << 3);
  let count = 0;
  for (; p < end; p += 8) count += i32(load<f64>(p) == value);
  return count;
}

/** The least of 1 and the numbers, and behind it the greatest, at `to`. */
export function extremes(p: usize, n: i32, to: usize): void {
  const end = p + ((<usize>n) << 3);
  let low: f64 = 1;
  let high: f64 = 1;
  for (; p < end; p += 8) {
    const a = load<f64>(p);
    if (a < low) low = a;
    if (a > high) high = a;
  }
  store<f64>(to, low);
  store<f64>(to, high, 8);
}

/** What is not finite gives NaN when it is taken from itself. */
export function areFinite(p: usize, n: i32): i32 {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8) if (load<f64>(p) - load<f64>(p) != 0) return 0;
  return 1;
}

/** Puts 0 where the byte at `marks` is 0. */
export function keepMarked(p: usize, marks: usize, n: i32): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8, marks++) if (load<u8>(marks) == 0) store<f64>(p, 0);
}

/** Each number `times` times, at `to`. */
export function repeat(p: usize, n: i32, times: i32, to: usize): void {
  const end = p + ((<usize>n) << 3);
  for (; p < end; p += 8) {
    const value = load<f64>(p);
    const last = to + ((<usize>times) << 3);
    for (; to < last; to += 8) store<f64>(to, value);
  }
}

/**
 * a = gamma / sqrt(v + epsilon) in place of the variances `v`, NaN where that divides by 0, and
 * beta - mean * a in place of the means.
 */
export function batchNorm(
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  n: i32,
  epsilon: f64,
): void {
  for (let c: usize = 0; c < (<usize>n) << 3; c += 8) {
    const squared = load<f64>(variance + c) + epsilon;
    const a: f64 = squared > 0 ? load<f64>(gamma + c) / sqrt<f64>(squared) : NaN;
    store<f64>(variance + c, a);
    store<f64>(mean + c, load<f64>(beta + c) - load<f64>(mean + c) * a);
  }
}

function root(value: f64, degree: i32): f64 {
  return degree == 2 ? sqrt<f64>(value) : JSMath.cbrt(value);
}

/**
 * As `scaleFactors` of core/sets has it, of two or three ranges: `apart` bytes lie between one range
 * and the next. The factors come in the place of all ranges but the last.
 */
export function scaleFactors(p: usize, apart: usize, ranges: i32, n: i32, smallest: f64): void {
  const end = p + ((<usize>n) << 3);
  const last = apart * <usize>(ranges - 1);
  for (; p < end; p += 8) {
    let mean: f64 = 1;
    for (let at: usize = 0; at <= last; at += apart) {
      const range = load<f64>(p + at);
      mean = range >= smallest ? mean * root(range, ranges) : NaN;
    }
    let factor: f64 = 1;
    for (let at: usize = 0; at < last; at += apart) {
      if (mean == mean) factor = (factor * load<f64>(p + at)) / mean;
      store<f64>(p + at, factor);
    }
  }
}

/**
 * As `limited` of core/sets has it: the steps at `p`, by which the totals at `q` stay from `r` to
 * `s`; steps within `balanced` of 1 become 1. Gives the number of channels that a limit holds back.
 */
export function limit(p: usize, q: usize, r: usize, s: usize, n: i32, balanced: f64): i32 {
  const end = p + ((<usize>n) << 3);
  let held = 0;
  for (; p < end; p += 8, q += 8, r += 8, s += 8) {
    const step = load<f64>(p);
    if (abs<f64>(step - 1) < balanced) {
      store<f64>(p, 1);
      continue;
    }
    const whole = load<f64>(q) * step;
    const kept = min<f64>(max<f64>(whole, load<f64>(r)), load<f64>(s));
    if (kept == whole) continue;
    held++;
    store<f64>(p, kept / load<f64>(q));
  }
  return held;
}

/** As `absorbable` of core/sets has it; in the place of gamma. */
export function absorbable(
  gamma: usize,
  beta: usize,
  scale: usize,
  absorbed: usize,
  cap: usize,
  n: i32,
  sigmas: f64,
  isRelu: i32,
): void {
  for (let c: usize = 0; c < (<usize>n) << 3; c += 8) {
    const by = load<f64>(scale + c);
    const mean = load<f64>(beta + c) / by - load<f64>(absorbed + c);
    const low = mean - sigmas * (abs<f64>(load<f64>(gamma + c)) / by);
    const taken = isRelu ? min<f64>(max<f64>(0, low), max<f64>(0, load<f64>(cap + c))) : mean;
    store<f64>(gamma + c, taken - taken == 0 ? taken : 0);
  }
}

/** As `tapSums` of core/kernels has it; the strides are in singles, the sums at `sums` are 0. */
export function tapSums(
  p: usize,
  groups: i32,
  outPerGroup: i32,
  inPerGroup: i32,
  taps: i32,
  strideG: i32,
  strideO: i32,
  strideI: i32,
  perInput: usize,
  sums: usize,
): void {
  const apart = (<usize>strideO) << 2;
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inPerGroup; i++, perInput += 8) {
      const factor = load<f64>(perInput);
      if (factor == 0) continue;
      let from = p + ((<usize>(g * strideG + i * strideI)) << 2);
      let to = sums + ((<usize>(g * outPerGroup * taps)) << 3);
      for (let o = 0; o < outPerGroup; o++, from += apart) {
        for (let tap: usize = 0; tap < (<usize>taps) << 2; tap += 4, to += 8) {
          store<f64>(to, load<f64>(to) + factor * <f64>load<f32>(from + tap));
        }
      }
    }
  }
}

/** As `largestTapSum` of core/kernels has it, over `runs` runs; bytes of 1 at `marked`. */
export function largestTapSum(sums: usize, runs: i32, taps: i32, marked: usize): f64 {
  let largest: f64 = 0;
  for (let run = 0; run < runs; run++, sums += (<usize>taps) << 3) {
    let sum: f64 = 0;
    for (let tap: usize = 0; tap < <usize>taps; tap++) {
      if (load<u8>(marked + tap)) sum += load<f64>(sums + (tap << 3));
    }
    const size = abs<f64>(sum);
    if (size > largest || size != size) largest = size;
  }
  return largest;
}

/**
 * A byte of 1 at `to` for each input channel whose number is not 0, and which has no weight but 0
 * at the kernel positions with a byte of 1 at `marked`.
 */
export function freeInputs(
  p: usize,
  groups: i32,
  outPerGroup: i32,
  inPerGroup: i32,
  taps: i32,
  strideG: i32,
  strideO: i32,
  strideI: i32,
  perInput: usize,
  marked: usize,
  to: usize,
): void {
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inPerGroup; i++, perInput += 8, to++) {
      let isFree = i32(load<f64>(perInput) != 0);
      let from = p + ((<usize>(g * strideG + i * strideI)) << 2);
      for (let o = 0; isFree && o < outPerGroup; o++, from += (<usize>strideO) << 2) {
        for (let tap: usize = 0; tap < <usize>taps; tap++) {
          if (load<u8>(marked + tap) && load<f32>(from + (tap << 2)) != 0) isFree = 0;
        }
      }
      store<u8>(to, <u8>isFree);
    }
  }
}
