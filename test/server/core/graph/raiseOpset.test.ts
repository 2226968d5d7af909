import assert from 'node:assert/strict';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { raiseOpset } from '../../../../server/core/graph/raiseOpset.ts';
import type { Attribute, Graph } from '../../../../server/core/graph/graph.ts';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';
import { graphOf, intTensor, node, tensor, valueInfo, type NodeSpec } from '../../../kit/graphs.ts';

const float = (value: number): Attribute => ({ kind: 'float', value });
const floats = (...value: number[]): Attribute => ({ kind: 'floats', value });

/** A graph of one operator on x of 2x3x4x4, in an operator set. */
const one = (
  opset: number,
  made: NodeSpec,
  tensors: Parameters<typeof graphOf>[0]['tensors'] = [],
): Graph =>
  graphOf({
    inputs: { x: [2, 3, 4, 4] },
    outputs: made.outputs.map((name) =>
      valueInfo(name, undefined, name === 'i' ? 'int64' : 'float32'),
    ),
    opset,
    nodes: [made],
    tensors,
  });

async function run(graph: Graph): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(encodeGraph(graph, []), { logSeverityLevel: 4 });
  const x = Float32Array.from({ length: 96 }, (_, i) => 3 * Math.sin(1.3 * i));
  const out = await session.run({ x: new Tensor('float32', x, [2, 3, 4, 4]) });
  const made = Object.entries(out).map(([name, { data, dims }]) => [
    name,
    [...dims, ...Array.from(data as Float32Array, Number)],
  ]);
  await session.release();
  return Object.fromEntries(made) as Record<string, number[]>;
}

/** Each case is run in the runtime in the old operator set and in 21: the numbers must be the same. */
const cases: readonly [string, Graph][] = [
  ['Clip', one(6, node('Clip', ['x'], ['y'], { min: float(-1), max: float(0.5) }))],
  ['Clip without a lower bound', one(9, node('Clip', ['x'], ['y'], { max: float(0.5) }))],
  ['Pad', one(9, node('Pad', ['x'], ['y'], { pads: [0, 0, 1, 0, 0, 0, 0, 2], value: float(1.5) }))],
  ['Slice', one(9, node('Slice', ['x'], ['y'], { starts: [0, 1], ends: [2, 3], axes: [1, 3] }))],
  [
    'Slice to the end',
    one(9, node('Slice', ['x'], ['y'], { starts: [1], ends: [2 ** 63], axes: [2] })),
  ],
  ['TopK', one(9, node('TopK', ['x'], ['y', 'i'], { k: 2, axis: 3 }))],
  ['Softmax of several axes', one(9, node('Softmax', ['x'], ['y'], { axis: 1 }))],
  ['Softmax of the last axis', one(12, node('Softmax', ['x'], ['y'], { axis: 3 }))],
  ['LogSoftmax of two axes', one(11, node('LogSoftmax', ['x'], ['y'], { axis: 2 }))],
  ['Unsqueeze', one(11, node('Unsqueeze', ['x'], ['y'], { axes: [0, 5] }))],
  ['ReduceSum', one(12, node('ReduceSum', ['x'], ['y'], { axes: [1, 3], keepdims: 0 }))],
  ['ReduceSum of all', one(12, node('ReduceSum', ['x'], ['y'], {}))],
  ['ReduceMean', one(12, node('ReduceMean', ['x'], ['y'], { axes: [2, 3] }))],
  ['ReduceL2', one(17, node('ReduceL2', ['x'], ['y'], { axes: [-1] }))],
  ['Split', one(11, node('Split', ['x'], ['y', 'z'], { axis: 2, split: [1, 3] }))],
  ['Split into equal parts', one(13, node('Split', ['x'], ['y', 'z'], { axis: 2 }))],
  ['Dropout', one(10, node('Dropout', ['x'], ['y'], { ratio: float(0.3) }))],
  [
    'Upsample of 7',
    one(7, node('Upsample', ['x'], ['y'], { mode: 'nearest', scales: floats(1, 1, 2, 3) })),
  ],
  [
    'Upsample of 9, linear',
    one(9, node('Upsample', ['x', 's'], ['y'], { mode: 'linear' }), [
      tensor('s', [4], [1, 1, 2, 2]),
    ]),
  ],
  [
    'Resize of 10, larger',
    one(10, node('Resize', ['x', 's'], ['y'], { mode: 'nearest' }), [
      tensor('s', [4], [1, 1, 2.5, 1]),
    ]),
  ],
  [
    'Resize of 10, smaller',
    one(10, node('Resize', ['x', 's'], ['y'], { mode: 'nearest' }), [
      tensor('s', [4], [1, 1, 0.75, 0.5]),
    ]),
  ],
  [
    'BatchNormalization of 7',
    one(7, node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['y'], { spatial: 1 }), [
      tensor('g', [3], [1, 2, 3]),
      tensor('b', [3], [0, 1, -1]),
      tensor('m', [3], [0.5, 0, 0.1]),
      tensor('v', [3], [1, 2, 0.5]),
    ]),
  ],
  [
    'GridSample',
    one(16, node('GridSample', ['x', 'at'], ['y'], { mode: 'bilinear' }), [
      tensor(
        'at',
        [2, 2, 2, 2],
        Array.from({ length: 16 }, (_, i) => Math.sin(i)),
      ),
    ]),
  ],
  [
    'Scatter',
    one(9, node('Scatter', ['x', 'at', 'with'], ['y'], { axis: 3 }), [
      intTensor('at', [3, 0], [1, 1, 1, 2]),
      tensor('with', [1, 1, 1, 2], [7, 8]),
    ]),
  ],
];

