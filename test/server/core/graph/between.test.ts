import assert from 'node:assert/strict';
import { nodesBetween, unknownNames } from '../../../../server/core/graph/between.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

/** x -> a -> b -> y, a -> c -> z; names of nodes are those of their outputs but for `second`. */
const graph = graphOf({
  inputs: { x: [1] },
  outputs: ['y', 'z'],
  nodes: [
    node('Relu', ['x'], ['a']),
    node('Relu', ['a'], ['b'], {}, 'second'),
    node('Relu', ['a'], ['c']),
    { ...node('If', ['flag'], ['y']), captures: ['b'] },
    node('Relu', ['c'], ['z']),
  ],
});

describe('nodesBetween', () => {
  const part = (starts: string[], outputs: string[]): string[] =>
    [...nodesBetween(graph, { starts, outputs })].map(({ outputs: [name = ''] }) => name);

  const cases: readonly (readonly [starts: string[], outputs: string[], nodes: string[]])[] = [
    [[], [], ['a', 'b', 'c', 'y', 'z']],
    [['second'], [], ['b', 'y']],
    [['b'], [], ['b', 'y']],
    [['x'], [], ['a', 'b', 'c', 'y', 'z']],
    [[], ['c'], ['a', 'c']],
    [[], ['y'], ['a', 'b', 'y']],
    [['c'], ['z'], ['c', 'z']],
    [['c'], ['y'], []],
    [['b', 'c'], [], ['b', 'c', 'y', 'z']],
  ];
  for (const [starts, outputs, nodes] of cases) {
    it(`from ${starts.join(', ') || 'the inputs'} to ${outputs.join(', ') || 'the outputs'}`, () => {
      assert.deepEqual(part(starts, outputs), nodes);
    });
  }

  it('knows inputs, values and nodes by name', () => {
    assert.deepEqual(unknownNames(graph, ['x', 'a', 'second', 'b', 'none']), ['none']);
  });
});
