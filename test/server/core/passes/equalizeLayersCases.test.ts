import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import { absMaxByInput, absMaxByOutput } from '../../../../server/core/kernels/channels.ts';
import {
  equalizeLayers,
  type EqualizeOptions,
} from '../../../../server/core/passes/equalizeLayers.ts';
import { invariant } from '../../../kit/equalizing.ts';
import { intTensor, node, randomTensor, tensor } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, sameOutputs } from '../../../kit/run.ts';

/** Weights are rounded to float32 once on each side. */
const rangeTolerance = { relative: 1e-6, absolute: 0 };

const image = [2, 3, 8, 8];

interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly sets: readonly (readonly string[])[];
  readonly options?: Partial<EqualizeOptions>;
  readonly caps?: number;
  /** Layers between which ranges cannot be compared position by position. */
  readonly skipRanges?: boolean;
}

const cases: readonly Case[] = [
  {
    name: 'conv, ReLU, conv, ReLU, conv: two pairs',
    graph: new Net(image)
      .conv('a', [4, 3, 3, 3], 4, { pads: [1, 1, 1, 1] })
      .relu()
      .conv('b', [6, 4, 3, 3], 6, { pads: [1, 1, 1, 1] })
      .relu()
      .conv('c', [5, 6, 1, 1], 5)
      .graph(),
    sets: [
      ['a', 'b'],
      ['b', 'c'],
    ],
  },
  {
    name: '1-D convolutions',
    graph: new Net([2, 3, 12]).conv('a', [4, 3, 3], 4).relu().conv('b', [5, 4, 3], 5).graph(),
    sets: [['a', 'b']],
  },
  {
    name: '3-D convolutions',
    graph: new Net([1, 2, 5, 5, 5])
      .conv('a', [4, 2, 2, 2, 2], 4)
      .relu()
      .conv('b', [3, 4, 2, 2, 2], 3)
      .graph(),
    sets: [['a', 'b']],
  },
  {
    name: 'transposed convolution with other channel counts',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('t', [4, 6, 3, 3], 6, { strides: [2, 2] }, 'ConvTranspose')
      .relu()
      .conv('c', [5, 6, 1, 1], 5)
      .graph(),
    sets: [
      ['a', 't'],
      ['t', 'c'],
    ],
  },
  {
    name: '1-D transposed convolution',
    graph: new Net([1, 3, 9])
      .conv('a', [4, 3, 1], 4)
      .relu()
      .conv('t', [4, 7, 3], 7, {}, 'ConvTranspose')
      .graph(),
    sets: [['a', 't']],
  },
  {
    name: 'transposed convolution with groups',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('t', [4, 3, 2, 2], 6, { group: 2 }, 'ConvTranspose')
      .relu()
      .conv('c', [2, 6, 1, 1], 2)
      .graph(),
    sets: [
      ['a', 't'],
      ['t', 'c'],
    ],
  },
  {
    name: 'grouped convolution on both sides',
    graph: new Net(image)
      .conv('a', [6, 3, 1, 1], 6)
      .relu()
      .conv('g', [8, 3, 3, 3], 8, { group: 2 })
      .relu()
      .conv('c', [4, 8, 1, 1], 4)
      .graph(),
    sets: [
      ['a', 'g'],
      ['g', 'c'],
    ],
  },
  {
    name: 'depthwise triple',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('d', [4, 1, 3, 3], 4, { group: 4, pads: [1, 1, 1, 1] })
      .relu()
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'd', 'c']],
  },
  {
    name: 'depthwise transposed convolution in a triple',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('d', [4, 1, 3, 3], 4, { group: 4 }, 'ConvTranspose')
      .relu()
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'd', 'c']],
  },
  {
    name: 'depthwise layers in a row are one set',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .conv('d', [4, 1, 3, 3], 4, { group: 4 })
      .relu()
      .conv('e', [4, 1, 3, 3], 4, { group: 4 })
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'd', 'e', 'c']],
  },
  {
    name: 'depthwise first, and depthwise at the end',
    graph: new Net(image)
      .conv('d', [3, 1, 3, 3], 3, { group: 3 })
      .relu()
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('e', [4, 1, 3, 3], 4, { group: 4 })
      .graph(),
    sets: [
      ['d', 'a'],
      ['a', 'e'],
    ],
  },
  {
    name: 'depthwise with multiplier 2 is an ordinary grouped layer',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .conv('m', [8, 1, 3, 3], 8, { group: 4 })
      .relu()
      .conv('c', [5, 8, 1, 1], 5)
      .graph(),
    sets: [
      ['a', 'm'],
      ['m', 'c'],
    ],
  },
  ...(['Relu', 'Abs', 'Identity', 'Dropout', 'LeakyRelu'] as const).map((op) => ({
    name: `through ${op}`,
    graph: new Net(image).conv('a', [4, 3, 1, 1], 4).op(op).conv('b', [5, 4, 1, 1], 5).graph(),
    sets: [['a', 'b']],
  })),
  {
    name: 'through PRelu with a slope a channel',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .op('PRelu', {}, [tensor('slope', [4, 1, 1], [0.1, -0.5, 2, 0])])
      .conv('b', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'b']],
  },
  ...(
    [
      ['MaxPool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }],
      ['AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }],
      ['AveragePool', { kernel_shape: [2, 2] }],
      ['GlobalAveragePool', {}],
      ['GlobalMaxPool', {}],
      ['ReduceMean', { axes: [2, 3], keepdims: 1 }],
    ] as const
  ).map(([op, attributes]) => ({
    name: `through ${op} ${JSON.stringify(attributes)}`,
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op(op, attributes)
      .conv('b', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'b']],
  })),
  {
    name: 'through Pad with zeros',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('Pad', {}, [intTensor('pads', [0, 0, 1, 2, 0, 0, 0, 1])])
      .conv('b', [5, 4, 2, 2], 5)
      .graph(),
    sets: [['a', 'b']],
  },
  {
    name: 'global pooling, Flatten, Gemm, ReLU, Gemm (transB, alpha, beta)',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('GlobalAveragePool')
      .op('Flatten')
      .conv('f', [4, 6], 6, { alpha: 0.5, beta: 2 }, 'Gemm')
      .relu()
      .conv('g', [3, 6], 3, { transB: 1 }, 'Gemm')
      .graph(),
    sets: [
      ['a', 'f'],
      ['f', 'g'],
    ],
  },
  {
    name: 'Flatten of an image: factors repeated',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('Flatten')
      .conv('f', [256, 6], 6, {}, 'Gemm')
      .graph(),
    sets: [['a', 'f']],
    skipRanges: true,
  },
  {
    name: 'Transpose to NHWC and Reshape: factors tiled',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('Transpose', { perm: [0, 2, 3, 1] })
      .op('Reshape', {}, [intTensor('shape', [0, -1])])
      .conv('f', [256, 6], 6, {}, 'Gemm')
      .graph(),
    sets: [['a', 'f']],
    skipRanges: true,
  },
  {
    name: 'Reshape to 1-D convolution and back',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('Reshape', {}, [intTensor('flat', [0, 4, 64])])
      .conv('b', [6, 4, 3], 6)
      .op('Unsqueeze', {}, [intTensor('axes', [-1])])
      .conv('c', [5, 6, 1, 1], 5)
      .graph(),
    sets: [
      ['a', 'b'],
      ['b', 'c'],
    ],
  },
  {
    name: 'ReLU6 with caps a channel',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .clip()
      .conv('d', [4, 1, 3, 3], 4, { group: 4 })
      .clip()
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'd', 'c']],
    caps: 2,
  },
  {
    name: 'a clamp of both sides',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .op('Clip', {}, [tensor('low', [], [-0.5]), tensor('high', [], [0.75])])
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'c']],
    caps: 2,
  },
  {
    name: 'ReLU6 between Flatten and Gemm: a cap a position',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .op('Flatten')
      .clip()
      .conv('f', [256, 5], 5, {}, 'Gemm')
      .graph(),
    sets: [['a', 'f']],
    caps: 1,
    skipRanges: true,
  },
  {
    name: 'caps that are there already',
    graph: new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .relu()
      .op('Min', {}, [tensor('cap', [1, 4, 1, 1], [1, 2, 0.5, 0.25])])
      .conv('c', [5, 4, 1, 1], 5)
      .graph(),
    sets: [['a', 'c']],
    caps: 0,
  },
];

