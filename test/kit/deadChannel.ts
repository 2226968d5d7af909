import type { Graph } from '../../server/core/graph/graph.ts';
import { readFloats } from '../../server/core/graph/tensorValues.ts';
import { tensor } from './graphs.ts';
import { smallMobileNet } from './mobileNet.ts';

/**
 * A small network whose first channel is always 0, and the layer behind has its largest weights
 * there: clearing makes the grid of that layer a hundred times as fine.
 */
export function withDeadChannel(seed: number): Graph {
  const graph = smallMobileNet(seed);
  const tensors = new Map(graph.tensors);
  const change = (name: string, value: (was: number) => number, count: number): void => {
    const was = tensors.get(name);
    if (!was) throw new Error(`no tensor ${name}`);
    const values = Array.from(readFloats(was), (one, at) => (at < count ? value(one) : one));
    tensors.set(name, tensor(name, was.dims, values));
  };
  change('bn1.g', () => 0, 1);
  change('bn1.b', () => -1, 1);
  change('dw.w', (one) => 100 * one, 9);
  return { ...graph, tensors };
}
