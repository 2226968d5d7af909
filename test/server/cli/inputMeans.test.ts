import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInputMeans } from '../../../server/cli/inputMeans.ts';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';

describe('readInputMeans', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'input-means-'))));
  after(() => rm(folder, { recursive: true }));

  it('takes the channels of measured inputs from axis 1, for a MatMul from the last', async () => {
    const graph = graphOf({
      inputs: { a: [1, 2, 2], b: [1, 2, 4] },
      outputs: ['c', 'd'],
      nodes: [node('Conv', ['a', 'v'], ['c'], {}, 'conv'), node('MatMul', ['b', 'w'], ['d'])],
      tensors: [tensor('v', [1, 2, 1], 1), tensor('w', [4, 1], 1)],
    });
    const [conv, product] = layersOf(graph, wiringOf(graph));
    assert.ok(conv && product);
    const path = join(folder, 'means.npz');
    await makeNpz(path, {
      [conv.name]: floatNpy([1, 2, 2], [1, 3, 5, 9]),
      // Two tokens of four features.
      [product.name]: floatNpy([1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
    });
    const means = await readInputMeans(path, [conv, product]);
    assert.deepEqual([...(means.get(conv.name) ?? [])], [2, 7]);
    assert.deepEqual([...(means.get(product.name) ?? [])], [3, 4, 5, 6]);
  });
});
