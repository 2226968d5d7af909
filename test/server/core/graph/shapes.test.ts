import assert from 'node:assert/strict';
import type { Dimension } from '../../../../server/core/graph/graph.ts';
import { inferShapes } from '../../../../server/core/graph/shapes.ts';
import type { ElementType, Tensor } from '../../../../server/core/graph/tensor.ts';
import { graphOf, intTensor, node, tensor, valueInfo, type NodeSpec } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { randomFeeds, runGraph } from '../../../kit/run.ts';

interface Case {
  readonly nodes: readonly NodeSpec[];
  readonly tensors?: readonly Tensor[];
  readonly input?: readonly number[];
}

const image = [2, 4, 9, 7];
const w = (...dims: number[]): Tensor => tensor('w', dims, 0.5);
const one = (
  op: string,
  attributes: Parameters<typeof node>[3] = {},
  tensors: readonly Tensor[] = [],
  input: readonly number[] = image,
): Case => {
  const inputs = ['x', ...tensors.map(({ name }) => name)];
  return { nodes: [node(op, inputs, ['y'], attributes)], tensors, input };
};

/** Every value must have exactly the size that ONNX Runtime gives it. */
const cases: Case[] = [
  one('Conv', {}, [w(5, 4, 3, 3)]),
  one('Conv', { pads: [1, 0, 2, 1], strides: [2, 3], dilations: [2, 1] }, [w(5, 4, 3, 3)]),
  one('Conv', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, [w(5, 4, 3, 3)]),
  one('Conv', { auto_pad: 'SAME_LOWER', strides: [3, 2] }, [w(5, 4, 2, 2)]),
  one('Conv', { auto_pad: 'VALID', strides: [2, 2] }, [w(5, 4, 3, 3)]),
  one('Conv', { group: 2, kernel_shape: [3, 3] }, [w(6, 2, 3, 3)]),
  one('ConvTranspose', { strides: [2, 2], output_padding: [1, 0], pads: [1, 1, 0, 0] }, [
    w(4, 3, 3, 3),
  ]),
  one('ConvTranspose', { strides: [2, 2], group: 2, dilations: [2, 1] }, [w(4, 3, 3, 3)]),
  one('ConvTranspose', { strides: [2, 2], auto_pad: 'SAME_UPPER' }, [w(4, 3, 3, 3)]),
  one('ConvTranspose', { strides: [3, 2], auto_pad: 'SAME_LOWER' }, [w(4, 3, 2, 1)]),
  one('ConvTranspose', { strides: [2, 2], output_shape: [19, 14] }, [w(4, 3, 3, 3)]),
  one('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] }),
  one('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  one('AveragePool', { kernel_shape: [3, 3], strides: [3, 3], ceil_mode: 1, pads: [1, 1, 1, 1] }),
  one('AveragePool', { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  one('GlobalAveragePool'),
  one('GlobalMaxPool'),
  one('Relu'),
  one('Softmax', { axis: 1 }),
  one('Cast', { to: 11 }),
  one('Add', {}, [tensor('k', [4, 1, 1], 1)]),
  one('Mul', {}, [tensor('k', [3, 1, 1, 1, 1], 1)]),
  one('Gemm', { transB: 1 }, [w(5, 4)], [3, 4]),
  one('Gemm', { transA: 1 }, [w(3, 5)], [3, 4]),
  one('MatMul', {}, [w(4, 6)], [2, 3, 4]),
  one('MatMul', {}, [w(5, 4, 6)], [2, 1, 3, 4]),
  one('MatMul', {}, [w(4)], [3, 4]),
  one('Flatten'),
  one('Flatten', { axis: 0 }),
  one('Flatten', { axis: -1 }),
  one('Reshape', {}, [intTensor('to', [0, -1])]),
  one('Reshape', {}, [intTensor('to', [-1, 4, 63])]),
  one('Reshape', {}, [intTensor('to', [2, 2, 0, 2, 7])], [2, 4, 9, 7]),
  one('Squeeze', {}, [intTensor('axes', [1, -1])], [2, 1, 3, 1]),
  one('Squeeze', {}, [], [2, 1, 3, 1]),
  one('Unsqueeze', {}, [intTensor('axes', [0, -1])]),
  one('Transpose', { perm: [0, 2, 3, 1] }),
  one('Transpose'),
  one('Concat', { axis: -1 }, [tensor('k', [2, 4, 9, 3], 1)]),
  one('Pad', {}, [intTensor('pads', [0, 0, 1, 2, 0, 0, 3, 0])]),
  one('Pad', { mode: 'reflect' }, [intTensor('pads', [0, 0, 1, 1, 0, 0, 1, 1])]),
  one('ReduceMean', { axes: [2, 3] }),
  one('ReduceMean', { axes: [-1], keepdims: 0 }),
  one('ReduceSum', { keepdims: 0 }, [intTensor('axes', [1, 2])]),
  one('ReduceMax', {}),
  one('ArgMax', { axis: 1, keepdims: 0 }),
  one('Shape'),
  one('Shape', { start: 1, end: -1 }),
  one('Gather', { axis: 1 }, [intTensor('at', [0, 2, 1, 0, 3])]),
  one(
    'Gather',
    { axis: 2 },
    [intTensor('at', [0, 2], [])].map(() => intTensor('at', [2], [])),
  ),
  one('Slice', {}, [
    intTensor('from', [1, -3]),
    intTensor('to', [9, 100]),
    intTensor('axes', [2, 3]),
  ]),
  one('Slice', {}, [
    intTensor('from', [8]),
    intTensor('to', [-100]),
    intTensor('axes', [2]),
    intTensor('steps', [-2]),
  ]),
  { nodes: [node('Split', ['x'], ['y', 'z'], { axis: 1 })] },
  {
    nodes: [node('Split', ['x', 'parts'], ['y', 'z'], { axis: 2 })],
    tensors: [intTensor('parts', [4, 5])],
  },
  {
    nodes: [node('Resize', ['x', '', 'scales'], ['y'], { mode: 'linear' })],
    tensors: [tensor('scales', [4], [1, 1, 2, 1.5])],
  },
  {
    nodes: [node('Resize', ['x', '', '', 'sizes'], ['y'], { mode: 'nearest' })],
    tensors: [intTensor('sizes', [2, 4, 20, 5])],
  },
  one('Expand', {}, [intTensor('to', [3, 1, 4, 1, 1])]),
  one('DepthToSpace', { blocksize: 2 }),
  one('SpaceToDepth', { blocksize: 3 }, [], [1, 2, 6, 9]),
  one('Tile', {}, [intTensor('times', [1, 2, 1, 3])]),
  {
    nodes: [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'zero'], ['n'], { axis: 0 }),
      node('Unsqueeze', ['n', 'axis'], ['n1']),
      node('Mul', ['n1', 'two'], ['n2']),
      node('Concat', ['n2', 'rest'], ['to'], { axis: 0 }),
      node('Reshape', ['x', 'to'], ['y']),
    ],
    tensors: [
      intTensor('zero', [0], []),
      intTensor('axis', [0]),
      intTensor('two', [2]),
      intTensor('rest', [-1]),
    ],
  },
  {
    nodes: [node('ConstantOfShape', ['to'], ['k']), node('Add', ['x', 'k'], ['y'])],
    tensors: [intTensor('to', [4, 9, 7])],
  },
];

/** Types of outputs that are not float32. */
const types: Record<string, ElementType | undefined> = {
  Cast: 'float64',
  ArgMax: 'int64',
  Shape: 'int64',
};

describe('shapes, as ONNX Runtime gives them', () => {
  for (const [at, { nodes, tensors = [], input = image }] of cases.entries()) {
    const attributes = [...(nodes[0]?.attributes.keys() ?? [])];
    it(`${at}: ${nodes.map(({ op }) => op).join(', ')} ${attributes.join(', ')}`, async () => {
      const outputs = nodes.flatMap((made) => made.outputs);
      const last = nodes.at(-1)?.outputs ?? [];
      const type = types[nodes.at(-1)?.op ?? ''] ?? 'float32';
      const graph = graphOf({
        inputs: { x: input },
        outputs: last.map((name) => valueInfo(name, undefined, type)),
        nodes,
        tensors,
      });
      const shapes = inferShapes(graph);
      const found = await runGraph(graph, randomFeeds(graph, new Random(1)), outputs);
      for (const name of outputs) {
        assert.deepEqual(shapes.get(name), found.get(name)?.dims, name);
      }
    });
  }
});

describe('shapes that are known in part', () => {
  const shapesOf = (
    inputs: Record<string, readonly Dimension[]>,
    nodes: readonly NodeSpec[],
    tensors: readonly Tensor[] = [],
  ): ReturnType<typeof inferShapes> =>
    inferShapes(graphOf({ inputs, outputs: ['y'], nodes, tensors }));

  it('keeps names of sizes, and loses what depends on them', () => {
    const shapes = shapesOf(
      { x: ['N', 3, 'H', undefined] },
      [node('Relu', ['x'], ['r']), node('Conv', ['r', 'w'], ['y'])],
      [tensor('w', [5, 3, 3, 3], 1)],
    );
    assert.deepEqual(shapes.get('r'), ['N', 3, 'H', undefined]);
    assert.deepEqual(shapes.get('y'), ['N', 5, undefined, undefined]);
  });

  it('the same unknown size cancels in Reshape', () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'zero'], ['n']),
      node('Unsqueeze', ['n', 'zero'], ['n1']),
      node('Concat', ['n1', 'rest'], ['to'], { axis: 0 }),
      node('Reshape', ['x', 'to'], ['y']),
    ];
    const constants = [intTensor('zero', [0], []), intTensor('rest', [-1])];
    const list = [intTensor('zero', [0]), intTensor('rest', [-1])];
    for (const tensors of [constants, list]) {
      const shapes = shapesOf(
        { x: [undefined, 3, 2, 2] },
        tensors === constants
          ? nodes
          : nodes
              .filter(({ op }) => op !== 'Unsqueeze')
              .map((made) => (made.op === 'Concat' ? { ...made, inputs: ['n', 'rest'] } : made)),
        tensors,
      );
      assert.deepEqual(shapes.get('y'), [undefined, 12]);
    }
  });

  it('-1 is the batch where the rest comes out', () => {
    const reshape = node('Reshape', ['x', 'to'], ['y']);
    const shapes = shapesOf({ x: ['N', 3, 2, 2] }, [reshape], [intTensor('to', [-1, 12])]);
    assert.deepEqual(shapes.get('y'), ['N', 12]);
    const odd = shapesOf({ x: ['N', 3, 2, 2] }, [reshape], [intTensor('to', [-1, 6])]);
    assert.deepEqual(odd.get('y'), [undefined, 6]);
  });

  it('takes what the file states where it cannot tell itself', () => {
    const graph = graphOf({
      inputs: { x: ['N', 3] },
      outputs: [valueInfo('y', ['N', 8])],
      nodes: [
        { ...node('Secret', ['x'], ['s']), domain: 'com.example' },
        node('Relu', ['s'], ['r']),
        { ...node('Secret', ['r'], ['y']), domain: 'com.example' },
      ],
      values: [valueInfo('s', ['N', 5])],
    });
    const shapes = inferShapes(graph);
    assert.deepEqual(shapes.get('r'), ['N', 5]);
    assert.deepEqual(shapes.get('y'), ['N', 8]);
  });

  it('says nothing of a rank that is not known', () => {
    const graph = graphOf({
      inputs: { x: valueInfo('x') },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    assert.equal(inferShapes(graph).get('y'), undefined);
  });

  it('know no size that cannot be: beyond all tensors, or less than nothing', () => {
    const graph = graphOf({
      inputs: { x: [1, 3, 8, 2 ** 40] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'k'], ['narrow']),
        node('Reshape', ['x', 's'], ['negative']),
        node('Flatten', ['x'], ['y']),
      ],
      tensors: [tensor('k', [2, 3, 9, 9], 1), intTensor('s', [2, -5])],
      values: [valueInfo('negative', [2, -5])],
    });
    const shapes = inferShapes(graph);
    assert.deepEqual(shapes.get('x'), [1, 3, 8, undefined]);
    assert.deepEqual(
      shapes.get('narrow'),
      [1, 2, 0, undefined],
      'no place for the window: nothing',
    );
    assert.deepEqual(shapes.get('negative'), [2, undefined]);
    assert.deepEqual(shapes.get('y'), [1, undefined]);
  });
});
