import type { EngineTensor } from '../engine.ts';
import type { DifferenceTotals, Reduction } from '../sampleTask.ts';
import { asNumbers, axisOf, wholeAxis, type Axis, type Numbers } from './numbers.ts';
import { kernelSingles, type StatisticsKernels } from './statisticsKernels.ts';

type Asked = Extract<Reduction, { kind: 'difference' }>;

/**
 * Sums of how two values differ, in double. A pair of elements of which one is not finite is left
 * out and counted; a sample of which the actual value alone is not finite has an infinite error.
 */
export class DifferenceTotal {
  #channels: ChannelErrors | undefined;
  readonly #all = new Float64Array(sumCount);
  #notFinite = 0;
  readonly #index: number[] = [];
  readonly #signal: number[] = [];
  readonly #error: number[] = [];

  constructor(
    private readonly asked: Asked,
    private readonly kernels?: StatisticsKernels,
  ) {}

  /** Both have the same dimensions; the channels are those of the first sample. */
  add(index: number, reference: EngineTensor, actual: EngineTensor): void {
    const { channelAxis, perSample } = this.asked;
    const [r, a] = [asNumbers(reference.values), asNumbers(actual.values)];
    const axis = channelAxis === undefined ? undefined : axisOf(reference.dims, channelAxis);
    const channels = axis ? (this.#channels ??= new ChannelErrors(axis.channels)) : undefined;
    const sums = new Float64Array(sumCount);
    const isScattered = axis !== undefined && axis.inner < leastRun;
    const place = axis && !isScattered ? axis : wholeAxis(r.length);
    const inRuns = isScattered ? undefined : channels;
    const { kernels } = this;
    if (kernels && r instanceof Float32Array && a instanceof Float32Array) {
      addSingles(kernels, r, a, place, sums, inRuns);
    } else addRuns(r, a, place, sums, inRuns);
    if (isScattered) channels?.addScattered(r, a, axis);
    this.#notFinite += r.length - sums[countAt]!;
    addSums(this.#all, sums);
    if (!perSample) return;
    this.#index.push(index);
    this.#signal.push(sums[0]!);
    this.#error.push(sums[lostAt]! > 0 ? Infinity : sums[errorAt]!);
  }

  result(): DifferenceTotals {
    const [reference, actual, product, squares, error, max, count, lost] = this.#all;
    return {
      count: count!,
      sumSquaredReference: reference!,
      sumSquaredActual: actual!,
      sumProduct: product!,
      sumSquaredError: squares!,
      sumError: error!,
      maxAbsError: max!,
      notFinite: this.#notFinite,
      lost: lost!,
      ...this.#channels?.result(),
      ...(this.asked.perSample
        ? {
            samples: {
              index: Int32Array.from(this.#index),
              sumSquaredReference: Float64Array.from(this.#signal),
              sumSquaredError: Float64Array.from(this.#error),
            },
          }
        : {}),
    };
  }
}

/** Sums: r^2, a^2, r*a, e^2, e; then the largest |e|, how many pairs, and how many a were lost. */
const sumCount = 8;
const errorAt = 3;
const maxAt = 5;
const countAt = 6;
const lostAt = 7;

/** Shorter runs of one channel are not worth a call each. */
const leastRun = 8;

/** Sums of the errors of each channel. */
class ChannelErrors {
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;

  constructor(channels: number) {
    this.count = new Float64Array(channels);
    this.sum = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  add(channel: number, sums: Float64Array): void {
    this.count[channel]! += sums[countAt]!;
    this.sum[channel]! += sums[errorAt + 1]!;
    this.squares[channel]! += sums[errorAt]!;
  }

  addScattered(reference: Numbers, actual: Numbers, { channels, inner }: Axis): void {
    for (let at = 0, c = 0; at < reference.length; c = c + 1 < channels ? c + 1 : 0) {
      for (const end = at + inner; at < end; at++) {
        const e = actual[at]! - reference[at]!;
        if (e - e !== 0) continue;
        this.count[c]!++;
        this.sum[c]! += e;
        this.squares[c]! += e * e;
      }
    }
  }

  result(): Pick<DifferenceTotals, 'channelMeanError' | 'channelDeviation'> {
    const mean = this.sum.map((sum, c) => sum / this.count[c]!);
    const variance = mean.map((m, c) => this.squares[c]! / this.count[c]! - m * m);
    return {
      channelMeanError: mean,
      channelDeviation: variance.map((v) => Math.sqrt(Math.max(0, v))),
    };
  }
}

function addSums(to: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sumCount; i++) {
    if (i === maxAt) to[i] = Math.max(to[i]!, more[i]!);
    else to[i]! += more[i]!;
  }
}

/** By SIMD, in pieces of one channel that the kernels hold. */
function addSingles(
  kernels: StatisticsKernels,
  reference: Float32Array,
  actual: Float32Array,
  { channels, inner }: Axis,
  sums: Float64Array,
  errors: ChannelErrors | undefined,
): void {
  for (let start = 0; start < reference.length; start += kernelSingles) {
    const end = Math.min(reference.length, start + kernelSingles);
    kernels.load(reference, start, end);
    kernels.loadOthers(actual, start, end);
    for (let at = start; at < end;) {
      const run = Math.floor(at / inner);
      const next = Math.min(end, (run + 1) * inner);
      one.set(kernels.difference(at - start, next - start));
      one[countAt] = next - at;
      one[lostAt] = 0;
      // of finite singles no sum is infinite, whatever their number
      if (!isFinite(one)) addPairs(reference, actual, at, next, one.fill(0));
      addSums(sums, one);
      errors?.add(run % channels, one);
      at = next;
    }
  }
}

const isFinite = (sums: Float64Array): boolean => {
  const total = sums[0]! + sums[1]!;
  return total - total === 0;
};

function addRuns(
  reference: Numbers,
  actual: Numbers,
  { channels, inner }: Axis,
  sums: Float64Array,
  errors: ChannelErrors | undefined,
): void {
  for (let at = 0, run = 0; at < reference.length; run++, at += inner) {
    addPairs(reference, actual, at, at + inner, one.fill(0));
    addSums(sums, one);
    errors?.add(run % channels, one);
  }
}

/** Sums of one run. */
const one = new Float64Array(sumCount);

/** Pair by pair, without those of which one is not finite. */
function addPairs(
  reference: Numbers,
  actual: Numbers,
  from: number,
  to: number,
  sums: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    const r = reference[i]!;
    const a = actual[i]!;
    const e = a - r;
    if (e - e !== 0) {
      if (r - r === 0) sums[lostAt]!++;
      continue;
    }
    sums[0]! += r * r;
    sums[1]! += a * a;
    sums[2]! += r * a;
    sums[3]! += e * e;
    sums[4]! += e;
    sums[5] = Math.max(sums[5]!, Math.abs(e));
    sums[6]!++;
  }
}
