import { samePadding } from '../../core/graph/padding.ts';
import type { FloatArray } from '../../core/graph/tensor.ts';
import type { PaddedWindow } from '../sampleTask.ts';
import { addFinite, sumOf } from './channelMeans.ts';

/** A window along an axis of one size: where it begins, and over how many output positions. */
interface Track {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly out: number;
}

/**
 * For each channel and kernel position of a convolution the sum of what the kernel sees there, over
 * all output positions and samples, in double. Each element is read once, whatever the kernel: the
 * sum of what one position sees along an axis is that of all elements of its phase, less those at
 * the ends that it does not reach.
 */
export class WindowSums {
  readonly #taps: number;
  #sum = new Float64Array(0);
  /** Of the run that is being added. */
  #own = new Float64Array(0);
  #positions = 0;
  /** Sums along an axis and those behind it, of one plane. */
  readonly #scratch: Float64Array[] = [];
  #tracks: { readonly forDims: string; readonly tracks: readonly Track[] } | undefined;

  constructor(private readonly windows: readonly PaddedWindow[]) {
    this.#taps = windows.reduce((product, { kernel }) => product * kernel, 1);
  }

  /** `values`: [N, C, spatial...]. False, and nothing is added, where something is not finite. */
  add(values: FloatArray, dims: readonly number[]): boolean {
    const [batch = 0, channels = 0, ...sizes] = dims;
    if (this.#sum.length === 0) {
      this.#sum = new Float64Array(channels * this.#taps);
      this.#own = new Float64Array(channels * this.#taps);
    }
    this.#own.fill(0);
    const tracks = this.#tracksFor(sizes);
    const plane = sizes.reduce((product, size) => product * size, 1);
    const isWhole = tracks.every(isEverything);
    const isThree =
      tracks.length === 2 && tracks.every((track, axis) => isSame(track, sizes[axis]));
    for (let n = 0, from = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++, from += plane) {
        if (isWhole) this.#own[c]! += sumOf(values, from, from + plane);
        else if (isThree) addThree(values, from, sizes, this.#own, c * this.#taps);
        else this.#addPlane(values, from, plane, sizes, tracks, c * this.#taps);
      }
    }
    if (!addFinite(this.#own, this.#sum)) return false;
    this.#positions += tracks.reduce((product, { out }) => product * out, batch);
    return true;
  }

  result(): { readonly sum: Float64Array; readonly positions: number } {
    return { sum: this.#sum.slice(), positions: this.#positions };
  }

  /** Sums along the last axis, then along the one before; each leaves a kernel's worth of it. */
  #addPlane(
    values: FloatArray,
    from: number,
    plane: number,
    sizes: readonly number[],
    tracks: readonly Track[],
    to: number,
  ): void {
    const last = sizes.length - 1;
    const size = sizes[last] as number;
    const track = tracks[last] as Track;
    let rows = plane / size;
    let columns = track.kernel;
    let sums = this.#scratchOf(last, rows * columns);
    for (let row = 0; row < rows; row++) {
      sumTrack(values, from + row * size, 1, size, track, sums, row * columns);
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      const length = sizes[axis] as number;
      const along = tracks[axis] as Track;
      rows /= length;
      const next = this.#scratchOf(axis, rows * along.kernel * columns);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const at = row * length * columns + column;
          const into = row * along.kernel * columns + column;
          sumTrack(sums, at, columns, length, along, next, into);
        }
      }
      sums = next;
      columns *= along.kernel;
    }
    for (let tap = 0; tap < this.#taps; tap++) this.#own[to + tap]! += sums[tap]!;
  }

  #scratchOf(axis: number, length: number): Float64Array {
    const known = this.#scratch[axis];
    return known && known.length >= length
      ? known
      : (this.#scratch[axis] = new Float64Array(length));
  }

  #tracksFor(sizes: readonly number[]): readonly Track[] {
    const forDims = sizes.join();
    if (this.#tracks?.forDims !== forDims) {
      const tracks = this.windows.map((window, axis) => trackOf(window, sizes[axis] ?? 1));
      this.#tracks = { forDims, tracks };
    }
    return this.#tracks.tracks;
  }
}

