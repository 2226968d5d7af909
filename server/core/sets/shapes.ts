import type { Graph } from '../graph/graph.ts';
import { inferShapes } from '../graph/shapes.ts';
import type { ShapeOf } from './channelPlace.ts';

/** Shapes of a graph's values, worked out when the first is asked for. */
export function lazyShapes(graph: Graph): ShapeOf {
  let shapes: ReturnType<typeof inferShapes> | undefined;
  return (value) => (shapes ??= inferShapes(graph)).get(value);
}
