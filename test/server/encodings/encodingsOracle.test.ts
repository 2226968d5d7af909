import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { EncodingsVersion } from '../../../server/core/encodings/encodingsFile.ts';
import { encodingsForPlan } from '../../../server/core/encodings/plannedEntries.ts';
import { readEncodings } from '../../../server/core/encodings/readEncodings.ts';
import { writeEncodings } from '../../../server/core/encodings/writeEncodings.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { noJob } from '../../../server/core/job.ts';
import { planQuantizers } from '../../../server/core/quant/planQuantizers.ts';
import { defaultTarget, type Target } from '../../../server/core/quant/targets.ts';
import { checkEncodings } from '../../../server/encodings/checkEncodings.ts';
import { openDocument } from '../../../server/formats/index.ts';

/** Files that AIMET 2.42 wrote (shared/oracle/README.md, encodings). */
const root = path.resolve(import.meta.dirname, '../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');
const folder = path.join(oracle, 'encodings/micro-kws-m');
const model = path.join(models, 'micro-kws-m/micro_kws_m_static_fp32.onnx');

const filesIn = (where: string): string[] =>
  fs.existsSync(where) ? fs.readdirSync(where).filter((name) => name.endsWith('.encodings')) : [];

async function openGraph(): Promise<Graph> {
  const opened = await openDocument(model, noJob);
  assert.ok(opened.ok);
  return opened.value.graph;
}

/** The target that a file's name says: `per-channel-w4a16-...`. */
function targetOf(name: string): Target {
  const [, granularity, weights, activations] = /^per-(\w+)-w(\d+)a(\d+)-/.exec(name) ?? [];
  return {
    ...defaultTarget,
    granularity: granularity === 'channel' ? 'channel' : 'tensor',
    weightBits: Number(weights),
    activationBits: Number(activations),
  };
}

describe('encodings of AIMET', () => {
  it('are read without a problem, in all versions and of both models', function () {
    const folders = [folder, path.join(oracle, 'encodings/mlperf-resnet8-cifar10')];
    const files = folders.flatMap((one) => filesIn(one).map((name) => path.join(one, name)));
    if (files.length === 0) this.skip();
    assert.equal(files.length, 28);
    for (const file of files) {
      const read = readEncodings(fs.readFileSync(file, 'utf8'));
      assert.deepEqual(read.problems, [], file);
      assert.ok(read.file && file.includes(`-v${read.file.version}.`), file);
      assert.ok(read.file.entries.every(({ grid }) => grid !== undefined));
    }
  });

  it('of a partial file without a version are read too', function () {
    const file = path.join(models, 'aimet-encodings-sample/ssd_mobilenetv2.encodings');
    if (!fs.existsSync(file)) this.skip();
    const read = readEncodings(fs.readFileSync(file, 'utf8'));
    assert.deepEqual(
      read.problems.map(({ code, severity }) => [code, severity]),
      [['no-version', 'info']],
    );
    assert.equal(read.file?.version, '0.6.1');
    assert.deepEqual(
      read.file.entries.map(({ name, grid }) => [name, grid?.bits, grid?.highest[0]]),
      [
        ['/ssd_mobilenetV2_without_ABP-NMS_Q/685', 16, 65535],
        ['647', 16, 65535],
      ],
    );
  });

  it('fit the model that they were made of, and the other one not', async function () {
    const files = filesIn(folder);
    if (files.length === 0 || !fs.existsSync(model)) this.skip();
    const graph = await openGraph();
    for (const name of files) {
      const { file } = readEncodings(fs.readFileSync(path.join(folder, name), 'utf8'));
      assert.ok(file);
      const check = checkEncodings(file, { graph, plan: planQuantizers(graph, targetOf(name)) });
      assert.deepEqual(check.problems, [], name);
    }
    const other = path.join(oracle, 'encodings/mlperf-resnet8-cifar10');
    const [name = ''] = filesIn(other);
    const { file } = readEncodings(fs.readFileSync(path.join(other, name), 'utf8'));
    assert.ok(file);
    const check = checkEncodings(file, { graph, plan: planQuantizers(graph, targetOf(name)) });
    assert.equal(check.problems[0]?.code, 'other-model');
    assert.equal(check.matched, 0);
  });

  it('say the same in every version, and are written as they were', async function () {
    const files = filesIn(folder).filter((name) => name.includes('-v1.0.0'));
    if (files.length === 0 || !fs.existsSync(model)) this.skip();
    const graph = await openGraph();
    for (const name of files) {
      const target = targetOf(name);
      const plan = planQuantizers(graph, target);
      const setOf = (text: string): ReturnType<typeof encodingsForPlan> => {
        const { file } = readEncodings(text);
        assert.ok(file);
        const set = encodingsForPlan(file, { graph, plan });
        // the older versions have no biases
        return new Map([...set].filter(([, { kind }]) => kind !== 'bias').sort());
      };
      const text = (version: string): string =>
        fs.readFileSync(path.join(folder, name.replace('1.0.0', version)), 'utf8');
      const first = setOf(text('1.0.0'));
      assert.deepEqual(setOf(text('0.6.1')), first, name);
      assert.deepEqual(setOf(text('2.0.0')), first, name);
      for (const version of ['0.6.1', '1.0.0', '2.0.0'] as EncodingsVersion[]) {
        const options = { version, target, producer: { package: 'test', version: '1' } };
        const written = writeEncodings(first, options);
        assert.ok(written.ok);
        assert.deepEqual(entriesOf(written.value, first), entriesOf(text(version), first), name);
      }
    }
  });
});

/** The entries of a file by name, as they stand in its JSON, of these tensors only. */
function entriesOf(text: string, only: ReadonlyMap<string, unknown>): [string, unknown][] {
  const file = JSON.parse(text) as Readonly<
    Record<string, readonly { readonly name: string }[] | Readonly<Record<string, unknown>>>
  >;
  const entries = ['activation_encodings', 'param_encodings', 'encodings'].flatMap(
    (key): [string, unknown][] => {
      const list = file[key] ?? [];
      if (!isList(list)) return Object.entries(list);
      return list.map((one) => [one.name, one]);
    },
  );
  return entries.filter(([name]) => only.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
}

const isList = (
  list: readonly { readonly name: string }[] | Readonly<Record<string, unknown>>,
): list is readonly { readonly name: string }[] => Array.isArray(list);
