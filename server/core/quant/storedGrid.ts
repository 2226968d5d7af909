import type { ElementType } from '../graph/tensor.ts';
import type { EncodingSet, TensorEncoding } from './tensorEncoding.ts';

/** The integers that a grid is stored in. */
export interface StoredGrid {
  readonly type: Extract<
    ElementType,
    'int4' | 'uint4' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32'
  >;
  /** One for each scale; all 0 for signed types. */
  readonly zeroPoints: readonly number[];
  /** The grid has fewer levels than the type: values have to be clipped first. */
  readonly isNarrower: boolean;
}

/**
 * The ONNX integer type of an encoding: signed with zero point 0 for symmetric grids that fit it,
 * else unsigned with zero point -lowest. Constants of up to 4 bits take int4 where `hasInt4`;
 * other widths the next wider type. Undefined where a grid does not contain zero or is too wide.
 */
export function storedGrid(
  { kind, isSymmetric, grids: { bits, lowest, highest } }: TensorEncoding,
  hasInt4: boolean,
): StoredGrid | undefined {
  const width =
    bits > 16 ? 32 : bits > 8 ? 16 : bits > 4 || kind === 'activation' || !hasInt4 ? 8 : 4;
  const levels = 2 ** width;
  const least = lowest.reduce((a, b) => Math.min(a, b), 0);
  const most = highest.reduce((a, b) => Math.max(a, b), 0);
  const isNarrower = lowest.some((low, c) => (highest[c] ?? 0) - low + 1 < levels);
  const fitsSigned = least >= -levels / 2 && most < levels / 2;
  if (fitsSigned && (isSymmetric || width === 32) && least < 0) {
    const zeroPoints = Array.from(lowest, () => 0);
    return { type: width === 32 ? 'int32' : `int${width}`, zeroPoints, isNarrower };
  }
  if (width === 32) return undefined;
  const zeroPoints = Array.from(lowest, (low) => 0 - low);
  const fits = zeroPoints.every(
    (zero, c) => zero >= 0 && zero < levels && (highest[c] ?? 0) + zero < levels,
  );
  return fits ? { type: `uint${width}`, zeroPoints, isNarrower } : undefined;
}

/** The same grids with their scales as files keep them, in float32. */
export const storedEncodings = (encodings: EncodingSet): EncodingSet =>
  new Map(
    [...encodings].map(([name, encoding]) => {
      const { grids } = encoding;
      return [name, { ...encoding, grids: { ...grids, scale: grids.scale.map(Math.fround) } }];
    }),
  );
