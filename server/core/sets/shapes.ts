import type { Graph } from '../graph/graph.ts';
import { channelIntervals } from '../graph/intervals.ts';
import { inferShapes } from '../graph/shapes.ts';
import type { ShapeOf } from './channelPlace.ts';
import type { IntervalOf } from './limits.ts';

/** Shapes of a graph's values, worked out when the first is asked for. */
export function lazyShapes(graph: Graph): ShapeOf {
  let shapes: ReturnType<typeof inferShapes> | undefined;
  return (value) => (shapes ??= inferShapes(graph)).get(value);
}

/** Bounds of a graph's values, worked out when the first is asked for: every weight is read then. */
export function lazyIntervals(graph: Graph): IntervalOf {
  let intervals: ReturnType<typeof channelIntervals> | undefined;
  return (value) => (intervals ??= channelIntervals(graph, inferShapes(graph))).get(value);
}
