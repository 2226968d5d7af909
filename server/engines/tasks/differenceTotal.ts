import type { EngineTensor } from '../engine.ts';
import type { DifferenceTotals, Reduction } from '../sampleTask.ts';
import { asNumbers, axisOf, wholeAxis, type Axis, type Numbers } from './numbers.ts';

type Asked = Extract<Reduction, { kind: 'difference' }>;

/**
 * Sums of how two values differ, in double, element by element in order. A pair of elements of
 * which one is not finite is left out and counted.
 */
export class DifferenceTotal {
  #channels: ChannelErrors | undefined;
  readonly #all = new Float64Array(sumCount);
  #notFinite = 0;
  readonly #index: number[] = [];
  readonly #signal: number[] = [];
  readonly #error: number[] = [];

  constructor(private readonly asked: Asked) {}

  /** Both have the same dimensions; the channels are those of the first sample. */
  add(index: number, reference: EngineTensor, actual: EngineTensor): void {
    const { channelAxis, perSample } = this.asked;
    const count = reference.values.length;
    const axis = channelAxis === undefined ? undefined : axisOf(reference.dims, channelAxis);
    const channels = axis ? (this.#channels ??= new ChannelErrors(axis.channels)) : undefined;
    const sums = new Float64Array(sumCount);
    const [r, a] = [asNumbers(reference.values), asNumbers(actual.values)];
    addDifference(r, a, axis ?? wholeAxis(count), sums, channels);
    this.#notFinite += count - sums[0]!;
    for (let i = 0; i < sumCount; i++) {
      this.#all[i] = i === maxAt ? Math.max(this.#all[i]!, sums[i]!) : this.#all[i]! + sums[i]!;
    }
    if (!perSample) return;
    this.#index.push(index);
    this.#signal.push(sums[1]!);
    this.#error.push(sums[4]!);
  }

  result(): DifferenceTotals {
    const [count, reference, actual, product, squares, error, max] = this.#all;
    return {
      count: count!,
      sumSquaredReference: reference!,
      sumSquaredActual: actual!,
      sumProduct: product!,
      sumSquaredError: squares!,
      sumError: error!,
      maxAbsError: max!,
      notFinite: this.#notFinite,
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

/** Sums of one call: count, r^2, a^2, r*a, e^2, e, max |e|. */
const sumCount = 7;
const maxAt = 6;

/** Sums of the errors of each channel, about the channel's first error: its digits are not lost. */
class ChannelErrors {
  readonly shift: Float64Array;
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;

  constructor(channels: number) {
    this.shift = new Float64Array(channels).fill(NaN);
    this.count = new Float64Array(channels);
    this.sum = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  result(): Pick<DifferenceTotals, 'channelMeanError' | 'channelDeviation'> {
    const mean = this.sum.map((sum, c) => sum / this.count[c]!);
    return {
      channelMeanError: mean.map((d, c) => d + this.shift[c]!),
      channelDeviation: mean.map((d, c) =>
        Math.sqrt(Math.max(0, this.squares[c]! / this.count[c]! - d * d)),
      ),
    };
  }
}

function addDifference(
  reference: Numbers,
  actual: Numbers,
  { outer, channels, inner }: Axis,
  sums: Float64Array,
  errors: ChannelErrors | undefined,
): void {
  let [count, rr, aa, ra, ee, total, max] = [0, 0, 0, 0, 0, 0, 0];
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < channels; c++) {
      let shift = errors ? errors.shift[c]! : 0;
      let channelCount = 0;
      let sum = 0;
      let squares = 0;
      for (const end = at + inner; at < end; at++) {
        const r = reference[at]!;
        const a = actual[at]!;
        const e = a - r;
        if (e - e !== 0) continue;
        if (shift !== shift) shift = e;
        const d = e - shift;
        channelCount++;
        sum += d;
        squares += d * d;
        rr += r * r;
        aa += a * a;
        ra += r * a;
        ee += e * e;
        const size = e < 0 ? -e : e;
        if (size > max) max = size;
      }
      count += channelCount;
      total += sum + (channelCount > 0 ? shift * channelCount : 0);
      if (!errors) continue;
      errors.shift[c] = shift;
      errors.count[c] = errors.count[c]! + channelCount;
      errors.sum[c] = errors.sum[c]! + sum;
      errors.squares[c] = errors.squares[c]! + squares;
    }
  }
  sums.set([count, rr, aa, ra, ee, total, max]);
}
