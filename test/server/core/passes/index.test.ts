import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { noJob } from '../../../../server/core/job.ts';
import { passes } from '../../../../server/core/passes/index.ts';
import type { GraphPass } from '../../../../server/core/passes/pass.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

const folder = path.resolve(import.meta.dirname, '../../../../server/core/passes');
const notPasses = new Set(['index', 'pass', 'readOptions']);

describe('passes', () => {
  it('are all in the list, under the name of their file', () => {
    const files = fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -3))
      .filter((name) => !notPasses.has(name));
    assert.deepEqual(passes.map(({ id }) => id).sort(), files.sort());
  });

  for (const pass of passes as readonly GraphPass<object, object>[]) {
    it(`${pass.id} leaves a network without layers as it is`, async () => {
      const graph = graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [node('Relu', ['x'], ['y'])],
      });
      const result = await pass.run(graph, pass.defaults, noJob);
      assert.equal(result.graph, graph);
      assert.deepEqual(result.edits, []);
      assert.deepEqual(result.applied, []);
      assert.ok(result.isExact);
    });
  }
});
