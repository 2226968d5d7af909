import { channelOrderOf, moveBetween, type ChannelMove } from '../core/graph/channelOrder.ts';
import type { Dimension, Graph } from '../core/graph/graph.ts';
import type { RunnableModel } from './context.ts';

/**
 * What brings a value of one model to where another has the channels of its twin; undefined: it is
 * alike, or nothing is known. Between graphs of one file nothing moves.
 */
export function moveOfValue(
  from: RunnableModel & { readonly value: string },
  to: RunnableModel & { readonly value: string },
): ChannelMove | undefined {
  if (from.document === to.document) return undefined;
  const side = ({ graph, value }: typeof from): Parameters<typeof moveBetween>[0] => ({
    shape: shapeOf(graph, value),
    order: channelOrderOf(graph, value),
  });
  const move = moveBetween(side(from), side(to));
  return move === 'none' ? undefined : move;
}

const shapeOf = (graph: Graph, value: string): readonly Dimension[] | undefined =>
  (graph.outputs.find(({ name }) => name === value) ?? graph.values.get(value))?.shape;
