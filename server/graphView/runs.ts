import type { Outline } from './outline.ts';

/** Boxes that are laid out as one: a chain without a branch, from top to bottom. */
export interface Runs {
  readonly runs: readonly (readonly number[])[];
  /** Between runs, as positions in `runs`. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** Every box by itself. */
export const singleRuns = ({ boxes, edges }: Outline): Runs => ({
  runs: boxes.map((_, i) => [i]),
  edges,
});

/** Takes each chain in which nothing else comes in or goes out as one. */
export function contractRuns({ boxes, edges }: Pick<Outline, 'boxes' | 'edges'>): Runs {
  const next = new Map<number, number>();
  const [outs, ins] = [new Uint32Array(boxes.length), new Uint32Array(boxes.length)];
  for (const [from, to] of edges) {
    outs[from] = (outs[from] ?? 0) + 1;
    ins[to] = (ins[to] ?? 0) + 1;
  }
  const isInside = new Uint8Array(boxes.length);
  for (const [from, to] of edges) {
    if (outs[from] !== 1 || ins[to] !== 1) continue;
    next.set(from, to);
    isInside[to] = 1;
  }
  const runs: number[][] = [];
  const runOf = new Uint32Array(boxes.length);
  for (let first = 0; first < boxes.length; first++) {
    if (isInside[first]) continue;
    const run: number[] = [];
    for (let at: number | undefined = first; at !== undefined; at = next.get(at)) {
      runOf[at] = runs.length;
      run.push(at);
    }
    runs.push(run);
  }
  const between = edges.filter(([from, to]) => next.get(from) !== to);
  return { runs, edges: between.map(([from, to]) => [runOf[from] ?? 0, runOf[to] ?? 0]) };
}
