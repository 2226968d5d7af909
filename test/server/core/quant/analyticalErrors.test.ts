import assert from 'node:assert/strict';
import type { Dimension, Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { analyticalErrors, givenErrors } from '../../../../server/core/quant/analyticalErrors.ts';
import { sharedGrids } from '../../../../server/core/quant/grid.ts';
import type { TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';
import { graphOf, intTensor, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, runGraph } from '../../../kit/run.ts';
import { last, places, w } from './analyticalPlaces.ts';

const encodingOf = (name: string, grids: TensorEncoding['grids']): TensorEncoding => ({
  tensor: name,
  kind: 'weight',
  axis: undefined,
  isSymmetric: true,
  grids,
});

const symmetricGrid = (scale: number, highest: number, bits: number): TensorEncoding['grids'] => {
  const range = { min: -highest * scale, max: highest * scale };
  return sharedGrids({ scale, lowest: -highest, highest, bits, ...range }, 1);
};

/** A coarse grid, whose error is large against the noise of a Monte Carlo. */
const coarse = (name: string): Map<string, TensorEncoding> =>
  new Map([[name, encodingOf(name, symmetricGrid(0.5, 7, 4))]]);

const statisticsOf = (beta: number[], gamma: number[]): LayerStatistics => ({
  batchNorm: 'bn',
  beta,
  gamma,
  scale: beta.map(() => 1),
  absorbed: beta.map(() => 0),
});

const withStatistics = (graph: Graph, of: Readonly<Record<string, LayerStatistics>>): Graph => ({
  ...graph,
  statistics: new Map(Object.entries(of)),
});

/** Numbers of 13.4 have six digits behind the point. */
const sixDigits = { relative: 0, absolute: 1e-6 };

describe('analyticalErrors', () => {
  it('gives the worked example of algorithms 13.4', () => {
    // A 1x1 identity makes N(1, 1) and N(0, 1); ReLU; the layer of the example.
    const graph = withStatistics(
      graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [
          node('Gemm', ['x', 'one'], ['a'], {}, 'first'),
          node('Relu', ['a'], ['r']),
          node('Gemm', ['r', 'w'], ['y'], { transB: 1 }, 'second'),
        ],
        tensors: [
          tensor('one', [2, 2], [1, 0, 0, 1]),
          tensor('w', [2, 2], [0.31, -0.72, 1.13, 0.05]),
        ],
      }),
      { a: statisticsOf([1, 0], [1, 1]) },
    );
    const grids = symmetricGrid(1.13 / 127, 127, 8);
    const encodings = new Map([['w', encodingOf('w', grids)]]);
    const { errors, skipped, means } = analyticalErrors(
      graph,
      encodings,
      new Set(['second']),
      () => undefined,
    );
    assert.deepEqual(skipped, []);
    // E[x] of ReLU of N(1, 1) and N(0, 1)
    closeTo(means.get('second')?.mean ?? [], [1.083315, 0.398942], sixDigits);
    closeTo(errors[0]?.error ?? [], [0.00125269, 0.00135075], { relative: 0, absolute: 1e-7 });
  });

  for (const { name, beta, gamma, nodes, tensors, dims = [1, 2, 5, 5], hasSecond } of places) {
    it(`agrees with a Monte Carlo of normal inputs: ${name}`, async () => {
      const samples = 4000;
      const graph = graphOf({
        inputs: {
          a: [samples, ...dims.slice(1)],
          ...(hasSecond ? { b: [samples, ...dims.slice(1)] } : {}),
        },
        outputs: ['y'],
        nodes,
        tensors: [...tensors, padsOfPad],
      });
      // An identity stands for the layer whose batch norm is known.
      const [channels = 1] = dims.slice(1);
      const identities = ['a', ...(hasSecond ? ['b'] : [])];
      const known = withStatistics(
        {
          ...graph,
          inputs: graph.inputs.map((info) => ({ ...info, name: `${info.name}0` })),
          nodes: [
            ...identities.map((value, i) => ({
              ...node('Conv', [`${value}0`, 'one'], [value], { group: channels }, `known${i}`),
              id: 100 + i,
            })),
            ...graph.nodes,
          ],
          tensors: new Map(graph.tensors).set('one', tensor('one', [channels, 1, 1, 1], 1)),
        },
        Object.fromEntries(identities.map((value) => [value, statisticsOf(beta, gamma)])),
      );
      const feeds = Object.fromEntries(
        identities.map((value, i) => [value, normal(dims, samples, beta, gamma, 31 + i)]),
      );
      const outputs = await runGraph(
        graph,
        feeds,
        nodes.flatMap((one) => one.outputs).filter((out) => out !== 'y'),
      );
      const sizes = new Map([...outputs].map(([value, out]) => [value, [1, ...out.dims.slice(1)]]));
      sizes.set('a', [1, ...dims.slice(1)]);
      const encodings = coarse('w');
      const { errors, skipped } = analyticalErrors(known, encodings, new Set(['last']), (value) =>
        sizes.get(value),
      );
      assert.deepEqual(skipped, []);
      const weight = graph.tensors.get('w');
      assert.ok(weight);
      const rounded = Float32Array.from(readFloats(weight), (value) => {
        const level = value / 0.5;
        const floor = Math.floor(level);
        const even = floor % 2 === 0 ? floor : floor + 1;
        const nearest = level - floor === 0.5 ? even : Math.round(level);
        return 0.5 * Math.min(7, Math.max(-7, nearest));
      });
      const other = await runGraph(
        { ...graph, tensors: new Map(graph.tensors).set('w', tensor('w', weight.dims, rounded)) },
        feeds,
      );
      const [was, is] = [outputs.get('y'), other.get('y')];
      assert.ok(was && is);
      const count = was.dims[1] ?? 1;
      const inner = was.dims.slice(2).reduce((a, b) => a * b, 1);
      const sum = new Float64Array(count);
      const squares = new Float64Array(count);
      is.values.forEach((value, i) => {
        const c = Math.floor(i / inner) % count;
        const error = value - (was.values[i] ?? NaN);
        sum[c] = (sum[c] ?? 0) + error;
        squares[c] = (squares[c] ?? 0) + error * error;
      });
      const each = samples * inner;
      for (const [c, expected] of (errors[0]?.error ?? []).entries()) {
        const mean = (sum[c] ?? NaN) / each;
        const spread = Math.sqrt(Math.max(0, (squares[c] ?? NaN) / each - mean * mean));
        // Five standard errors; positions of a sample are not independent, so samples are counted.
        const allowed = (5 * spread) / Math.sqrt(samples) + 1e-5;
        assert.ok(
          Math.abs(expected - mean) <= allowed,
          `channel ${c}: ${expected}, seen ${mean} +- ${allowed}`,
        );
      }
    });
  }

  it('divides by scale factors, and takes off what was absorbed', () => {
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'one'], ['a'], {}, 'first'),
        node('Gemm', ['a', 'w'], ['y'], {}, 'last'),
      ],
      tensors: [tensor('one', [2, 2], [1, 0, 0, 1]), tensor('w', [2, 2], [1, 0, 0, 1])],
    });
    const scaled = { ...statisticsOf([4, 6], [1, 1]), scale: [2, 4], absorbed: [0.5, 0] };
    const { means } = analyticalErrors(
      withStatistics(graph, { a: scaled }),
      coarse('w'),
      new Set(['last']),
      () => undefined,
    );
    assert.deepEqual([...(means.get('last')?.mean ?? [])], [1.5, 1.5]);
  });

  it('takes sizes that the model states where nothing was run', () => {
    // One channel of 2 x 2 and a kernel of 3 x 3 with a border of 1: the middle of each axis sees
    // both output positions, the others one of two: shares add up to (1/2 + 1 + 1/2)^2 = 4. Each
    // weight of 0.7 becomes 0.5, the mean is 3: -0.2 * 4 * 3.
    const of = (shape: Dimension[]): ReturnType<typeof givenErrors> => {
      const graph = graphOf({
        inputs: { x: shape },
        outputs: ['y'],
        nodes: [last({ pads: [1, 1, 1, 1] }, 'Conv', 'x')],
        tensors: [tensor('w', [1, 1, 3, 3], 0.7)],
      });
      const layers = layersOf(graph, wiringOf(graph));
      const means = new Map([['last', Float64Array.of(3)]]);
      return givenErrors(graph, layers, coarse('w'), () => undefined, means);
    };
    const { errors, skipped } = of(['N', 1, 2, 2]);
    assert.deepEqual(skipped, []);
    closeTo(errors[0]?.error ?? [], [-2.4], sixDigits);
    const { skipped: unsized } = of(['N', 1, 'H', 'W']);
    assert.deepEqual(
      unsized.map(({ code }) => code),
      ['unknown-size'],
    );
  });

  it('takes a Pad of an old operator set by its own value', () => {
    // Behind zeros, E[x] = 1 counts in 1 of 3 positions of 1 x 1; behind halves it is not known.
    const of = (value: number): ReturnType<typeof analyticalErrors> => {
      const graph = graphOf({
        inputs: { x: [1, 1, 1, 1] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'v'], ['a'], {}, 'known'),
          node('Pad', ['a'], ['p'], { pads: [0, 0, 1, 0, 0, 0, 1, 0], value }),
          last({}, 'Conv', 'p'),
        ],
        tensors: [tensor('w', [1, 1, 1, 1], 0.7), tensor('v', [1, 1, 1, 1], 1)],
        opset: 10,
      });
      const known = withStatistics(graph, { a: statisticsOf([1], [1]) });
      return analyticalErrors(known, coarse('w'), new Set(['last']), () => undefined);
    };
    closeTo(of(0).errors[0]?.error ?? [], [-0.2 / 3], sixDigits);
    assert.deepEqual(of(0.5).errors, []);
  });

  it('adds the means of values that are made of the same', () => {
    const graph = graphOf({
      inputs: { x: [4, 2, 8, 8] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'v'], ['a'], {}, 'known'),
        node('Add', ['a', 'a'], ['s']),
        last({}, 'Conv', 's'),
      ],
      tensors: [w([3, 2, 3, 3]), tensor('v', [2, 2, 1, 1], 1)],
    });
    const known = withStatistics(graph, { a: statisticsOf([1, -2], [1, 1]) });
    const { means } = analyticalErrors(known, coarse('w'), new Set(['last']), () => undefined);
    assert.deepEqual([...(means.get('last')?.mean ?? [])], [2, -4]);
  });

  const refusals: readonly {
    name: string;
    nodes: NodeSpec[];
    w?: number[];
    /** Shape of the input where it is not 4 samples of 2 x 8 x 8. */
    shape?: Dimension[];
    code: string;
  }[] = [
    { name: 'the first layer', nodes: [last({}, 'Conv', 'x')], code: 'first-layer' },
    {
      name: 'behind a MaxPool',
      nodes: [node('MaxPool', ['a'], ['p'], { kernel_shape: [2, 2] }), last({}, 'Conv', 'p')],
      code: 'no-statistics',
    },
    {
      name: 'padding of a value of unknown size',
      nodes: [last({ pads: [1, 1, 1, 1] }, 'Conv', 'a')],
      shape: [4, 2, 'H', 'W'],
      code: 'unknown-size',
    },
    {
      name: 'a transposed convolution of unknown size, SAME',
      nodes: [last({ auto_pad: 'SAME_UPPER' }, 'ConvTranspose', 'a')],
      shape: [4, 2, 'H', 'W'],
      w: [2, 3, 3, 3],
      code: 'unknown-size',
    },
    {
      name: 'the first layer behind a Pad',
      nodes: [node('Pad', ['x', 'border'], ['p']), last({}, 'Conv', 'p')],
      code: 'first-layer',
    },
    {
      name: 'a ReLU of a value added to itself',
      nodes: [node('Add', ['a', 'a'], ['s']), node('Relu', ['s'], ['r']), last({}, 'Conv', 'r')],
      code: 'no-statistics',
    },
    ...(['SAME_UPPER', 'SAME_LOWER', 'NOTSET'] as const).map((auto) => ({
      name: `an average over padding too, ${auto}`,
      nodes: [
        node('AveragePool', ['a'], ['p'], {
          kernel_shape: [3, 3],
          count_include_pad: 1,
          ...(auto === 'NOTSET' ? { strides: [2, 2], ceil_mode: 1 } : { auto_pad: auto }),
        }),
        last({}, 'Conv', 'p'),
      ],
      code: 'no-statistics',
    })),
    {
      name: 'a MatMul over the last axis, where the means are those of axis 1',
      nodes: [last({}, 'MatMul', 'a')],
      w: [8, 3],
      code: 'other-axis',
    },
    {
      name: 'a Gemm over the first axis (transA)',
      nodes: [node('Flatten', ['a'], ['f']), last({ transA: 1 }, 'Gemm', 'f')],
      w: [4, 3],
      code: 'other-axis',
    },
    {
      name: 'a Reshape that makes more samples of one',
      nodes: [node('Reshape', ['a', 'rows'], ['f']), last({}, 'Gemm', 'f')],
      w: [64, 3],
      code: 'no-statistics',
    },
  ];
  for (const { name, nodes, code, w: dims = [3, 2, 3, 3], shape = [4, 2, 8, 8] } of refusals) {
    it(`says why there is no error: ${name}`, () => {
      const graph = graphOf({
        inputs: { x: shape },
        outputs: ['y'],
        nodes: [node('Conv', ['x', 'v'], ['a'], {}, 'known'), ...nodes],
        tensors: [
          w(dims),
          tensor('v', [2, 2, 1, 1], 1),
          intTensor('rows', [-1, 64]),
          intTensor('border', [0, 0, 1, 1, 0, 0, 1, 1]),
        ],
      });
      const { errors, skipped } = analyticalErrors(
        withStatistics(graph, { a: statisticsOf([1, 2], [1, 1]) }),
        coarse('w'),
        new Set(['last']),
        () => undefined,
      );
      assert.deepEqual(errors, []);
      assert.deepEqual(
        skipped.map((skip) => [skip.code, skip.place]),
        [[code, 'last']],
      );
    });
  }
});

/** Two rows above, one column on each side; in ONNX's order. */
const padsOfPad = intTensor('pads', [0, 0, 2, 1, 0, 0, 0, 1]);

/** Samples of N(beta, gamma^2), channel by channel. */
function normal(
  dims: readonly number[],
  samples: number,
  beta: readonly number[],
  gamma: readonly number[],
  seed: number,
): { dims: number[]; values: Float32Array } {
  const inner = dims.slice(2).reduce((a, b) => a * b, 1);
  const channels = dims[1] ?? 1;
  const values = new Random(seed).normal(samples * channels * inner).map((value, i) => {
    const c = Math.floor(i / inner) % channels;
    return (beta[c] ?? 0) + (gamma[c] ?? 0) * value;
  });
  return { dims: [samples, ...dims.slice(1)], values };
}
