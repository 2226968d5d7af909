import { weightsWasm } from './weightsWasm.ts';

/** What this needs of its surroundings; the libraries of the type checker have it only for pages. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown };
};
declare const atob: (text: string) => string;

/** The loops of .scripts/kernels, over the memory that they share; addresses are in bytes. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  rowRanges(at: number, rows: number, length: number, low: number, high: number): void;
  singleRanges(at: number, rows: number, low: number, high: number): void;
  scaleRows: OverRows;
  rowAndColumnMaxima: OverRows;
  allFinite(at: number, count: number): number;
  runMaxima(at: number, runs: number, taps: number, tops: number): void;
  raiseRows: OverRows;
  rowSums(
    at: number,
    rows: number,
    length: number,
    taps: number,
    sums: number,
    byColumn: number,
    first: number,
    group: number,
  ): void;
  readonly multiply: OnPairs;
  readonly divide: OnPairs;
  addQuotient(p: number, q: number, count: number, divisor: number): void;
  readonly subtract: OnPairs;
  readonly lower: OnPairs;
  readonly raise: OnPairs;
  multiplyAll(p: number, count: number, factor: number): void;
  affine(p: number, q: number, r: number, count: number): void;
  countEqual(p: number, count: number, value: number): number;
  extremes(p: number, count: number, to: number): void;
  areFinite(p: number, count: number): number;
  keepMarked(p: number, marks: number, count: number): void;
  repeat(p: number, count: number, times: number, to: number): void;
  batchNorm(
    gamma: number,
    beta: number,
    mean: number,
    variance: number,
    count: number,
    epsilon: number,
  ): void;
  scaleFactors(p: number, apart: number, ranges: number, count: number, smallest: number): void;
  limit(p: number, q: number, r: number, s: number, count: number, balanced: number): number;
  absorbable(
    gamma: number,
    beta: number,
    scale: number,
    absorbed: number,
    cap: number,
    count: number,
    sigmas: number,
    isRelu: number,
  ): void;
  tapSums(at: number, ...layoutAndPlaces: readonly number[]): void;
  largestTapSum(sums: number, runs: number, taps: number, marked: number): number;
  freeInputs(at: number, ...layoutAndPlaces: readonly number[]): void;
}

/** Over rows of `length`, one after the other; `first` is the number of the first. */
type OverRows = (
  at: number,
  rows: number,
  length: number,
  byRow: number,
  byColumn: number,
  first: number,
  group: number,
) => void;

/** Over the doubles at two places, one a channel. */
export type OnPairs = (p: number, q: number, count: number) => void;

/** Where what belongs to channels lies in the memory, and behind it singles of weights. */
export const channelsAt = 1024;
export const channelBytes = 2 ** 19;
export const singlesAt = channelsAt + channelBytes;
/** Singles of a weight that are taken at a time: 4 MB. */
export const roomSingles = 2 ** 20;

const pageBytes = 65536;

/** Null: the processor lacks SIMD; undefined: nobody asked yet. */
let exported: KernelExports | null | undefined;

/** The kernels of this process; null where the processor lacks SIMD. */
export function kernelModule(): KernelExports | null {
  if (exported === undefined) exported = load();
  return exported;
}

function load(): KernelExports | null {
  try {
    const module = new WebAssembly.Module(bytesOf(atob(weightsWasm)));
    const imports = { env: { 'Math.cbrt': Math.cbrt } };
    const kernels = new WebAssembly.Instance(module, imports).exports as KernelExports;
    const { memory } = kernels;
    const missing = singlesAt + 4 * roomSingles - memory.buffer.byteLength;
    memory.grow(Math.ceil(missing / pageBytes));
    return kernels;
  } catch {
    return null;
  }
}

/** In a loop of its own: `Uint8Array.from` takes twice as long. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
