/**
 * Calls a loop for some thousand elements at a time: a function that is called often is compiled as
 * a whole, while one that is entered in the middle of a long loop can stay slow for good. `unit`:
 * parts are whole multiples of it, one at least.
 */
export function inParts(length: number, loop: (from: number, to: number) => void, unit = 1): void {
  const part = unit * Math.max(1, Math.floor(4096 / unit));
  for (let from = 0; from < length; from += part) loop(from, Math.min(length, from + part));
}
