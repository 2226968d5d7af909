import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { absMax } from './absMax.ts';
import { maximaOfBits } from './maximaOfBits.ts';
import { raiseRows, RunningMaxima } from './runningMaxima.ts';
import { scaleRows } from './scaleRows.ts';
import { WeightKernels } from './weightKernels.ts';

/**
 * Calls `visit` for each run of kernel positions: (global output channel, global input channel,
 * offset of its first element); the run has `layout.taps` consecutive elements. For code that is
 * not called a million times; the kernels below have their own loops.
 */
export function forEachRun(
  layout: WeightLayout,
  visit: (out: number, input: number, offset: number) => void,
): void {
  const { groups, outPerGroup, inPerGroup, stride } = layout;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      for (let i = 0; i < inPerGroup; i++) {
        visit(g * outPerGroup + o, g * inPerGroup + i, g * stride.g + o * stride.o + i * stride.i);
      }
    }
  }
}

/**
 * Largest |w| of each output channel, each element times `byInput` (> 0) of its input channel.
 * Without `byInput`, NaN where an element is NaN.
 */
export function absMaxByOutput(
  w: FloatArray,
  layout: WeightLayout,
  byInput?: ArrayLike<number>,
): Float64Array {
  const matrix = matrixOf(layout);
  return matrix.rowsAreOutputs ? maxByRow(w, matrix, byInput) : maxByColumn(w, matrix, byInput);
}

/**
 * Largest |w| of each input channel, each element times `byOutput` (> 0) of its output channel.
 * Without `byOutput`, NaN where an element is NaN.
 */
export function absMaxByInput(
  w: FloatArray,
  layout: WeightLayout,
  byOutput?: ArrayLike<number>,
): Float64Array {
  const matrix = matrixOf(layout);
  return matrix.rowsAreOutputs ? maxByColumn(w, matrix, byOutput) : maxByRow(w, matrix, byOutput);
}

/** Largest |w| of each output and of each input channel, NaN where an element is NaN. */
export interface ChannelMaxima {
  readonly output: Float64Array;
  readonly input: Float64Array;
}

/** `absMaxByOutput` and `absMaxByInput` in one go, for a weight that both are wanted of. */
export function absMaxByBoth(w: FloatArray, layout: WeightLayout): ChannelMaxima {
  const { groups, rows, columns, taps, rowsAreOutputs } = matrixOf(layout);
  if (!(w instanceof Float32Array) || taps > 1) {
    return { output: absMaxByOutput(w, layout), input: absMaxByInput(w, layout) };
  }
  const row = new Int32Array(groups * rows);
  const column = new Int32Array(groups * columns);
  if (!WeightKernels.shared()?.maxima(w, rows, columns, row, column)) {
    maximaOfBits(new Int32Array(w.buffer, w.byteOffset, w.length), rows, columns, row, column);
  }
  const output = rowsAreOutputs ? row : column;
  const input = rowsAreOutputs ? column : row;
  return { output: floatsOf(output), input: floatsOf(input) };
}

const floatsOf = (bits: Int32Array): Float64Array =>
  new Float64Array(new Float32Array(bits.buffer));

/**
 * A new weight: each element times `byOutput` of its output channel and `byInput` of its input
 * channel (absent: 1). Products in double, stored in the type of `w`, in `out` if it is given.
 */
export function scaleChannels(
  w: FloatArray,
  layout: WeightLayout,
  byOutput?: ArrayLike<number>,
  byInput?: ArrayLike<number>,
  out: FloatArray = emptyLike(w),
): FloatArray {
  const { groups, rows, columns, taps, rowsAreOutputs } = matrixOf(layout);
  const [byRow, byColumn] = rowsAreOutputs ? [byOutput, byInput] : [byInput, byOutput];
  const length = columns * taps;
  const rowFactors = doubles(byRow, groups * rows);
  const columnFactors = doubles(byColumn, groups * columns);
  if (!scaledFast(out, w, rows, length, taps, rowFactors, columnFactors)) {
    scaleRows(out, w, rows, length, rowFactors, spread(columnFactors, taps));
  }
  return out;
}

const scaledFast = (out: FloatArray, w: FloatArray, ...rest: MatrixFactors): boolean =>
  w instanceof Float32Array &&
  out instanceof Float32Array &&
  WeightKernels.shared()?.scale(out, w, ...rest) === true;

type MatrixFactors = [
  rows: number,
  length: number,
  taps: number,
  byRow: Float64Array,
  byColumn: Float64Array,
];

