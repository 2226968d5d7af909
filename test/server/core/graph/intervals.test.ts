import assert from 'node:assert/strict';
import { GrowingIntervals } from '../../../../server/core/graph/intervals.ts';
import { inferShapes } from '../../../../server/core/graph/shapes.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import type { Interval } from '../../../../server/core/graph/interval.ts';
import { batchNorm, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, intTensor, node, randomTensor, tensor, valueInfo } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

const limit = 8;
const intervalsOf = (graph: Graph, inputLimit = limit): Map<string, Interval> =>
  new GrowingIntervals(graph, inferShapes(graph), inputLimit).all();

/** Pieces that go on from value `v` of [2, 4, 6, 6] to value `y`. */
const ends: Record<string, (random: Random) => Piece> = {
  Conv: (r) => layer(r, 'Conv', 'v', 'y', [5, 4, 3, 3], { bias: 5 }),
  'Conv with pads': (r) => layer(r, 'Conv', 'v', 'y', [5, 4, 3, 3], { pads: [1, 1, 1, 1] }),
  'grouped Conv': (r) => layer(r, 'Conv', 'v', 'y', [6, 2, 3, 3], { group: 2, bias: 6 }),
  'depthwise Conv': (r) => layer(r, 'Conv', 'v', 'y', [4, 1, 3, 3], { group: 4 }),
  ConvTranspose: (r) =>
    layer(r, 'ConvTranspose', 'v', 'y', [4, 3, 3, 3], { strides: [2, 2], group: 2 }),
  BatchNormalization: (r) => batchNorm(r, 'v', 'y', 4),
  LeakyRelu: () => plain(node('LeakyRelu', ['v'], ['y'], { alpha: 0.3 })),
  'LeakyRelu that falls': () => plain(node('LeakyRelu', ['v'], ['y'], { alpha: -0.5 })),
  PRelu: (r) => ({
    nodes: [node('PRelu', ['v', 's'], ['y'])],
    tensors: [randomTensor(r, 's', [4, 1, 1])],
  }),
  Abs: () => plain(node('Abs', ['v'], ['y'])),
  Sigmoid: () => plain(node('Sigmoid', ['v'], ['y'])),
  Tanh: () => plain(node('Tanh', ['v'], ['y'])),
  HardSigmoid: () => plain(node('HardSigmoid', ['v'], ['y'], { alpha: 0.1 })),
  HardSwish: () => plain(node('HardSwish', ['v'], ['y'])),
  Elu: () => plain(node('Elu', ['v'], ['y'])),
  Softmax: () => plain(node('Softmax', ['v'], ['y'], { axis: 1 })),
  Neg: () => plain(node('Neg', ['v'], ['y'])),
  'Add of itself': () => plain(node('Add', ['v', 'v'], ['y'])),
  'Mul of itself': () => plain(node('Mul', ['v', 'v'], ['y'])),
  'Sub with constants': (r) => ({
    nodes: [node('Sub', ['k', 'v'], ['y'])],
    tensors: [randomTensor(r, 'k', [1, 4, 1, 1])],
  }),
  'Div with constants': (r) => ({
    nodes: [node('Div', ['v', 'k'], ['y'])],
    tensors: [tensor('k', [4, 1, 1], r.uniform(4, 0.5, 2))],
  }),
  'Mul along the image': (r) => ({
    nodes: [node('Mul', ['v', 'k'], ['y'])],
    tensors: [randomTensor(r, 'k', [6])],
  }),
  'caps by Min': (r) => ({
    nodes: [node('Min', ['v', 'k'], ['y'])],
    tensors: [randomTensor(r, 'k', [1, 4, 1, 1])],
  }),
  'Max of two': () => plain(node('Neg', ['v'], ['m']), node('Max', ['v', 'm'], ['y'])),
  Concat: () => plain(node('Neg', ['v'], ['m']), node('Concat', ['v', 'm'], ['y'], { axis: 1 })),
  'Concat of rows': () =>
    plain(node('Neg', ['v'], ['m']), node('Concat', ['v', 'm'], ['y'], { axis: 2 })),
  Split: () => plain(node('Split', ['v'], ['a', 'b'], { axis: 1 }), node('Add', ['a', 'b'], ['y'])),
  MaxPool: () => plain(node('MaxPool', ['v'], ['y'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })),
  AveragePool: () =>
    plain(
      node('AveragePool', ['v'], ['y'], {
        kernel_shape: [3, 3],
        pads: [1, 1, 1, 1],
        count_include_pad: 1,
      }),
    ),
  GlobalAveragePool: () => plain(node('GlobalAveragePool', ['v'], ['y'])),
  ReduceMean: () => plain(node('ReduceMean', ['v'], ['y'], { axes: [2, 3], keepdims: 0 })),
  'ReduceMax over channels': () => plain(node('ReduceMax', ['v'], ['y'], { axes: [1] })),
  Pad: () => ({
    nodes: [node('Pad', ['v', 'pads', 'k'], ['y'])],
    tensors: [intTensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]), tensor('k', [], [20])],
  }),
  'Flatten and Gemm': (r) =>
    together(
      plain(node('Flatten', ['v'], ['f'])),
      layer(r, 'Gemm', 'f', 'y', [5, 144], { transB: 1, alpha: -0.5, beta: 2, bias: 5 }),
    ),
  'MatMul of rank 4': (r) => layer(r, 'MatMul', 'v', 'y', [6, 3]),
  'Transpose of channels': () => plain(node('Transpose', ['v'], ['y'], { perm: [0, 2, 3, 1] })),
  'Reshape across channels': () => ({
    nodes: [node('Reshape', ['v', 'to'], ['y'])],
    tensors: [intTensor('to', [2, 3, 48])],
  }),
  Resize: () => ({
    nodes: [node('Resize', ['v', '', 'scales'], ['y'], { mode: 'linear' })],
    tensors: [tensor('scales', [4], [1, 1, 2, 2])],
  }),
  'Resize, cubic': () => ({
    nodes: [node('Resize', ['v', '', 'scales'], ['y'], { mode: 'cubic' })],
    tensors: [tensor('scales', [4], [1, 1, 2, 2])],
  }),
  Slice: () => ({
    nodes: [node('Slice', ['v', 'from', 'to', 'axes'], ['y'])],
    tensors: [intTensor('from', [1]), intTensor('to', [3]), intTensor('axes', [1])],
  }),
  DepthToSpace: () => plain(node('DepthToSpace', ['v'], ['y'], { blocksize: 2 })),
};

