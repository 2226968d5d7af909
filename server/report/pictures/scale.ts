import { countText } from '../../core/reports/words.ts';

/** From a value to a pixel of a picture. What lies outside of the axis is held at its ends. */
export interface Scale {
  (value: number): number;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** A straight axis with round ticks every `step`, or about five of them. */
export function linear(low: number, high: number, length: number, step?: number): Scale {
  const every = step ?? roundStep((high - low) / 5);
  const first = Math.ceil(low / every - 1e-9);
  const many = Math.floor(high / every + 1e-9) - first + 1;
  const ticks = Array.from({ length: many }, (_, i) =>
    Number(((first + i) * every).toPrecision(12)),
  );
  const at = (value: number): number =>
    px((length * (Math.min(high, Math.max(low, value)) - low)) / (high - low));
  return Object.assign(at, { low, high, ticks });
}

/** An axis of powers of ten, from one whole power to another. */
export function decades(lowPower: number, highPower: number, length: number): Scale {
  const step = Math.ceil((highPower - lowPower) / 7);
  const many = Math.floor((highPower - lowPower) / step) + 1;
  // `1e-5` is the double nearest to it; a power that is multiplied is not.
  const ticks = Array.from({ length: many }, (_, i) => Number(`1e${highPower - i * step}`));
  const at = (value: number): number => {
    const power = Math.log10(Math.max(value, Number.MIN_VALUE));
    const held = Math.min(highPower, Math.max(lowPower, power));
    return px((length * (held - lowPower)) / (highPower - lowPower));
  };
  const [low, high] = [Number(`1e${lowPower}`), Number(`1e${highPower}`)];
  return Object.assign(at, { low, high, ticks });
}

/** The smallest of 1, 2, 5, 10, 20, ... that is no smaller. */
export function roundStep(rough: number): number {
  const unit = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * unit >= rough * (1 - 1e-9)) ?? 10;
  return Number((factor * unit).toPrecision(12));
}

/** `0.001`, `100`, `1e−5`: a tick, short, with a true minus. */
export const tickText = (tick: number): string =>
  (tick === 0 || (Math.abs(tick) >= 1e-3 && Math.abs(tick) < 1e6)
    ? tick >= 1e3
      ? countText(tick)
      : String(Number(tick.toPrecision(6)))
    : tick.toExponential(0)
  )
    .replace('e+', 'e')
    .replace('-', '−');

/** A tenth of a pixel is more than any eye sees. */
export const px = (value: number): number => Math.round(10 * value) / 10;
