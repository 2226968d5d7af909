import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { noJob } from '../../../../server/core/job.ts';
import type { GraphPass } from '../../../../server/core/passes/pass.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

const folder = path.resolve(import.meta.dirname, '../../../../server/core/passes');
const notPasses = new Set(['pass', 'readOptions']);
const names = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
  .filter((name) => !notPasses.has(name));

/** The pass that a file is named after. */
async function passOf(name: string): Promise<GraphPass<object, object>> {
  const file = pathToFileURL(path.join(folder, `${name}.ts`)).href;
  const made = (await import(file)) as Record<string, GraphPass<object, object>>;
  const pass = made[name];
  assert.ok(pass, `${name}.ts has no export of its name`);
  return pass;
}

describe('passes', () => {
  for (const name of names) {
    it(`${name} is named after its file, and leaves a network without layers as it is`, async () => {
      const pass = await passOf(name);
      assert.equal(pass.id, name);
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
