import type { Graph } from '../../server/core/graph/graph.ts';
import { graphOf, node, randomTensor, tensor } from './graphs.ts';
import { smallMobileNet } from './mobileNet.ts';
import { Random } from './random.ts';

/** Networks whose form asks something of those who cut them or correct them layer by layer. */
export function oddNetworks(): readonly { readonly name: string; readonly graph: Graph }[] {
  return [
    { name: 'a chain with batch norms', graph: smallMobileNet(3) },
    { name: 'a residual Add, branches and a Concat', graph: branches() },
    { name: 'inverted residual blocks, and Adds of other kinds', graph: invertedResiduals() },
    { name: 'a layer whose output is one of the network', graph: outputInside() },
    { name: 'matrix products of three dimensions, no biases', graph: products() },
    { name: 'a layer that no output depends on', graph: withDeadLayer() },
    { name: 'two inputs, a transposed convolution, Softmax', graph: twoInputs() },
  ];
}

function branches(): Graph {
  const random = new Random(21);
  const conv = (name: string, from: string, size: number, inputs = 4): ReturnType<typeof node> => {
    tensors.push(randomTensor(random, `${name}.w`, [4, inputs, size, size]));
    const pad = (size - 1) / 2;
    return node('Conv', [from, `${name}.w`], [name], { pads: [pad, pad, pad, pad] });
  };
  const tensors: ReturnType<typeof tensor>[] = [];
  return graphOf({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
    nodes: [
      conv('a', 'x', 3, 3),
      node('Relu', ['a'], ['ar']),
      conv('b', 'ar', 3),
      node('Relu', ['b'], ['br']),
      conv('c', 'br', 1),
      node('Add', ['ar', 'c'], ['sum']),
      conv('d', 'ar', 1),
      conv('e', 'sum', 3),
      node('Concat', ['d', 'e'], ['cat'], { axis: 1 }),
      node('Clip', ['cat', 'lo', 'hi'], ['clip']),
      conv('f', 'clip', 1, 8),
      node('GlobalAveragePool', ['f'], ['y']),
    ],
    tensors: [...tensors, tensor('lo', [], [0]), tensor('hi', [], [6])],
  });
}

/** Layers behind one and two residual Adds, an Add that stretches one side, and one of a value to itself. */
function invertedResiduals(): Graph {
  const random = new Random(29);
  const tensors: ReturnType<typeof tensor>[] = [];
  const conv = (
    name: string,
    from: string,
    [outputs, inputs, size]: readonly [number, number, number],
    attributes: Parameters<typeof node>[3] = {},
  ): ReturnType<typeof node> => {
    tensors.push(randomTensor(random, `${name}.w`, [outputs, inputs, size, size]));
    const pad = (size - 1) / 2;
    return node('Conv', [from, `${name}.w`], [name], { pads: [pad, pad, pad, pad], ...attributes });
  };
  const block = (name: string, from: string): ReturnType<typeof node>[] => [
    conv(`${name}.expand`, from, [12, 4, 1]),
    node('Clip', [`${name}.expand`, 'lo', 'hi'], [`${name}.wide`]),
    conv(`${name}.depthwise`, `${name}.wide`, [12, 1, 3], { group: 12 }),
    node('Clip', [`${name}.depthwise`, 'lo', 'hi'], [`${name}.seen`]),
    conv(`${name}.project`, `${name}.seen`, [4, 12, 1]),
  ];
  const nodes = [
    conv('stem', 'x', [4, 3, 3]),
    node('Relu', ['stem'], ['s']),
    ...block('one', 's'),
    node('Add', ['s', 'one.project'], ['t']),
    ...block('two', 't'),
    node('Add', ['two.project', 't'], ['u']),
    node('Add', ['u', 's'], ['v']),
    ...block('three', 'v'),
    node('GlobalAveragePool', ['v'], ['pooled']),
    node('Add', ['three.project', 'pooled'], ['w']),
    ...block('four', 'w'),
    node('Add', ['four.project', 'four.project'], ['twice']),
    conv('strided', 'twice', [6, 4, 3], { strides: [2, 2] }),
    conv('y', 'strided', [3, 6, 1]),
  ];
  return graphOf({
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y', 'u'],
    nodes,
    tensors: [...tensors, tensor('lo', [], [0]), tensor('hi', [], [6])],
  });
}

function outputInside(): Graph {
  const random = new Random(22);
  return graphOf({
    inputs: { x: [1, 3, 5, 5] },
    outputs: ['y', 'a', 'r'],
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['a']),
      node('Relu', ['a'], ['r']),
      node('Conv', ['r', 'v'], ['y'], { group: 2 }),
    ],
    tensors: [
      randomTensor(random, 'w', [4, 3, 3, 3]),
      randomTensor(random, 'b', [4]),
      randomTensor(random, 'v', [2, 2, 1, 1]),
    ],
  });
}

function withDeadLayer(): Graph {
  const random = new Random(25);
  return graphOf({
    inputs: { x: [1, 2, 4, 4] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w'], ['y']), node('Conv', ['y', 'v'], ['dead'])],
    tensors: [randomTensor(random, 'w', [2, 2, 1, 1]), randomTensor(random, 'v', [2, 2, 1, 1])],
  });
}

function products(): Graph {
  const random = new Random(23);
  return graphOf({
    inputs: { x: [1, 5, 6] },
    outputs: ['y'],
    nodes: [
      node('MatMul', ['x', 'w'], ['p']),
      node('Add', ['p', 'b'], ['a']),
      node('Relu', ['a'], ['r']),
      node('MatMul', ['r', 'v'], ['q']),
      node('Add', ['q', 'x'], ['s']),
      node('MatMul', ['s', 'u'], ['y']),
    ],
    tensors: [
      randomTensor(random, 'w', [6, 8]),
      randomTensor(random, 'b', [8]),
      randomTensor(random, 'v', [8, 6]),
      randomTensor(random, 'u', [6, 3]),
    ],
  });
}

function twoInputs(): Graph {
  const random = new Random(24);
  return graphOf({
    inputs: { x: [1, 2, 4, 4], z: [1, 3, 8, 8] },
    outputs: ['y'],
    nodes: [
      node('ConvTranspose', ['x', 'w'], ['up'], { strides: [2, 2] }),
      node('Add', ['up', 'z'], ['sum']),
      node('Conv', ['sum', 'v', 'b'], ['c']),
      node('Relu', ['c'], ['r']),
      node('Flatten', ['r'], ['f']),
      node('Gemm', ['f', 'u'], ['g']),
      node('Softmax', ['g'], ['y'], { axis: 1 }),
    ],
    tensors: [
      randomTensor(random, 'w', [2, 3, 2, 2]),
      randomTensor(random, 'v', [4, 3, 7, 7], { std: 0.2 }),
      randomTensor(random, 'b', [4]),
      randomTensor(random, 'u', [16, 5], { std: 0.3 }),
    ],
  });
}