/** Elements are computed by other kernels in a newer operator set; values are below 100. */
const tolerance = 1e-5;

describe('raiseOpset', () => {
  for (const [name, graph] of cases) {
    it(`${name} computes the same in 21`, async () => {
      const { graph: raised, refused } = raiseOpset(graph, 21);
      assert.deepEqual(refused, []);
      assert.deepEqual(checkGraph(raised), []);
      assert.equal(raised.opsets.get(''), 21);
      const [before, after] = [await run(graph), await run(raised)];
      assert.deepEqual(Object.keys(after), Object.keys(before));
      for (const [output, values] of Object.entries(before)) {
        const theirs = after[output] ?? [];
        assert.equal(theirs.length, values.length, output);
        for (const [i, value] of values.entries()) {
          assert.ok(Math.abs(value - (theirs[i] ?? NaN)) <= tolerance, `${output}[${i}]`);
        }
      }
    });
  }

  it('keeps a graph that is new enough, and stops at the set that is wanted', () => {
    const graph = one(12, node('ReduceMean', ['x'], ['y'], { axes: [1] }));
    assert.equal(raiseOpset(graph, 12).graph, graph);
    const { graph: raised } = raiseOpset(graph, 13);
    assert.deepEqual(
      [...(raised.nodes[0]?.attributes.keys() ?? [])],
      ['axes'],
      'changed in 18 only',
    );
  });

  it('broadcasts as numpy does where no axis is named', () => {
    const graph = one(6, node('Add', ['x', 'a'], ['y'], { broadcast: 1 }), [tensor('a', [4], 1)]);
    const { graph: raised } = raiseOpset(graph, 13);
    assert.equal(raised.nodes[0]?.attributes.size, 0);
  });

  it('names what cannot be converted, and leaves the graph', () => {
    const refusals: readonly [Graph, RegExp][] = [
      [
        one(9, node('Upsample', ['x', 'x'], ['up'], { mode: 'nearest' })),
        /^Upsample "up" \(its scales/,
      ],
      [
        one(6, node('BatchNormalization', ['x', 'x', 'x', 'x', 'x'], ['n'])),
        /"n" \(it is in training/,
      ],
      [one(6, node('Mul', ['x', 'x'], ['m'], { broadcast: 1, axis: 1 })), /along an axis/],
      [one(5, node('Relu', ['x'], ['y'])), /^operator set 5$/],
      [
        one(18, node('GroupNormalization', ['x', 'x', 'x'], ['n'], { num_groups: 1 })),
        /became those/,
      ],
    ];
    for (const [graph, why] of refusals) {
      const raised = raiseOpset(graph, 21);
      assert.equal(raised.graph, graph);
      assert.match(raised.refused[0] ?? '', why);
    }
  });
});