/** The numbers as doubles; absent: ones. */
function doubles(values: ArrayLike<number> | undefined, count: number): Float64Array {
  if (values instanceof Float64Array) return values;
  return values ? new Float64Array(values) : new Float64Array(count).fill(1);
}

/** An array of the type and length of another. */
export const emptyLike = (w: FloatArray): FloatArray =>
  w instanceof Float32Array ? new Float32Array(w.length) : new Float64Array(w.length);

/** Sum over input channels and kernel positions of w * perInput[input], per output channel. */
export function weightedSums(
  w: FloatArray,
  layout: WeightLayout,
  perInput: ArrayLike<number>,
): Float64Array {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const sums = new Float64Array(groups * outPerGroup);
  if (w instanceof Float32Array && rowsAreOutputs(layout)) {
    const factors = doubles(perInput, groups * inPerGroup).subarray(0, groups * inPerGroup);
    if (WeightKernels.shared()?.sums(w, outPerGroup, inPerGroup, taps, factors, sums)) return sums;
  }
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inPerGroup; i++) {
      const factor = perInput[g * inPerGroup + i]!;
      if (factor === 0) continue;
      let at = g * stride.g + i * stride.i;
      for (let o = g * outPerGroup; o < (g + 1) * outPerGroup; o++) {
        let sum = 0;
        for (let k = at; k < at + taps; k++) sum += w[k]!;
        sums[o]! += sum * factor;
        at += stride.o;
      }
    }
  }
  return sums;
}

/**
 * A weight as its elements lie in memory: in each group `rows` of channels of one side, each with
 * `columns` of channels of the other side, `taps` elements each, nothing between. Every layout of
 * algorithms.md section 0 is of this kind.
 */
interface Matrix {
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
  readonly groupStride: number;
  readonly rowsAreOutputs: boolean;
}

/** True where the elements of an output channel lie together, not those of an input channel. */
export const rowsAreOutputs = ({ inPerGroup, taps, stride }: WeightLayout): boolean =>
  stride.i === taps && (stride.o !== taps || inPerGroup === 1);

function matrixOf(layout: WeightLayout): Matrix {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const areOutputs = rowsAreOutputs(layout);
  const rows = areOutputs ? outPerGroup : inPerGroup;
  const columns = areOutputs ? inPerGroup : outPerGroup;
  return { groups, rows, columns, taps, groupStride: stride.g, rowsAreOutputs: areOutputs };
}

/** The factor of each element of a row: that of its column, repeated for every kernel position. */
function spread(factors: Float64Array, taps: number): Float64Array {
  if (taps === 1) return factors;
  const out = new Float64Array(factors.length * taps);
  for (let c = 0, k = 0; c < factors.length; c++) {
    const factor = factors[c]!;
    for (const end = k + taps; k < end; k++) out[k] = factor;
  }
  return out;
}

/** Largest |w| of each row, times the factors of the columns. */
function maxByRow(w: FloatArray, matrix: Matrix, byColumn?: ArrayLike<number>): Float64Array {
  const { groups, rows, columns, taps } = matrix;
  const top = new Float64Array(groups * rows);
  const length = columns * taps;
  if (byColumn) raise(w, rows, length, taps, doubles(byColumn, groups * columns), top);
  else for (let r = 0; r < top.length; r++) top[r] = absMax(w, r * length, (r + 1) * length);
  return top;
}

function raise(
  w: FloatArray,
  rows: number,
  length: number,
  taps: number,
  byColumn: Float64Array,
  top: Float64Array,
): void {
  const kernels = w instanceof Float32Array ? WeightKernels.shared() : null;
  const isDone = kernels?.raise(w as Float32Array, rows, length, taps, byColumn, top);
  if (isDone !== true) raiseRows(w, rows, length, spread(byColumn, taps), top);
}

/** Largest |w| of each column, times the factors of the rows. */
function maxByColumn(w: FloatArray, matrix: Matrix, byRow?: ArrayLike<number>): Float64Array {
  const { groups, rows, columns, taps, groupStride } = matrix;
  const length = columns * taps;
  const tops = new RunningMaxima(w, groups * length);
  for (let g = 0; g < groups; g++) {
    for (let r = 0; r < rows; r++) {
      tops.add(g * groupStride + r * length, length, g * length, byRow?.[g * rows + r]);
    }
  }
  const all = tops.finish();
  if (taps === 1) return all;
  const top = new Float64Array(groups * columns);
  for (let c = 0; c < top.length; c++) top[c] = absMax(all, c * taps, (c + 1) * taps);
  return top;
}