/** The MatMul layers of a transformer's MLP, on three axes. */
const mlp = new Net([2, 5, 6]);
for (const [name, dims] of [
  ['m', [6, 8]],
  ['n', [8, 3]],
] as const) {
  mlp.tensors.push(randomTensor(mlp.random, `${name}.w`, dims));
  mlp.tensors.push(randomTensor(mlp.random, `${name}.b`, [dims[1]]));
  mlp.add(node('MatMul', [mlp.value, `${name}.w`], [`${name}.p`], {}, name));
  mlp.add(node('Add', [`${name}.b`, mlp.value], [`${name}.y`]));
  if (name === 'm') mlp.relu();
}

const layerNamed = (graph: Graph, name: string): Layer => {
  const found = layersOf(graph, wiringOf(graph)).find((layer) => layer.name === name);
  assert.ok(found, `no layer ${name}`);
  return found;
};

describe('equalizeLayers on small networks', () => {
  const matMul: Case = {
    name: 'MatMul with Add on three axes',
    graph: mlp.graph(),
    sets: [['m', 'n']],
  };
  for (const { name, graph, sets, options, caps, skipRanges } of [...cases, matMul]) {
    it(name, async () => {
      const all = { ...equalizeLayers.defaults, ...options };
      const result = await equalizeLayers.run(graph, all, noJob);
      assert.deepEqual(
        result.applied.map(({ layers }) => layers),
        sets,
      );
      assert.ok(result.isExact);
      if (/through (Identity|Dropout)/u.test(name))
        assert.deepEqual(result.applied[0]?.reluBetween, [false]);
      assert.deepEqual(checkGraph(result.graph), []);
      assert.deepEqual(applyEdits(result.graph, invertAll(result.edits)), graph);
      assert.deepEqual(applyEdits(graph, result.edits), result.graph);
      await sameOutputs(graph, result.graph, new Random(7), invariant);
      const last = sets.at(-1) ?? [];
      const [one, two] = [last.at(-2) ?? '', last.at(-1) ?? ''];
      const added = result.applied.reduce((sum, { capsAdded }) => sum + capsAdded, 0);
      assert.equal(added, caps ?? 0);
      if (skipRanges) return;
      const a = layerNamed(result.graph, one);
      const b = layerNamed(result.graph, two);
      const byOutput = absMaxByOutput(readFloats(a.weight), a.layout);
      closeTo(absMaxByInput(readFloats(b.weight), b.layout), byOutput, rangeTolerance, 'range');
    });
  }

  it('finds no set in nothing that passes a factor', async () => {
    const graph = new Net(image)
      .conv('a', [4, 3, 1, 1], 4)
      .op('Sigmoid')
      .conv('b', [5, 4, 1, 1], 5)
      .graph();
    const { applied, skipped, edits } = await equalizeLayers.run(
      graph,
      equalizeLayers.defaults,
      noJob,
    );
    assert.deepEqual(applied, []);
    assert.deepEqual(edits, []);
    assert.deepEqual(
      skipped.map(({ code, place }) => [code, place]),
      [['not-homogeneous', 'a']],
    );
  });
});
