import { intsAttribute, type Dimension } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import {
  paddingOf,
  transposedPaddingOf,
  windowsOf,
  type AxisPadding,
  type AxisWindow,
} from '../graph/padding.ts';

/** Which kernel positions of an axis see the input, for some of the output positions. */
interface AxisPattern {
  readonly isSeen: readonly boolean[];
  readonly count: number;
}

/** Kernel positions (row-major) that the output positions of a layer see. */
export interface TapPattern {
  readonly isSeen: readonly boolean[];
  /** Share of the output positions. */
  readonly share: number;
}

/** The visibility of a layer's kernel positions. */
export interface TapView {
  readonly patterns: readonly TapPattern[];
  /** False where sizes were not known, and shares are those of a large input. */
  readonly isMeasured: boolean;
}

/**
 * What the output positions of a convolution see of its input: beside the input they see padding
 * (algorithms.md 1.4 and 4 R). `extra` is zero padding by a Pad node before it, one pair an axis.
 */
export function tapView(
  layer: Layer,
  input: readonly Dimension[] | undefined,
  extra: readonly AxisPadding[] | undefined,
): TapView {
  if (layer.kind === 'gemm' || layer.kind === 'matMul') {
    return { patterns: [{ isSeen: [true], share: 1 }], isMeasured: true };
  }
  const kernel = layer.weight.dims.slice(2);
  const windows = windowsOf(layer.node, kernel);
  const isTransposed = layer.kind === 'convTranspose';
  const padding = (isTransposed ? transposedPaddingOf : paddingOf)(layer.node, kernel, input);
  let isMeasured = true;
  const axes = windows.map((window, axis) => {
    const size = input?.[axis + 2];
    const pad = padding[axis];
    if (typeof size !== 'number' || !pad) isMeasured = false;
    const own = pad ?? assumedPadding(window);
    const more = extra?.[axis] ?? [0, 0];
    if (isTransposed) {
      const added = intsAttribute(layer.node, 'output_padding')?.[axis] ?? 0;
      return transposedPatterns(window, own, more, size, added);
    }
    // The input of the layer already has what a Pad node added.
    const bare = typeof size === 'number' ? size - more[0] - more[1] : undefined;
    return convPatterns(window, [own[0] + more[0], own[1] + more[1]], bare);
  });
  return { patterns: product(axes), isMeasured };
}

/** 1 for each kernel position that some output position does not see. */
export function hiddenTaps(view: TapView): Uint8Array {
  const taps = view.patterns[0]?.isSeen.length ?? 0;
  return new Uint8Array(taps).map((_, tap) =>
    view.patterns.some(({ isSeen }) => !isSeen[tap]) ? 1 : 0,
  );
}

/** Share of the output positions that do not see every kernel position. */
export const shareAtBorder = (view: TapView): number =>
  view.patterns.reduce((sum, { isSeen, share }) => (isSeen.every(Boolean) ? sum : sum + share), 0);

const assumedPadding = ({ kernel, dilation }: AxisWindow): AxisPadding => {
  const total = dilation * (kernel - 1);
  return [Math.ceil(total / 2), Math.ceil(total / 2)];
};

function convPatterns(
  { kernel, stride, dilation }: AxisWindow,
  [before, after]: AxisPadding,
  size: Dimension,
): AxisPattern[] {
  if (before === 0 && after === 0) {
    return [{ isSeen: new Array<boolean>(kernel).fill(true), count: 1 }];
  }
  const extent = dilation * (kernel - 1) + 1;
  // Large, and such that the last window ends where the padding ends: the worst there is.
  const n = typeof size === 'number' ? size : stride * 64 + extent - before - after;
  const count = Math.floor((n + before + after - extent) / stride) + 1;
  // From the first position that begins in the input to the last that ends there, all is seen.
  const inside = Math.floor((n + before - extent) / stride) + 1;
  return counted(kernel, count, [Math.ceil(before / stride), inside], (position, tap) => {
    const at = position * stride - before + tap * dilation;
    return at >= 0 && at < n;
  });
}

function transposedPatterns(
  { kernel, stride, dilation }: AxisWindow,
  [before, after]: AxisPadding,
  zeros: AxisPadding,
  size: Dimension,
  added: number,
): AxisPattern[] {
  const n = typeof size === 'number' ? size : 64 + zeros[0] + zeros[1];
  const count = (n - 1) * stride + dilation * (kernel - 1) + 1 + added - before - after;
  return counted(kernel, count, [0, 0], (position, tap) => {
    const at = position + before - tap * dilation;
    return at % stride === 0 && at / stride >= zeros[0] && at / stride < n - zeros[1];
  });
}

/** The patterns of `count` positions; those from `from` to `to` see every tap. */
function counted(
  kernel: number,
  count: number,
  [from, to]: readonly [number, number],
  isSeen: (position: number, tap: number) => boolean,
): AxisPattern[] {
  const found: { isSeen: boolean[]; count: number }[] = [];
  const seen = new Array<boolean>(kernel);
  const isSame = (pattern: { isSeen: boolean[] }): boolean =>
    pattern.isSeen.every((yes, tap) => yes === seen[tap]);
  for (let position = 0; position < count; position++) {
    for (let tap = 0; tap < kernel; tap++) seen[tap] = isSeen(position, tap);
    const known = found.findLast(isSame);
    const alike = position >= from && position < to ? Math.min(count, to) - position : 1;
    if (known) known.count += alike;
    else found.push({ isSeen: seen.slice(), count: alike });
    position += alike - 1;
  }
  return found;
}

/** Patterns of all axes together: a position is seen when it is seen on every axis. */
function product(axes: readonly (readonly AxisPattern[])[]): TapPattern[] {
  let patterns: TapPattern[] = [{ isSeen: [true], share: 1 }];
  for (const axis of axes) {
    const total = axis.reduce((sum, { count }) => sum + count, 0);
    patterns = patterns.flatMap((pattern) =>
      axis.map((other) => ({
        isSeen: pattern.isSeen.flatMap((outer) => other.isSeen.map((inner) => outer && inner)),
        share: (pattern.share * other.count) / total,
      })),
    );
  }
  return patterns;
}
