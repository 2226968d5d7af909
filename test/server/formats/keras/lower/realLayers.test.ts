import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { noJob } from '../../../../../server/core/job.ts';
import { openDocument } from '../../../../../server/formats/index.ts';
import { KerasFolder } from '../../../../kit/kerasFiles.ts';
import { closeTo, runGraph, type Values } from '../../../../kit/run.ts';

interface Described {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}
interface Case {
  readonly architecture: object;
  readonly weights: readonly (Described & { readonly name: string })[];
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: readonly Described[];
}
/** Models with the answers that Keras gave: test/oracle/keras/make.py --fixture. */
const { keras, cases } = JSON.parse(
  gunzipSync(readFileSync('test/oracle/keras/layers.json.gz')).toString(),
) as {
  readonly keras: string;
  readonly cases: Readonly<Record<string, Case>>;
};

/** Float32 in another order of sums, through at most ten layers; the answers have 7 digits. */
const tolerance = { relative: 2e-5, absolute: 1e-6 };

describe(`layers as Keras ${keras} runs them`, () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  it('are all in the fixture', () => assert.ok(Object.keys(cases).length > 150));

  for (const [name, { architecture, weights, inputs, outputs }] of Object.entries(cases)) {
    it(name, async () => {
      const listed = weights.map(({ name: weight, dims, values }) => ({
        name: weight.replace(/:0$/, ''),
        shape: dims,
        values,
      }));
      const opened = await openDocument(folder.model(architecture, listed, keras), noJob);
      if (!opened.ok) assert.fail(opened.error.message);
      const { graph, issues } = opened.value;
      assert.deepEqual(issues, []);
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([input, { dims, values }]): [string, Values] => [
          input,
          { dims, values: Float32Array.from(values) },
        ]),
      );
      const results = [...(await runGraph(graph, feeds)).values()];
      opened.value.dispose();
      assert.equal(results.length, outputs.length);
      for (const [i, { dims, values }] of outputs.entries()) {
        assert.deepEqual(results[i]?.dims, dims, `${name}: output ${i}`);
        closeTo(results[i]?.values ?? [], values, tolerance, name);
      }
    });
  }
});
