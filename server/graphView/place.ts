import { boxHeight, rowGap, runHeight, type Drawing } from './dot.ts';
import { flatten } from './flatten.ts';
import type { Runs } from './runs.ts';

/** Where every box stands and every edge runs, in pixels, y downwards. */
export interface Placed {
  readonly width: number;
  readonly height: number;
  /** Middle of each box: x and y. */
  readonly middles: readonly (readonly [x: number, y: number])[];
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    readonly points: readonly number[];
  }[];
}

/** Takes runs apart again and sets every row on its exact place. */
export function place({ runs }: Runs, drawing: Drawing): Placed {
  const rows = rowsOf(runs, drawing);
  const middles: [number, number][] = [];
  const tops: number[] = [];
  runs.forEach((run, i) => {
    const x = Math.round(drawing.middles[2 * i] ?? 0);
    const middle = rows.exact(drawing.middles[2 * i + 1] ?? 0);
    tops[i] = middle - runHeight(run.length) / 2;
    run.forEach((box, k) => {
      middles[box] = [x, (tops[i] ?? 0) + boxHeight / 2 + k * (boxHeight + rowGap)];
    });
  });
  const inside = runs.flatMap((run) =>
    run.slice(1).map((to, k) => {
      const from = run[k] ?? to;
      const [x, y] = middles[to] ?? [0, 0];
      return { from, to, points: [x, y - boxHeight / 2 - rowGap, x, y - boxHeight / 2] };
    }),
  );
  const between = drawing.curves.map((curve) => {
    const [from, to] = [runs[curve.from]?.at(-1) ?? 0, runs[curve.to]?.[0] ?? 0];
    const points = flatten(curve.points.map((v, axis) => (axis % 2 === 0 ? v : rows.exact(v))));
    // The ends are known better than five digits say them.
    const [start, end] = [middles[from]?.[1] ?? 0, middles[to]?.[1] ?? 0];
    points[1] = start + boxHeight / 2;
    points[points.length - 1] = end - boxHeight / 2;
    return { from, to, points };
  });
  const edges = [...inside, ...between];
  return { width: Math.ceil(drawing.width), height: rows.height, middles, edges };
}

/** Rows from top to bottom, and what a height that was said in five digits is exactly. */
function rowsOf(
  runs: Runs['runs'],
  { middles, height }: Drawing,
): { readonly height: number; exact(y: number): number } {
  const tallest = new Map<number, number>();
  runs.forEach((run, i) => {
    const said = middles[2 * i + 1] ?? 0;
    tallest.set(said, Math.max(tallest.get(said) ?? 0, runHeight(run.length)));
  });
  const said = [...tallest.keys()].sort((a, b) => b - a);
  const exact: number[] = [];
  let top = 0;
  said.forEach((y, i) => {
    const tall = tallest.get(y) ?? boxHeight;
    exact[i] = top + tall / 2;
    top += tall + rowGap;
  });
  const whole = Math.max(0, top - rowGap);
  const [first = 0, last = 0] = [said[0], said.at(-1)];
  return {
    height: whole,
    exact(y) {
      if (y >= first) return (exact[0] ?? 0) - (y - first);
      if (y <= last) return (exact.at(-1) ?? 0) + Math.min(last - y, height);
      let [low, high] = [0, said.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((said[middle] ?? 0) >= y) low = middle;
        else high = middle;
      }
      const [above = 0, below = 0] = [said[low], said[high]];
      const share = above === below ? 0 : (above - y) / (above - below);
      return (exact[low] ?? 0) + share * ((exact[high] ?? 0) - (exact[low] ?? 0));
    },
  };
}
