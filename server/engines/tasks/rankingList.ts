import type { EngineTensor } from '../engine.ts';
import type { ReductionResult } from '../sampleTask.ts';
import { asNumbers, type Numbers } from './numbers.ts';

/** The largest elements of each row of each sample. NaN counts as -Infinity. */
export class RankingList {
  readonly #index: number[] = [];
  readonly #ranking: Int32Array[] = [];
  #isFlat = true;

  constructor(private readonly top: number) {}

  add(index: number, { dims, values }: EngineTensor): void {
    const rows = dims.length > 1 ? (dims[0] ?? 1) : 1;
    const length = rows === 0 ? 0 : values.length / rows;
    const kept = Math.min(this.top, length);
    this.#isFlat &&= length > 1 && dims.includes(length);
    const ranking = new Int32Array(rows * this.top).fill(-1);
    const numbers = asNumbers(values);
    for (let row = 0; row < rows; row++) {
      rank(numbers, row * length, length, ranking.subarray(row * this.top, row * this.top + kept));
    }
    this.#index.push(index);
    this.#ranking.push(ranking);
  }

  result(): Omit<Extract<ReductionResult, { kind: 'ranking' }>, 'kind'> {
    const index = Int32Array.from(this.#index);
    return { index, ranking: this.#ranking, isFlat: this.#isFlat };
  }
}

/** Fills `out` with the places of the largest elements, largest first; of equal ones the first. */
function rank(values: Numbers, from: number, length: number, out: Int32Array): void {
  const at = (place: number): number => {
    const value = values[from + place]!;
    return value === value ? value : -Infinity;
  };
  let filled = 0;
  for (let i = 0; i < length; i++) {
    const value = at(i);
    if (filled === out.length && !(filled > 0 && value > at(out[filled - 1]!))) continue;
    let place = filled < out.length ? filled++ : filled - 1;
    for (; place > 0 && value > at(out[place - 1]!); place--) out[place] = out[place - 1]!;
    out[place] = i;
  }
}
