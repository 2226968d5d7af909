import { minus } from './numbers.ts';

/** Maps a value to a pixel and carries the ticks of its axis. Values outside are held at the ends. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  readonly ticks: readonly number[];
}

/** A linear scale with about `wanted` round ticks. */
export function linear(
  domain: readonly [number, number],
  range: readonly [number, number],
  wanted = 4,
): Scale {
  const [a, b] = domain;
  const [from, to] = range;
  const at = (value: number): number =>
    from + ((Math.min(b, Math.max(a, value)) - a) / (b - a || 1)) * (to - from);
  return Object.assign(at, { domain, range, ticks: roundTicks(a, b, wanted) });
}

/** A scale of powers of ten; `domain` is above 0. Its ticks are the whole powers. */
export function log(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [a, b] = domain;
  const [from, to] = range;
  const [low, high] = [Math.log10(a), Math.log10(b)];
  const at = (value: number): number =>
    from + ((Math.log10(Math.min(b, Math.max(a, value))) - low) / (high - low || 1)) * (to - from);
  const ticks: number[] = [];
  for (let power = Math.ceil(low - 1e-9); power <= Math.floor(high + 1e-9); power++)
    ticks.push(powerOfTen(power));
  return Object.assign(at, { domain, range, ticks });
}

/** `0.01`, `100`, `10⁴`: the label of a tick. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size < 1e4 && size >= 1e-3))
    return minus(String(Number(value.toPrecision(6))));
  const power = Math.log10(size);
  if (Number.isInteger(Number(power.toFixed(9)))) return `10${superscript(Math.round(power))}`;
  return minus(value.toPrecision(2).replace('e+', 'e'));
}

/** Ticks thinned to every second, third, ... so that at most `most` are left; the last one stays. */
export function thinned(ticks: readonly number[], most: number): readonly number[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, i) => (ticks.length - 1 - i) % every === 0);
}

/** The whole powers of ten around `low` and `high`, at least one decade. */
export function decades(low: number, high: number): readonly [number, number] {
  const bottom = Math.floor(Math.log10(low) + 1e-9);
  const top = Math.ceil(Math.log10(high) - 1e-9);
  return [powerOfTen(bottom), powerOfTen(Math.max(top, bottom + 1))];
}

/** The double nearest to a power of ten; `10 ** -5` is one below it in V8. */
const powerOfTen = (power: number): number => Number(`1e${power}`);

/** Cut points of sorted values, nearest rank; `cuts` from 0 to 1. */
export function quantiles(values: readonly number[], cuts: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return cuts.map((cut) => sorted[Math.round(cut * (sorted.length - 1))] ?? NaN);
}

function roundTicks(a: number, b: number, wanted: number): number[] {
  const rough = (b - a) / wanted;
  if (!(rough > 0) || !Number.isFinite(rough)) return [a];
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((size) => size >= rough - 1e-9 * unit);
  const size = step ?? 10 * unit;
  const ticks: number[] = [];
  for (let i = Math.ceil(a / size - 1e-9); i * size <= b + 1e-9 * size; i++)
    ticks.push(Number((i * size).toPrecision(12)));
  return ticks;
}

const superscript = (power: number): string =>
  minus(String(power)).replace(/[−\d]/g, (c) => (c === '−' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? c)));