/** Largest amount by which a value lies outside its bounds; channels on axis 1. */
function excess(bounds: Interval, dims: readonly number[], values: ArrayLike<number>): number {
  const channels = dims[1] ?? 1;
  const inner = dims.slice(2).reduce((a, b) => a * b, 1);
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const c = bounds.lo.length === 1 ? 0 : Math.floor(i / inner) % channels;
    const x = values[i] ?? NaN;
    most = Math.max(most, (bounds.lo[c] ?? NaN) - x, x - (bounds.hi[c] ?? NaN));
  }
  return most;
}

describe('intervals hold what ONNX Runtime computes', () => {
  for (const [name, end] of Object.entries(ends)) {
    it(name, async () => {
      const random = new Random(17);
      const first = together(
        layer(random, 'Conv', 'x', 'c', [4, 3, 3, 3], { bias: 4 }),
        plain(node('Clip', ['c', 'low', 'high'], ['v'])),
        { nodes: [], tensors: [tensor('low', [], [-1.5]), tensor('high', [], [2.5])] },
      );
      const piece = together(first, end(random));
      const graph = graphOf({ inputs: { x: [2, 3, 8, 8] }, outputs: ['y'], ...piece });
      const intervals = intervalsOf(graph);
      assert.ok(intervals.has('v'));
      for (let probe = 0; probe < 4; probe++) {
        const values = random.uniform(2 * 3 * 64, -limit, limit);
        const feeds =
          probe === 0 ? randomFeeds(graph, random) : { x: { dims: [2, 3, 8, 8], values } };
        const found = await runGraph(
          graph,
          feeds,
          [...intervals.keys()].filter((v) => v !== 'x'),
        );
        for (const [value, { dims, values: all }] of found) {
          const bounds = intervals.get(value);
          if (bounds) assert.ok(excess(bounds, dims, all) <= 0, `${value} of ${name}`);
        }
      }
    });
  }
});

