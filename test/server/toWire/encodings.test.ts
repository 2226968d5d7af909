import assert from 'node:assert/strict';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { encodingRowsOf } from '../../../server/toWire/encodings.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

const zero = {
  name: 'z',
  type: 'int8',
  dims: [],
  data: new MemoryData(new Uint8Array(1)),
} as const;

describe('encodingRowsOf', () => {
  const graph = graphOf({
    inputs: { x: [1, 4] },
    outputs: ['y'],
    nodes: [
      node('DequantizeLinear', ['w', 's', 'z'], ['wf']),
      node('Flatten', ['x'], ['flat']),
      node('QuantizeLinear', ['flat', 's', 'z'], ['q']),
      node('DequantizeLinear', ['q', 's', 'z'], ['d']),
      node('Add', ['d', 'wf'], ['y']),
    ],
    tensors: [
      tensor('s', [], [0.04]),
      { ...zero, name: 'w', dims: [4], data: new MemoryData(new Uint8Array(4)) },
      zero,
    ],
  });

  it('has what flows through the model first, then its constants', () => {
    assert.deepEqual(
      encodingRowsOf(graph).map(({ tensor: name }) => name),
      ['flat', 'w'],
    );
  });

  it('holds an input against samples also behind what only reshapes it', () => {
    const ranges = new Map([['x', { min: -1, max: 25.5 }]]);
    const [first, second] = encodingRowsOf(graph, ranges);
    assert.deepEqual(first?.samples, { min: -1, max: 25.5 });
    assert.equal(second?.samples, undefined);
  });
});
