import assert from 'node:assert/strict';
import { attributeFault } from '../../../../server/core/graph/attributeFaults.ts';
import { GrowingIntervals } from '../../../../server/core/graph/intervals.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { inferShapes } from '../../../../server/core/graph/shapes.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { clearDeadChannels } from '../../../../server/core/passes/clearDeadChannels.ts';
import { graphOf, node, tensor, type AttributeSpec } from '../../../kit/graphs.ts';

type Case = readonly [
  op: string,
  attributes: Readonly<Record<string, AttributeSpec>>,
  says: RegExp,
];

const cases: readonly Case[] = [
  ['MaxPool', { kernel_shape: [2, 2], strides: [2, -1] }, /MaxPool "v": strides cannot be -1/],
  ['AveragePool', { kernel_shape: [0, 2] }, /kernel_shape cannot be 0/],
  ['MaxPool', { kernel_shape: [2, 2 ** 62] }, /kernel_shape is too large: 4611686018427387904/],
  ['Conv', { dilations: [1, 2 ** 62] }, /dilations is too large/],
  ['Conv', { pads: [1, 1, 1, 2 ** 31] }, /pads is too large: 2147483648/],
  ['Conv', { group: 0 }, /group cannot be 0/],
  ['ConvTranspose', { group: -(2 ** 63) }, /group cannot be -9223372036854775808/],
  ['ConvTranspose', { output_padding: [-1, 0] }, /output_padding cannot be -1/],
  ['DepthToSpace', { blocksize: 0 }, /blocksize cannot be 0/],
];

describe('attributes that make no sense', () => {
  for (const [op, attributes, says] of cases) {
    it(`${op} ${JSON.stringify(attributes)}: is named, and nothing is worked out of it`, async () => {
      const isLayer = op.startsWith('Conv');
      const graph = graphOf({
        inputs: { x: [1, 4, 8, 8] },
        outputs: ['y'],
        nodes: [
          node(op, isLayer ? ['x', 'w'] : ['x'], ['v'], attributes),
          node('Flatten', ['v'], ['f']),
          node('Concat', ['f', 'f'], ['c'], { axis: 1 }),
          node('Relu', ['c'], ['y']),
        ],
        tensors: [tensor('w', [4, 4, 3, 3], 0.1)],
      });
      assert.match(attributeFault(graph.nodes[0] ?? assert.fail()) ?? '', says);
      const shapes = inferShapes(graph);
      assert.ok([...(shapes.get('c') ?? [])].every((size) => Number(size ?? 0) >= 0));
      assert.deepEqual(layersOf(graph, wiringOf(graph)), []);
      new GrowingIntervals(graph, shapes).all();
      await clearDeadChannels.run(graph, clearDeadChannels.defaults, noJob);
    });
  }

  it('are those of a Split that asks for more parts than anybody does, or fewer than it has', () => {
    const split = (parts: number): string | undefined =>
      attributeFault({ ...node('Split', ['x'], ['a', 'b'], { num_outputs: parts }), id: 0 });
    assert.match(split(2 ** 31) ?? '', /num_outputs is too large: 2147483648/);
    assert.match(split(1) ?? '', /num_outputs cannot be 1/);
    assert.equal(split(2), undefined);
  });

  it('are not those that are usual, and nothing is said of operators of others', () => {
    const usual = { strides: [2, 2], pads: [0, 0, 1, 1], dilations: [3, 1], group: 2 };
    assert.equal(attributeFault({ ...node('Conv', ['x', 'w'], ['y'], usual), id: 0 }), undefined);
    const others = { ...node('Conv', ['x', 'w'], ['y'], { group: 0 }), domain: 'my.ops', id: 0 };
    assert.equal(attributeFault(others), undefined);
  });
});
