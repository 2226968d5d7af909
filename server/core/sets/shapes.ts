import type { Graph } from '../graph/graph.ts';
import { GrowingIntervals } from '../graph/intervals.ts';
import { inferShapes } from '../graph/shapes.ts';
import type { ShapeOf } from './channelPlace.ts';
import type { IntervalOf } from './limits.ts';

/** Shapes of a graph's values, worked out when the first is asked for. */
export const lazyShapes =
  (graph: Graph): ShapeOf =>
  (value) =>
    inferShapes(graph).get(value);

/** Bounds of a graph's values, worked out (weights read) as far as they are asked for. */
export function lazyIntervals(graph: Graph): IntervalOf {
  let intervals: GrowingIntervals | undefined;
  return (value) => (intervals ??= new GrowingIntervals(graph, inferShapes(graph))).get(value);
}
