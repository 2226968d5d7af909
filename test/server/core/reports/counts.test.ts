import assert from 'node:assert/strict';
import { countParts } from '../../../../server/core/reports/counts.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

describe('countParts', () => {
  it('counts batch norms besides what it is given, those of ONNX only', () => {
    const graph = graphOf({
      inputs: { x: ['N', 2] },
      outputs: ['c'],
      nodes: [
        node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['a']),
        { ...node('BatchNormalization', ['a'], ['b2']), domain: 'custom' },
        node('Relu', ['b2'], ['c']),
      ],
    });
    const found = { layers: 3, foldable: 1, clsSets: 2 };
    assert.deepEqual(countParts(graph, found), {
      layers: 3,
      batchNorms: 1,
      foldable: 1,
      clsSets: 2,
    });
  });
});
