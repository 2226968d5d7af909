import type { Graph } from '../core/graph/graph.ts';

/** How many classes the model tells apart, where its only output says so. */
export function classCountOf({ outputs }: Graph): number | undefined {
  const [only, ...more] = outputs;
  const size = more.length === 0 ? only?.shape?.at(-1) : undefined;
  return typeof size === 'number' && size > 1 && only?.shape?.length === 2 ? size : undefined;
}
