import type { WeightLayout } from '../graph/layer.ts';
import { rowsAreOutputs } from './channels.ts';

/** A part of a weight that is a weight itself: some of its groups, or some rows of channels. */
export interface Chunk {
  readonly layout: WeightLayout;
  /** Its elements, from the first to behind the last. */
  readonly start: number;
  readonly end: number;
  /** Its first channels, counted in the whole weight. */
  readonly firstOutput: number;
  readonly firstInput: number;
}

/** Elements that a kernel may take at once: some 5 ms (house rule: a checkpoint between). */
const mostElements = 1 << 20;

/** A weight in parts of at most `most` elements, but for rows longer than that. */
export function chunksOf(layout: WeightLayout, most = mostElements): Chunk[] {
  const { groups, outPerGroup, inPerGroup, taps } = layout;
  const perGroup = outPerGroup * inPerGroup * taps;
  const whole = { layout, start: 0, end: groups * perGroup, firstOutput: 0, firstInput: 0 };
  if (whole.end <= most) return [whole];
  if (groups > 1) {
    return pieces(groups, most / perGroup).map(([from, count]) => ({
      layout: { ...layout, groups: count },
      start: from * perGroup,
      end: (from + count) * perGroup,
      firstOutput: from * outPerGroup,
      firstInput: from * inPerGroup,
    }));
  }
  const areOutputs = rowsAreOutputs(layout);
  const rows = areOutputs ? outPerGroup : inPerGroup;
  const length = perGroup / rows;
  return pieces(rows, most / length).map(([from, count]) => ({
    layout: areOutputs ? { ...layout, outPerGroup: count } : { ...layout, inPerGroup: count },
    start: from * length,
    end: (from + count) * length,
    firstOutput: areOutputs ? from : 0,
    firstInput: areOutputs ? 0 : from,
  }));
}

function pieces(count: number, wanted: number): (readonly [from: number, count: number])[] {
  const step = Math.max(1, Math.floor(wanted));
  return Array.from({ length: Math.ceil(count / step) }, (_, at) => {
    return [at * step, Math.min(step, count - at * step)] as const;
  });
}
