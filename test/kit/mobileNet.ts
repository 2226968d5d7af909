import type { Graph } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { graphOf, node, randomTensor, tensor } from './graphs.ts';
import { Random } from './random.ts';

/**
 * A small network with everything that the steps look for: Conv, BatchNormalization, Relu, a
 * depthwise Conv, ReLU6, a pointwise Conv, pooling, Gemm; channels of very different ranges.
 */
export function smallMobileNet(seed = 1): Graph {
  const random = new Random(seed);
  const channels = 8;
  const tensors: Tensor[] = [
    uneven(random, 'conv1.w', [channels, 3, 3, 3]),
    ...batchNorm(random, 'bn1', channels),
    uneven(random, 'dw.w', [channels, 1, 3, 3]),
    ...batchNorm(random, 'bn2', channels),
    randomTensor(random, 'pw.w', [channels, channels, 1, 1]),
    ...batchNorm(random, 'bn3', channels),
    randomTensor(random, 'fc.w', [4, channels]),
    randomTensor(random, 'fc.b', [4]),
    tensor('zero', [], [0]),
    tensor('six', [], [6]),
  ];
  const normalize = (name: string, from: string, to: string): ReturnType<typeof node> =>
    node(
      'BatchNormalization',
      [from, `${name}.g`, `${name}.b`, `${name}.m`, `${name}.v`],
      [to],
      {},
      name,
    );
  return graphOf({
    inputs: { x: [1, 3, 12, 12] },
    outputs: ['y'],
    tensors,
    nodes: [
      node('Conv', ['x', 'conv1.w'], ['c1'], { kernel_shape: [3, 3] }, 'conv1'),
      normalize('bn1', 'c1', 'n1'),
      node('Relu', ['n1'], ['r1'], {}, 'relu1'),
      node('Conv', ['r1', 'dw.w'], ['c2'], { kernel_shape: [3, 3], group: channels }, 'dw'),
      normalize('bn2', 'c2', 'n2'),
      node('Clip', ['n2', 'zero', 'six'], ['r2'], {}, 'relu6'),
      node('Conv', ['r2', 'pw.w'], ['c3'], { kernel_shape: [1, 1] }, 'pw'),
      normalize('bn3', 'c3', 'n3'),
      node('Relu', ['n3'], ['r3'], {}, 'relu3'),
      node('GlobalAveragePool', ['r3'], ['p'], {}, 'pool'),
      node('Flatten', ['p'], ['f'], {}, 'flatten'),
      node('Gemm', ['f', 'fc.w', 'fc.b'], ['y'], { transB: 1 }, 'fc'),
    ],
  });
}

/** A weight whose output channels go from a thousandth to one: what one scale serves badly. */
function uneven(random: Random, name: string, dims: readonly number[]): Tensor {
  const [channels = 1, ...rest] = dims;
  const each = rest.reduce((a, b) => a * b, 1);
  const values = random.normal(channels * each);
  return tensor(
    name,
    dims,
    values.map((value, i) => value * 10 ** ((-3 * Math.floor(i / each)) / channels)),
  );
}

/** Scale, bias, mean and variance; biases are high, so that some can be absorbed. */
function batchNorm(random: Random, name: string, channels: number): Tensor[] {
  return [
    tensor(`${name}.g`, [channels], random.uniform(channels, 0.2, 0.6)),
    tensor(`${name}.b`, [channels], random.uniform(channels, 0.5, 3)),
    tensor(`${name}.m`, [channels], random.normal(channels, 0, 0.1)),
    tensor(`${name}.v`, [channels], random.uniform(channels, 0.2, 1)),
  ];
}
