import type { Encoding, GridFormat } from '../quant/grid.ts';
import { awayFromZero } from './firstTensorHistogram.ts';
import type { Histogram } from './statistics.ts';

/** Clipped values count this much (AIMET's gamma). */
const clippingWeight = 3;

/** Data narrower than this get a range as wide. */
const leastRange = 0.01;

/** A candidate: the grid begins at level `lowest`. */
interface Candidate {
  readonly scale: number;
  readonly lowest: number;
}

/**
 * AIMET's tf_enhanced (algorithms: section 6.5), step by step: of a fixed list of grids the first
 * that has the smallest error on the histogram. `singles`: factors add up in single precision, as
 * AIMET's build has it (one symmetric candidate more).
 */
export function tfEnhanced(histogram: Histogram, format: GridFormat, singles: boolean): Encoding {
  const { bits, symmetry } = format;
  const steps = 2 ** bits - 1 - (symmetry === 'strict' ? 1 : 0);
  const [low, high] = observedRange(histogram);
  const candidates =
    symmetry === 'asymmetric'
      ? asymmetricCandidates(low, high, steps)
      : symmetricCandidates(low, high, steps, symmetry === 'unsigned', singles);
  const cost = new ClippingCost(histogram);
  let best: Candidate | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const error = cost.of(candidate, 2 ** bits - 1);
    if (error >= least) continue;
    best = candidate;
    least = error;
  }
  if (!best) throw new Error('the histogram has no grid with a finite error');
  return encodingFrom(best, bits, steps);
}

/** What AIMET gives where only zeros were seen: -1 to 1. */
export function tfEnhancedOfZeros({ bits, symmetry }: GridFormat): Encoding {
  const steps = 2 ** bits - 1;
  const scale = 2 / steps;
  const lowest = Math.floor(-1 / scale);
  return encodingFrom({ scale, lowest }, bits, steps - (symmetry === 'strict' ? 1 : 0));
}

function encodingFrom({ scale, lowest }: Candidate, bits: number, steps: number): Encoding {
  const highest = lowest + steps;
  return {
    bits,
    min: lowest * scale + 0,
    max: highest * scale,
    scale,
    lowest: lowest + 0,
    highest,
  };
}

function observedRange({ start, width, counts }: Histogram): [low: number, high: number] {
  const first = counts.findIndex((p) => p > 0);
  const last = counts.findLastIndex((p) => p > 0);
  const low = Math.min(start + first * width, 0);
  const high = Math.max(start + last * width, 0);
  return [low, Math.max(high, low + leastRange)];
}

function asymmetricCandidates(min: number, max: number, steps: number): Candidate[] {
  const whole = (max - min) / steps;
  const lowest = awayFromZero(min / whole);
  const low = whole * lowest;
  const high = whole * (lowest + steps);
  const candidates: Candidate[] = [];
  for (let f = 1; f <= 17; f++) {
    for (let i = 0; i <= 20; i++) {
      const scale = (f / 16) * whole;
      const level = Math.trunc(-steps + (steps / 20) * i);
      const bottom = scale * level;
      const top = scale * (level + steps);
      if (bottom < low && top > high) continue;
      const a = Math.max(bottom, low);
      const b = Math.min(top, high);
      if (a === b) continue;
      const fitted = (b - a) / steps;
      candidates.push({ scale: fitted, lowest: awayFromZero(a / fitted) });
    }
  }
  return [...candidates, { scale: whole, lowest }];
}

function symmetricCandidates(
  min: number,
  max: number,
  steps: number,
  isUnsigned: boolean,
  singles: boolean,
): Candidate[] {
  const fromZero = isUnsigned && min === 0;
  const whole = fromZero ? max / steps : Math.max(-min, max) / (steps / 2);
  const lowest = fromZero ? 0 : Math.floor(-steps / 2);
  const stored = singles ? Math.fround : (x: number): number => x;
  const candidates: Candidate[] = [];
  for (let f = stored(0.01); f <= stored(1.01); f = stored(f + stored(0.01))) {
    candidates.push({ scale: f * whole, lowest });
  }
  return candidates;
}

/** The cost function of section 6.5. */
class ClippingCost {
  /** For each bin, how many before it are not empty. */
  readonly #usedBefore: Int32Array;
  readonly #middles: Float64Array;
  readonly #parts: Float64Array;

  /** Empty bins cost nothing and are left out. */
  constructor(private readonly histogram: Histogram) {
    const { counts } = histogram;
    const used = [...counts.keys()].filter((i) => counts[i]! > 0);
    this.#middles = Float64Array.from(used, (i) => this.#middle(i));
    this.#parts = Float64Array.from(used, (i) => counts[i]!);
    this.#usedBefore = new Int32Array(counts.length);
    for (let i = 1; i < counts.length; i++) {
      this.#usedBefore[i] = this.#usedBefore[i - 1]! + (counts[i - 1]! > 0 ? 1 : 0);
    }
  }

  of({ scale, lowest }: Candidate, levels: number): number {
    const from = this.#binOf(scale * lowest);
    const to = this.#binOf(scale * (lowest + levels));
    const bottom = this.#middle(from);
    const top = this.#middle(to);
    const middles = this.#middles;
    const parts = this.#parts;
    const first = this.#usedBefore[from]!;
    const end = Math.max(first, this.#usedBefore[to]!);
    let clipped = 0;
    for (let k = 0; k < first; k++) clipped += parts[k]! * (middles[k]! - bottom) ** 2;
    for (let k = end; k < parts.length; k++) clipped += parts[k]! * (middles[k]! - top) ** 2;
    let rounded = 0;
    for (let k = first; k < end; k++) {
      const middle = middles[k]!;
      const t = middle / scale - lowest;
      // to the nearest, halves away from zero
      const level = t < 0 ? -Math.floor(0.5 - t) : Math.floor(t + 0.5);
      const error = middle - scale * (level + lowest);
      rounded += parts[k]! * error * error;
    }
    return clippingWeight * clipped + rounded;
  }

  #binOf(value: number): number {
    const { start, width, counts } = this.histogram;
    return Math.min(Math.max(Math.floor((value - start) / width), 0), counts.length - 1);
  }

  #middle(bin: number): number {
    return this.histogram.start + (bin + 0.5) * this.histogram.width;
  }
}