describe('intervals, by hand', () => {
  it('a Conv behind ReLU6: each weight at the end of the range that its sign asks for', () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 4, 4] },
      outputs: ['y'],
      nodes: [node('Clip', ['x'], ['r'], { min: 0, max: 6 }), node('Conv', ['r', 'w', 'b'], ['y'])],
      tensors: [tensor('w', [2, 2, 1, 1], [1, -2, 3, 0]), tensor('b', [2], [10, -1])],
    });
    const y = intervalsOf(graph, Infinity).get('y');
    // 10 - 12 .. 10 + 6 and -1 .. 17, with slack for 5 roundings of at most 10 + 18
    const slack = { relative: 0, absolute: 5 * 2 ** -24 * 28 };
    closeTo(y?.lo ?? [], [-2, -1], slack);
    closeTo(y?.hi ?? [], [16, 17], slack);
    assert.ok((y?.lo[0] ?? 0) < -2 && (y?.hi[0] ?? 0) > 16, 'widened, not narrowed');
  });

  it('an input without a limit leaves only what weights of one sign allow', () => {
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['r']), node('Gemm', ['r', 'w', 'b'], ['y'])],
      tensors: [tensor('w', [2, 3], [1, -1, 0, 2, -2, 0]), tensor('b', [3], [5, 5, 5])],
    });
    const y = intervalsOf(graph, Infinity).get('y');
    assert.equal(y?.lo[2], 5);
    assert.equal(y.hi[2], 5, 'no weights: the bias');
    assert.deepEqual([y.hi[0], y.lo[1]], [Infinity, -Infinity]);
  });

  it('weights too small to move a float32 bias leave the bias', () => {
    const graph = graphOf({
      inputs: { x: [1, 1] },
      outputs: ['y'],
      nodes: [node('Sigmoid', ['x'], ['s']), node('Gemm', ['s', 'w', 'b'], ['y'])],
      tensors: [tensor('w', [1, 2], [2 ** -26, 2 ** -23]), tensor('b', [2], [1, 1])],
    });
    const y = intervalsOf(graph, Infinity).get('y');
    assert.deepEqual([y?.lo[0], y?.hi[0]], [1, 1]);
    assert.ok((y?.hi[1] ?? 0) > 1);
  });

  for (const [what, parts, outputs] of [
    ['without a name', intTensor('parts', [1, 1, 2]), ['', 'b', 'c']],
    ['of unknown size', undefined, ['a', 'b', 'c']],
  ] as const) {
    it(`behind a part ${what}, parts of a Split may be any channels`, () => {
      const graph = graphOf({
        inputs: { x: [1, 4, 2, 2], ...(parts ? {} : { parts: valueInfo('parts', [3], 'int64') }) },
        outputs: ['b', 'c'],
        nodes: [
          node('Sigmoid', ['x'], ['s']),
          node('Mul', ['s', 'k'], ['v']),
          node('Split', ['v', 'parts'], [...outputs], { axis: 1 }),
        ],
        tensors: [tensor('k', [1, 4, 1, 1], [1, 2, 4, 8]), ...(parts ? [parts] : [])],
      });
      const intervals = intervalsOf(graph);
      for (const name of ['b', 'c']) {
        const found = intervals.get(name);
        assert.equal(found?.hi.length, 1, 'one pair of bounds for all channels');
        assert.ok((found.hi[0] ?? 0) > 7.9, `${name}: ${found.hi.join()}`);
      }
    });
  }

  it('constants of a float64 model keep all of their digits', () => {
    const type = 'float64';
    const graph = graphOf({
      inputs: { x: { name: 'x', type, shape: [1, 1] } },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'none', 'b'], ['a'], { transB: 1 }),
        node('Mul', ['a', 'k'], ['m']),
        node('Gemm', ['m', 'w'], ['y'], { transB: 1 }),
      ],
      tensors: [
        tensor('none', [2, 1], [0, 0], type),
        tensor('b', [2], [0.1, -0.3], type),
        tensor('k', [1, 1], [1 / 3], type),
        tensor('w', [1, 2], [1, 0], type),
      ],
    });
    const intervals = intervalsOf(graph, Infinity);
    const third = 1 / 3;
    assert.deepEqual([...(intervals.get('m')?.lo ?? [])], [0.1 * third, -0.3 * third]);
    assert.equal(intervals.get('y')?.lo[0], 0.1 * third);
    assert.equal(intervals.get('y')?.hi[0], 0.1 * third);
  });

  it('NaN weights bound nothing', () => {
    const graph = graphOf({
      inputs: { x: [1, 1] },
      outputs: ['y'],
      nodes: [node('Sigmoid', ['x'], ['s']), node('Gemm', ['s', 'w'], ['y'])],
      tensors: [tensor('w', [1, 2], [NaN, Infinity])],
    });
    assert.equal(intervalsOf(graph).get('y'), undefined);
  });

  it('knows what integer inputs can hold', () => {
    const graph = graphOf({
      inputs: { x: { name: 'x', type: 'uint8', shape: [1, 2] } },
      outputs: ['y'],
      nodes: [node('Cast', ['x'], ['y'], { to: 1 })],
    });
    const y = intervalsOf(graph, Infinity).get('y');
    closeTo([y?.lo[0] ?? NaN, y?.hi[0] ?? NaN], [0, 255], { relative: 0, absolute: 1e-4 });
  });

  it('says nothing behind an operator that it does not know', () => {
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['z'],
      nodes: [
        { ...node('Secret', ['x'], ['y']), domain: 'com.example' },
        node('Abs', ['y'], ['z']),
      ],
    });
    const intervals = intervalsOf(graph);
    assert.equal(intervals.get('y'), undefined);
    assert.deepEqual(intervals.get('z')?.lo, Float64Array.of(0));
  });

  it('are one pair where there would be more channels than memory has room for', () => {
    const graph = graphOf({
      inputs: { x: [1, 3, 20000, 20000] },
      outputs: ['y'],
      nodes: [
        node('Mul', ['x', 'k'], ['m']),
        node('Flatten', ['m'], ['f']),
        node('Concat', ['f', 'f'], ['y'], { axis: 1 }),
      ],
      tensors: [tensor('k', [1, 3, 1, 1], [1, 2, 0])],
    });
    const found = intervalsOf(graph);
    assert.equal(found.get('m')?.lo.length, 3);
    for (const name of ['f', 'y']) {
      const { lo, hi } = found.get(name) ?? assert.fail(name);
      assert.deepEqual([lo.length, hi.length], [1, 1]);
      assert.ok((lo[0] ?? 0) <= -2 * limit && (hi[0] ?? 0) >= 2 * limit);
    }
  });
});
