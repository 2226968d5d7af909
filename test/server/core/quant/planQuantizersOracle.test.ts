import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { builtInPlacement } from '../../../../server/core/quant/placements/builtIn.ts';
import { planQuantizers } from '../../../../server/core/quant/planQuantizers.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { configurationOf, type Facts } from '../../../kit/aimetConfiguration.ts';
import { openDocument } from '../../../../server/formats/index.ts';

/** Placement beside AIMET 2.42 (shared/oracle/README.md, encodings and quantsim-config). */
const root = path.resolve(import.meta.dirname, '../../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');

interface ListedEncoding {
  readonly name: string;
  readonly output_dtype?: string;
  readonly axis?: number;
}

interface FirstVersion {
  readonly activation_encodings: readonly ListedEncoding[];
  readonly param_encodings: readonly ListedEncoding[];
}

interface SecondVersion {
  readonly encodings: readonly ListedEncoding[];
}

/** A file of the oracle, parsed; undefined where it is absent. */
function read(file: string): unknown {
  const found = path.join(oracle, file);
  return fs.existsSync(found) ? JSON.parse(fs.readFileSync(found, 'utf8')) : undefined;
}

const readFacts = (): Readonly<Record<string, Facts>> | undefined =>
  (read('quantsim-config/facts.json') as { configs: Record<string, Facts> } | undefined)?.configs;

async function openGraph(file: string): Promise<Graph | undefined> {
  const found = path.join(models, file);
  if (!fs.existsSync(found)) return undefined;
  const opened = await openDocument(found, noJob);
  assert.ok(opened.ok);
  return opened.value.graph;
}

describe('planQuantizers beside AIMET', () => {
  const model = 'micro-kws-m/micro_kws_m_static_fp32.onnx';
  for (const [title, name] of [
    ['per-channel', 'default_config_per_channel.json'],
    ['per-tensor', 'default_config.json'],
  ] as const) {
    it(`rounds the same tensors of micro-kws-m, ${title}`, async function () {
      const facts = readFacts();
      const graph = await openGraph(model);
      const folder = `encodings/micro-kws-m/${title}-w8a8-min_max`;
      const first = read(`${folder}-v1.0.0.encodings`) as FirstVersion | undefined;
      const second = read(`${folder}-v2.0.0.encodings`) as SecondVersion | undefined;
      if (!facts || !graph || !first || !second) this.skip();
      const own = facts[name];
      assert.ok(own);
      const plan = planQuantizers(graph, defaultTarget, { configuration: configurationOf(own) });
      const names = (kind: string): string[] =>
        plan.quantizers.filter((one) => one.kind === kind).map((one) => one.tensor);
      assert.deepEqual(
        names('activation'),
        first.activation_encodings.map((one) => one.name),
      );
      assert.deepEqual(
        names('weight'),
        first.param_encodings.map((one) => one.name),
      );
      assert.deepEqual(names('bias'), []);
      const axes = new Map(second.encodings.map((one) => [one.name, one.axis]));
      for (const one of plan.quantizers) assert.equal(one.axis, axes.get(one.tensor), one.tensor);
    });
  }

  it('has biases and axes as AIMET exports them, without a configuration', async function () {
    const graph = await openGraph(model);
    const file = read('encodings/micro-kws-m/per-channel-w8a8-min_max-v2.0.0.encodings') as
      SecondVersion | undefined;
    if (!graph || !file) this.skip();
    const plan = planQuantizers(graph, defaultTarget);
    const ours = new Map(plan.quantizers.map((one) => [one.tensor, one]));
    for (const { name, axis, output_dtype: type } of file.encodings) {
      const one = ours.get(name);
      // 2.0.0 also lists values that are only moved; the plan says why it has none there
      if (!one)
        assert.ok(
          plan.unquantized.some(({ tensor }) => tensor === name),
          name,
        );
      else assert.deepEqual([one.axis, one.format.bits], [axis, type === 'int32' ? 32 : 8], name);
    }
    assert.equal(plan.quantizers.filter(({ kind }) => kind === 'bias').length, 6);
  });

  it('rounds the same places of resnet8, batch norms folded', async function () {
    const graph = await openGraph('mlperf-resnet8-cifar10/pretrainedResnet.h5');
    const folder = 'encodings/mlperf-resnet8-cifar10';
    const file = read(`${folder}/per-channel-w8a8-min_max-v1.0.0.encodings`) as
      FirstVersion | undefined;
    if (!graph || !file) this.skip();
    const folded = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
    const plan = planQuantizers(folded.graph, defaultTarget);
    const places = plan.quantizers.filter(({ kind }) => kind === 'activation');
    assert.equal(places.length, file.activation_encodings.length);
    for (const [at, { name }] of file.activation_encodings.entries()) {
      const { tensor = '', owner = '' } = places[at] ?? {};
      // the oracle's ONNX file has the names of the Keras layers, but for its input
      assert.ok([tensor, owner, tensor.replace(/_1$/, '')].includes(name), `${name}: ${tensor}`);
    }
    assert.deepEqual(
      plan.quantizers
        .filter(({ kind }) => kind === 'weight')
        .map(({ owner, axis }) => [owner, axis]),
      file.param_encodings.map(({ name }) => [
        name.replace('.weight', ''),
        name.startsWith('dense') ? 1 : 0,
      ]),
    );
  });

  it('joins by itself whatever AIMET joins by default', function () {
    const facts = readFacts();
    if (!facts) this.skip();
    const theirs = facts['default_config_per_channel.json'];
    assert.ok(theirs);
    const ours = builtInPlacement('default');
    const groups = ours.supergroups.map((group) => group.op_list.join(' > '));
    assert.deepEqual(
      theirs.supergroups.filter((group) => !groups.includes(group)),
      [],
    );
    assert.deepEqual(ours.supergroup_pass_list, theirs.supergroupPasses);
    const silent = Object.entries(ours.op_type).filter(
      ([, rule]) => rule.is_output_quantized === 'False',
    );
    assert.deepEqual(
      silent.map(([op]) => op),
      theirs.outputNotQuantized,
    );
  });
});
