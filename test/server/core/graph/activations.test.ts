import assert from 'node:assert/strict';
import { activationOf } from '../../../../server/core/graph/activations.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { graphOf, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';

const constants = [
  tensor('zero', [], [0]),
  tensor('six', [], [6]),
  tensor('caps', [1, 3, 1, 1], [1, 2, 3]),
  tensor('row', [3], [1, 2, 3]),
  tensor('slopes', [3, 1, 1], [0.1, 0.2, 0.3]),
  tensor('nothing', [], [NaN]),
];

const cases: {
  made: NodeSpec;
  kind: string;
  bounds?: [number[], number[]];
  clamp?: boolean;
  rank?: number;
}[] = [
  { made: node('Relu', ['x'], ['y']), kind: 'homogeneous', bounds: [[0], [Infinity]], clamp: true },
  { made: node('Identity', ['x'], ['y']), kind: 'homogeneous', clamp: true },
  { made: node('Dropout', ['x'], ['y']), kind: 'homogeneous', clamp: true },
  { made: node('LeakyRelu', ['x'], ['y']), kind: 'homogeneous' },
  { made: node('PRelu', ['x', 'slopes'], ['y']), kind: 'homogeneous' },
  { made: node('Abs', ['x'], ['y']), kind: 'homogeneous', bounds: [[0], [Infinity]] },
  {
    made: node('Clip', ['x', 'zero'], ['y']),
    kind: 'homogeneous',
    bounds: [[0], [Infinity]],
    clamp: true,
  },
  {
    made: node('Clip', ['x', '', 'zero'], ['y']),
    kind: 'homogeneous',
    bounds: [[-Infinity], [0]],
    clamp: true,
  },
  {
    made: node('Clip', ['x'], ['y'], { min: 0, max: 6 }),
    kind: 'clip',
    bounds: [[0], [6]],
    clamp: true,
  },
  {
    made: node('Clip', ['x'], ['y'], { min: 0, max: 3.4028234663852886e38 }),
    kind: 'homogeneous',
    clamp: true,
  },
  {
    made: node('Clip', ['x', 'zero', 'six'], ['y']),
    kind: 'clip',
    bounds: [[0], [6]],
    clamp: true,
  },
  { made: node('Clip', ['x', 'zero', 'x'], ['y']), kind: 'other' },
  { made: node('Clip', ['x', 'nothing'], ['y']), kind: 'other' },
  {
    made: node('Min', ['x', 'caps'], ['y']),
    kind: 'clip',
    bounds: [[-Infinity], [1, 2, 3]],
    clamp: true,
  },
  {
    made: node('Max', ['zero', 'x'], ['y']),
    kind: 'homogeneous',
    bounds: [[0], [Infinity]],
    clamp: true,
  },
  {
    made: node('Min', ['x', 'caps', 'six'], ['y']),
    kind: 'clip',
    bounds: [[-Infinity], [1, 2, 3]],
    clamp: true,
  },
  { made: node('Min', ['x', 'row'], ['y']), kind: 'other', rank: 4 },
  { made: node('Min', ['x', 'row'], ['y']), kind: 'clip', rank: 2, clamp: true },
  { made: node('Sigmoid', ['x'], ['y']), kind: 'other', bounds: [[0], [1]] },
  { made: node('HardSwish', ['x'], ['y']), kind: 'other' },
  { made: node('ThresholdedRelu', ['x'], ['y']), kind: 'other' },
  { made: node('Softmax', ['x'], ['y']), kind: 'other', bounds: [[0], [1]] },
];

describe('activations', () => {
  for (const { made, kind, bounds, clamp = false, rank } of cases) {
    const words = [...made.attributes].map(([name, { kind: type }]) => `${name}:${type}`);
    it(`${made.op}(${[...made.inputs, ...words].join(', ')}) is ${kind}`, () => {
      const graph = graphOf({
        inputs: { x: ['N', 3, 4, 4] },
        outputs: ['y'],
        nodes: [made],
        tensors: constants,
      });
      const [only] = graph.nodes;
      const found = only && activationOf(only, wiringOf(graph), rank);
      assert.equal(found?.kind, kind);
      assert.equal(found?.isClamp, clamp);
      assert.equal(found?.input, 'x');
      if (bounds) assert.deepEqual([found?.lo, found?.hi], bounds);
    });
  }

  for (const made of [
    node('Add', ['x', 'six'], ['y']),
    node('Min', ['x', 'x2'], ['y']),
    { ...node('Relu', ['x'], ['y']), domain: 'com.example' },
  ]) {
    it(`${made.domain}${made.op}(${made.inputs.join(', ')}) is none`, () => {
      const graph = graphOf({
        inputs: { x: ['N', 3], x2: ['N', 3] },
        outputs: ['y'],
        nodes: [made],
        tensors: constants,
      });
      const [only] = graph.nodes;
      assert.equal(only && activationOf(only, wiringOf(graph)), undefined);
    });
  }

  it('Dropout that trains, or may, is random', () => {
    const graph = graphOf({
      inputs: { x: [1], flag: [] },
      outputs: ['y', 'z'],
      nodes: [
        node('Dropout', ['x', 'half', 'on'], ['y']),
        node('Dropout', ['x', 'half', 'flag'], ['z']),
      ],
      tensors: [tensor('half', [], [0.5]), tensor('on', [], [1])],
    });
    const kinds = graph.nodes.map((made) => activationOf(made, wiringOf(graph))?.kind);
    assert.deepEqual(kinds, ['other', 'other']);
  });
});
