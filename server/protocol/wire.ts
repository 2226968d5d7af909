/** JSON turns Infinity and NaN into null; these survive the trip. */
export type WireNumber = number | 'inf' | '-inf' | 'nan';

export const toWire = (x: number): WireNumber =>
  Number.isFinite(x) ? x : Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';

export const fromWire = (x: WireNumber): number =>
  typeof x === 'number' ? x : x === 'nan' ? NaN : x === 'inf' ? Infinity : -Infinity;
