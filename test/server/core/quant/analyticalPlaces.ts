import type { Tensor } from '../../../../server/core/graph/tensor.ts';
import { node, randomTensor, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

/** A place between `a`, distributed as N(beta, gamma^2) each channel, and the layer `last`. */
export interface Place {
  readonly name: string;
  readonly beta: number[];
  readonly gamma: number[];
  readonly nodes: readonly NodeSpec[];
  readonly tensors: readonly Tensor[];
  /** Shape of `a`; without: 2 channels of 5 x 5. */
  readonly dims?: number[];
  /** A second value like `a`, independent of it. */
  readonly hasSecond?: boolean;
}
const random = new Random(11);
/** The weight of the layer. */
export const w = (dims: number[]): Tensor => randomTensor(random, 'w', dims);
/** The layer whose error is asked for. */
export const last = (attributes: object, op = 'Conv', input = 'r'): NodeSpec =>
  node(op, [input, 'w'], ['y'], { ...attributes }, 'last');
const relu = node('Relu', ['a'], ['r']);
/** What the expected input of a layer is told through. */
export const places: readonly Place[] = [
  {
    name: 'no activation',
    beta: [1, -2],
    gamma: [0.5, 2],
    nodes: [last({}, 'Conv', 'a')],
    tensors: [w([3, 2, 3, 3])],
  },
  {
    name: 'negative gamma',
    beta: [1, 0.5],
    gamma: [-1, -0.3],
    nodes: [relu, last({})],
    tensors: [w([3, 2, 3, 3])],
  },
  {
    name: 'gamma of 0',
    beta: [1, -1],
    gamma: [0, 0],
    nodes: [relu, last({})],
    tensors: [w([3, 2, 3, 3])],
  },
  {
    name: 'bounds of a Clip that are not 0 and 6',
    beta: [1, -0.5],
    gamma: [1, 2],
    nodes: [node('Clip', ['a', 'lo', 'hi'], ['r']), last({})],
    tensors: [tensor('lo', [], [-0.5]), tensor('hi', [], [1.25]), w([3, 2, 3, 3])],
  },
  {
    name: 'padding, stride and dilation, tap by tap',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [last({ pads: [2, 1, 0, 1], strides: [2, 1], dilations: [1, 2] }, 'Conv', 'a')],
    tensors: [w([3, 2, 3, 3])],
  },
  {
    name: 'SAME padding',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [last({ auto_pad: 'SAME_UPPER', strides: [2, 2] }, 'Conv', 'a')],
    tensors: [w([3, 2, 4, 4])],
  },
  {
    name: 'a Pad in front',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [node('Pad', ['a', 'pads'], ['r']), last({ pads: [1, 0, 0, 0] })],
    tensors: [w([3, 2, 3, 3])],
  },
  {
    name: 'a depthwise layer',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [relu, last({ group: 2, pads: [1, 1, 1, 1] })],
    tensors: [w([2, 1, 3, 3])],
  },
  {
    name: 'groups of two channels',
    beta: [3, -2, 1, 0.5],
    gamma: [1, 1, 2, 1],
    dims: [1, 4, 5, 5],
    nodes: [relu, last({ group: 2 })],
    tensors: [w([6, 2, 3, 3])],
  },
  {
    name: 'a transposed convolution with padding',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [relu, last({ strides: [2, 2], pads: [1, 0, 0, 1] }, 'ConvTranspose')],
    tensors: [w([2, 3, 3, 3])],
  },
  {
    name: 'a transposed convolution, SAME_UPPER',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [relu, last({ strides: [2, 2], auto_pad: 'SAME_UPPER' }, 'ConvTranspose')],
    tensors: [w([2, 3, 3, 3])],
  },
  {
    name: 'a transposed convolution to an output_shape',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [relu, last({ strides: [2, 2], output_shape: [9, 10] }, 'ConvTranspose')],
    tensors: [w([2, 3, 4, 3])],
  },
  {
    name: 'an average pool without padding that says it counts it',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [
      relu,
      node('AveragePool', ['r'], ['p'], { kernel_shape: [2, 2], count_include_pad: 1 }),
      last({}, 'Conv', 'p'),
    ],
    tensors: [w([3, 2, 2, 2])],
  },
  {
    name: 'an average pool',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [
      relu,
      node('AveragePool', ['r'], ['p'], { kernel_shape: [2, 2] }),
      last({}, 'Conv', 'p'),
    ],
    tensors: [w([3, 2, 2, 2])],
  },
  {
    name: 'a Concat of a rectified and a plain value',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [relu, node('Concat', ['a', 'r'], ['p'], { axis: 1 }), last({}, 'Conv', 'p')],
    tensors: [w([3, 4, 2, 2])],
  },
  {
    name: 'a ReLU of the sum of two independent values',
    beta: [1, -1],
    gamma: [1, 2],
    hasSecond: true,
    nodes: [node('Add', ['a', 'b'], ['s']), node('Relu', ['s'], ['r']), last({})],
    tensors: [w([3, 2, 2, 2])],
  },
  {
    name: 'a LeakyRelu',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [node('LeakyRelu', ['a'], ['r'], { alpha: 0.2 }), last({})],
    tensors: [w([3, 2, 2, 2])],
  },
  {
    name: 'a Flatten before a Gemm',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [relu, node('Flatten', ['r'], ['f']), node('Gemm', ['f', 'w'], ['y'], {}, 'last')],
    tensors: [w([50, 3])],
  },
  {
    name: 'a Gemm with a factor',
    beta: [1, -1],
    gamma: [1, 2],
    nodes: [node('Flatten', ['a'], ['f']), node('Gemm', ['f', 'w'], ['y'], { alpha: 0.5 }, 'last')],
    tensors: [w([50, 3])],
  },
  {
    name: 'flattened maps of two sizes joined',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [
      node('AveragePool', ['a'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['a'], ['large']),
      node('Flatten', ['p'], ['little']),
      node('Concat', ['large', 'little'], ['f'], { axis: 1 }),
      node('Gemm', ['f', 'w'], ['y'], {}, 'last'),
    ],
    tensors: [w([58, 3])],
  },
  {
    name: 'a Flatten of a map with the channels last',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [
      node('Transpose', ['a'], ['t'], { perm: [0, 2, 3, 1] }),
      node('Flatten', ['t'], ['f']),
      node('Gemm', ['f', 'w'], ['y'], {}, 'last'),
    ],
    tensors: [w([50, 3])],
  },
  {
    name: 'a MatMul over channels that were moved to the last axis',
    beta: [3, -2],
    gamma: [1, 1],
    nodes: [
      node('Transpose', ['a'], ['t'], { perm: [0, 2, 3, 1] }),
      node('MatMul', ['t', 'w'], ['m'], {}, 'last'),
      node('Transpose', ['m'], ['y'], { perm: [0, 3, 1, 2] }),
    ],
    tensors: [w([2, 3])],
  },
];
