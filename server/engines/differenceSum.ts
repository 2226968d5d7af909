import type { ComparedValue, EngineTensor } from './engine.ts';
import type { ComparedDifference } from './protocol.ts';
import { asNumbers, type Numbers } from './tasks/numbers.ts';

/** What one run gave for one value. */
export interface Sample {
  readonly dims: readonly number[];
  readonly values: EngineTensor['values'];
}

/**
 * The difference of one pair of values, summed over runs. The scale is undone before comparing:
 * (after + offset) * divisor against before. A run whose reference has a NaN, or an infinity that
 * the other side lacks, proves nothing and is left out (`notFinite`). Equal infinities count as
 * equal. A value that is not finite where the reference is sets `hasNaN`.
 */
export class DifferenceSum {
  #maxAbs = 0;
  #maxReference = 0;
  #maxRelative = 0;
  #sumSquaredReference = 0;
  #sumSquaredError = 0;
  #count = 0;
  #hasNaN = false;
  #notFinite = 0;
  #activity: ChannelActivity | undefined;

  constructor(private readonly compared: ComparedValue) {}

  add(before: Sample, after: Sample): void {
    if (before.dims.join() !== after.dims.join()) {
      this.#hasNaN = true;
      this.#maxAbs = Infinity;
      this.#maxRelative = Infinity;
      return;
    }
    const place = channelsOf(before.dims, this.compared);
    const reference = asNumbers(before.values);
    const changed = asNumbers(after.values);
    if (!this.#measure(reference, changed, place)) {
      this.#notFinite++;
      return;
    }
    this.#activity ??= new ChannelActivity(place.channels, changedChannels(this.compared));
    this.#activity.add(changed, place);
  }

  result(): ComparedDifference {
    return {
      maxAbs: this.#maxAbs,
      maxReference: this.#maxReference,
      maxRelative: this.#maxRelative,
      sumSquaredReference: this.#sumSquaredReference,
      sumSquaredError: this.#sumSquaredError,
      count: this.#count,
      hasNaN: this.#hasNaN,
      notFinite: this.#notFinite,
      activeChannels: this.#activity?.activeCount() ?? 0,
      channels: this.#activity?.countedCount() ?? 0,
    };
  }

  /** False when the reference makes this run useless; then nothing is added. */
  #measure(reference: Numbers, changed: Numbers, place: Channels): boolean {
    const { divisor, offset } = this.compared;
    const { outer, channels, inner } = place;
    let maxAbs = 0;
    let maxReference = 0;
    let sumReference = 0;
    let sumError = 0;
    let hasNaN = false;
    let at = 0;
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < channels; c++) {
        const scale = divisor ? divisor[c]! : 1;
        const shift = offset ? offset[c]! : 0;
        for (let i = 0; i < inner; i++, at++) {
          const r = reference[at]!;
          const a = changed[at]!;
          if (!Number.isFinite(r)) {
            if (r !== a) return false;
            continue;
          }
          const error = Math.abs((a + shift) * scale - r);
          if (!Number.isFinite(error)) {
            hasNaN = true;
            continue;
          }
          if (error > maxAbs) maxAbs = error;
          const size = Math.abs(r);
          if (size > maxReference) maxReference = size;
          sumReference += r * r;
          sumError += error * error;
        }
      }
    }
    if (hasNaN) maxAbs = Infinity;
    this.#maxAbs = Math.max(this.#maxAbs, maxAbs);
    this.#maxRelative = Math.max(this.#maxRelative, maxAbs === 0 ? 0 : maxAbs / maxReference);
    this.#maxReference = Math.max(this.#maxReference, maxReference);
    this.#sumSquaredReference += sumReference;
    this.#sumSquaredError += sumError;
    this.#count += reference.length;
    this.#hasNaN ||= hasNaN;
    return true;
  }
}

/** Which channels were ever different from 0, and not the same number everywhere. */
class ChannelActivity {
  readonly #first: Float64Array;
  readonly #isNonZero: Uint8Array;
  readonly #varies: Uint8Array;
  #positions = 0;

  constructor(
    private readonly channels: number,
    /** Channels that count; undefined for all. */
    private readonly counted: readonly number[] | undefined,
  ) {
    this.#first = new Float64Array(channels).fill(NaN);
    this.#isNonZero = new Uint8Array(channels);
    this.#varies = new Uint8Array(channels);
  }

  add(values: Numbers, { outer, channels, inner }: Channels): void {
    if (channels !== this.channels) return;
    this.#positions += outer * inner;
    let at = 0;
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < channels; c++) {
        if (inner > 0 && Number.isNaN(this.#first[c]!)) this.#first[c] = values[at]!;
        const first = this.#first[c]!;
        for (let i = 0; i < inner; i++, at++) {
          const value = values[at]!;
          if (value !== 0) this.#isNonZero[c] = 1;
          if (value !== first) this.#varies[c] = 1;
        }
      }
    }
  }

  countedCount(): number {
    return this.counted?.length ?? this.channels;
  }

  activeCount(): number {
    const isActive = (c: number): boolean =>
      this.#isNonZero[c] === 1 && (this.#varies[c] === 1 || this.#positions === 1);
    const all = this.counted ?? Array.from({ length: this.channels }, (_, c) => c);
    return all.filter(isActive).length;
  }
}

interface Channels {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/**
 * Where the channels are: on axis 1; on the last axis when only that one has as many elements as
 * the pair has factors (MatMul over sequences); one channel where there are no axes to speak of.
 */
function channelsOf(dims: readonly number[], compared: ComparedValue): Channels {
  const factors = compared.divisor?.length ?? compared.offset?.length;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const split = (axis: number): Channels => ({
    outer: product(dims.slice(0, axis)),
    channels: dims[axis] ?? 1,
    inner: product(dims.slice(axis + 1)),
  });
  if (factors === undefined) return split(Math.min(1, dims.length - 1));
  const axis = [1, dims.length - 1].find((candidate) => dims[candidate] === factors);
  if (axis !== undefined) return split(axis);
  throw new Error(`${compared.after} is [${dims.join(', ')}], and there are ${factors} factors`);
}

/** The channels named, or those scaled or shifted; undefined (all) where none is singled out. */
function changedChannels(compared: ComparedValue): readonly number[] | undefined {
  const { divisor, offset } = compared;
  if (compared.changed) return compared.changed;
  const count = divisor?.length ?? offset?.length ?? 0;
  const changed: number[] = [];
  for (let c = 0; c < count; c++) {
    if ((divisor?.[c] ?? 1) !== 1 || (offset?.[c] ?? 0) !== 0) changed.push(c);
  }
  return changed.length > 0 ? changed : undefined;
}
