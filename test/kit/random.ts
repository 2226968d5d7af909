/** Seeded random numbers: same seed, same numbers, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next number of [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** `count` numbers of [low, high), as float32. */
  uniform(count: number, low = -1, high = 1): Float32Array {
    return Float32Array.from({ length: count }, () => low + (high - low) * this.next());
  }

  /** `count` numbers of N(mean, std^2), as float32 (Box-Muller). */
  normal(count: number, mean = 0, std = 1): Float32Array {
    return Float32Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
      return mean + std * radius * Math.cos(2 * Math.PI * this.next());
    });
  }

  /** `count` integers of [low, high]. */
  ints(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }

  /** One integer of [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T;
  }
}
