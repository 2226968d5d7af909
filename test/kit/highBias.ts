import type { Graph } from '../../server/core/graph/graph.ts';
import { graphOf, node, randomTensor, tensor } from './graphs.ts';
import { Random } from './random.ts';

/**
 * Conv `one`, a batch norm that lifts two of its four channels (beta 10 and 8, gamma 1 and 2) far
 * above 0, ReLU, and Conv `two`, which is not padded. Values of the inputs stay near 0.
 */
export function highBias(): Graph {
  const random = new Random(3);
  return graphOf({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'one.w'], ['c'], { kernel_shape: [1, 1] }, 'one'),
      node(
        'BatchNormalization',
        ['c', 'bn.gamma', 'bn.beta', 'bn.mean', 'bn.variance'],
        ['n'],
        {},
        'bn',
      ),
      node('Relu', ['n'], ['r'], {}, 'relu'),
      node('Conv', ['r', 'two.w', 'two.b'], ['y'], { kernel_shape: [3, 3] }, 'two'),
    ],
    tensors: [
      randomTensor(random, 'one.w', [4, 3, 1, 1], { std: 0.3 }),
      tensor('bn.gamma', [4], [1, 2, 1, 1]),
      tensor('bn.beta', [4], [10, 8, 0.5, -4]),
      tensor('bn.mean', [4], 0),
      tensor('bn.variance', [4], 1),
      randomTensor(random, 'two.w', [2, 4, 3, 3]),
      randomTensor(random, 'two.b', [2]),
    ],
  });
}
