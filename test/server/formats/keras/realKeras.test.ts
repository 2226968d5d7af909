import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noJob } from '../../../../server/core/job.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { runPass } from '../../../../server/runSteps.ts';
import { closeTo, runGraph } from '../../../kit/run.ts';

/** Networks of make.py: residual ones, nested ones, with an optimizer; all that the passes change. */
const few = ['residual', 'trained', 'nested'];
const all = [
  ...['mobile_relu6', 'residual', 'sequential', 'trained', 'nested', 'shared', 'shared_apart'],
  ...['prebn', 'lines', 'unet', 'squeeze', 'outputs_inside', 'td_bn', 'self_attention'],
];
const networks = process.env['RANGEFINDER_KERAS_ALL'] === undefined ? few : all;
/** Float32 through some ten layers; the tolerance for folding and scaling. */
const tolerance = { relative: 1e-4, absolute: 0 };

interface Described {
  readonly dims: number[];
  readonly values: number[];
}

/**
 * Models that Keras made, corrected and saved by us, and loaded again by Keras. Needs a Python that
 * has it: RANGEFINDER_KERAS=/path/to/python (Keras 3 with any backend, or Keras 2.15). Three networks,
 * with RANGEFINDER_KERAS_ALL=1 every one.
 */
describe('Keras itself', () => {
  const python = process.env['RANGEFINDER_KERAS'];
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const call = (script: string, ...words: readonly string[]): string =>
    execFileSync(python ?? '', [join('test/oracle/keras', script), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });

  it('loads what was folded, cleared and equalized, with the same outputs', async function () {
    if (python === undefined) this.skip();
    this.timeout(1_800_000);
    call('make.py', folder, ...networks);
    const saved = join(folder, 'saved');
    mkdirSync(saved);
    const files = readdirSync(folder).filter((name) => /\.(h5|keras)$/.test(name));
    assert.equal(files.length, 2 * networks.length);
    for (const name of files) await correct(join(folder, name), join(saved, name));
    const last = call('check.py', folder, saved).trim().split('\n').at(-1) ?? '';
    const differences = JSON.parse(last) as Record<string, number | string>;
    assert.deepEqual(Object.keys(differences).sort(), files.sort());
    for (const [name, difference] of Object.entries(differences)) {
      assert.ok(Number(difference) <= tolerance.relative, `${name}: ${difference}`);
    }
  });
});

/** Runs what stays exact, and saves; our own outputs are those of Keras before and after. */
async function correct(path: string, target: string): Promise<void> {
  const { inputs, outputs } = JSON.parse(readFileSync(path.replace(/\.\w+$/, '.json'), 'utf8')) as {
    inputs: Record<string, Described>;
    outputs: Described[];
  };
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims, values }]) => [
      name,
      { dims, values: Float32Array.from(values) },
    ]),
  );
  const opened = await openDocument(path, noJob);
  if (!opened.ok) assert.fail(opened.error.message);
  const document = opened.value;
  let { graph } = document;
  for (const step of ['fold', 'clear', 'equalize'] as const) {
    graph = (await runPass(graph, step, {}, noJob)).graph;
    const results = [...(await runGraph(graph, feeds)).values()];
    for (const [i, { values }] of outputs.entries()) {
      closeTo(results[i]?.values ?? [], values, tolerance, `${path} after ${step}`);
    }
  }
  const written = await document.write(graph, target, new Map(), noJob);
  if (!written.ok) assert.fail(written.error.message);
  written.value.dispose();
  document.dispose();
}