function trackOf({ kernel, stride, dilation, padding }: PaddedWindow, size: number): Track {
  const reach = dilation * (kernel - 1) + 1;
  const total = samePadding(size, { kernel, stride, dilation });
  const half = padding === 'lower' ? Math.ceil(total / 2) : Math.floor(total / 2);
  const [before, after] = typeof padding === 'string' ? [half, total - half] : padding;
  const out = Math.max(0, Math.floor((size + before + after - reach) / stride) + 1);
  return { kernel, stride, dilation, begin: -before, out };
}

/** True where the one kernel position sees every element once. */
const isEverything = ({ kernel, stride, begin }: Track): boolean =>
  kernel === 1 && stride === 1 && begin === 0;

/** True for the commonest window of all: 3, moved by 1, padded by 1. */
const isSame = ({ kernel, stride, dilation, begin, out }: Track, size = 0): boolean =>
  kernel === 3 && stride === 1 && dilation === 1 && begin === -1 && out === size;

/** Two such windows: each position sees the plane but for a row, a column, or both. */
function addThree(
  values: FloatArray,
  from: number,
  [height = 0, width = 0]: readonly number[],
  into: Float64Array,
  to: number,
): void {
  const bottom = from + (height - 1) * width;
  const all = sumOf(values, from, from + height * width);
  const first = sumOf(values, from, from + width);
  const last = sumOf(values, bottom, bottom + width);
  let left = 0;
  let right = 0;
  for (let row = from; row <= bottom; row += width) {
    left += values[row]!;
    right += values[row + width - 1]!;
  }
  into[to]! += all - last - right + values[bottom + width - 1]!;
  into[to + 1]! += all - last;
  into[to + 2]! += all - last - left + values[bottom]!;
  into[to + 3]! += all - right;
  into[to + 4]! += all;
  into[to + 5]! += all - left;
  into[to + 6]! += all - first - right + values[from + width - 1]!;
  into[to + 7]! += all - first;
  into[to + 8]! += all - first - left + values[from]!;
}

/**
 * For each kernel position the sum of what it sees in a line of elements, which lie `step` apart, as
 * the sums do. Without dilation a position sees what the one a stride before it saw, but for an
 * element at each end.
 */
function sumTrack(
  values: FloatArray,
  at: number,
  step: number,
  size: number,
  { kernel, stride, dilation, begin, out }: Track,
  into: Float64Array,
  to: number,
): void {
  for (let k = 0; k < kernel; k++) {
    const own = k - stride;
    let sum: number;
    if (dilation === 1 && own >= 0) {
      sum = into[to + own * step]!;
      const gone = begin + own;
      const come = gone + out * stride;
      if (gone >= 0 && gone < size) sum -= values[at + gone * step]!;
      if (come >= 0 && come < size) sum += values[at + come * step]!;
    } else {
      const first = begin + k * dilation;
      const begins = first < 0 ? first + Math.ceil(-first / stride) * stride : first;
      const ends = Math.min(size, first + (out - 1) * stride + 1);
      const [from, end] = [at + begins * step, at + ends * step];
      const apart = stride * step;
      sum = apart === 1 ? sumOf(values, from, end) : sumEvery(apart, values, from, end);
    }
    into[to + k * step] = sum;
  }
}

/** The sum of every so-manieth element of a stretch. */
function sumEvery(step: number, values: FloatArray, from: number, to: number): number {
  let a = 0;
  let b = 0;
  for (let i = from; i < to; i += 2 * step) {
    a += values[i]!;
    b += i + step < to ? values[i + step]! : 0;
  }
  return a + b;
}
