import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { FormatFault, ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { Hdf5File, loadHdf5 } from '../../../../server/formats/keras/containers/hdf5.ts';
import { commandLine } from '../../../kit/commandLine.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';
import { unevenLayers, writeH5 } from '../../../kit/kerasNetwork.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** Written by test/oracle/keras/hdf5.py. */
const fixtures = 'test/fixtures/keras';
/** Folded weights of two layers are rounded to 11 bits once more. */
const halfTolerance = { relative: 2e-3, absolute: 0 };

const open = async (path: string): Promise<ModelDocument> => {
  const opened = await openDocument(path, noJob);
  return opened.ok ? opened.value : assert.fail(opened.error.message);
};
const fault = async (path: string): Promise<FormatFault> => {
  const opened = await openDocument(path, noJob);
  return opened.ok ? assert.fail(`${path} was opened`) : opened.error;
};

describe('HDF5 files of every kind', () => {
  const folder = new KerasFolder();
  const cli = commandLine();
  after(() => folder.remove());

  it('float16 weights: read, folded, saved as float16', async () => {
    const path = join(folder.path, 'half.h5');
    copyFileSync(join(fixtures, 'half.h5'), path);
    const document = await open(path);
    const feeds = randomFeeds(document.graph, new Random(2), 1);
    const [expected] = (await runGraph(document.graph, feeds)).values();
    const { graph, applied } = await foldBatchNorm.run(
      document.graph,
      foldBatchNorm.defaults,
      noJob,
    );
    assert.equal(applied.length, 1);
    const written = await document.write(graph, path, new Map(), noJob);
    if (!written.ok) assert.fail(written.error.message);
    assert.deepEqual(
      written.value.issues.filter(({ message }) => /float32/.test(message)),
      [],
    );
    written.value.dispose();

    const file = await Hdf5File.open(path, 'r');
    for (const name of ['conv/conv/kernel:0', 'conv/conv/bias:0', 'dense/dense/kernel:0'])
      assert.equal(file.tensor(`model_weights/${name}`).type, 'float16', name);
    file.close();
    const again = await open(path);
    assert.deepEqual(
      again.graph.nodes.filter(({ op }) => op === 'BatchNormalization'),
      [],
    );
    const [result] = (await runGraph(again.graph, feeds)).values();
    closeTo(result?.values ?? [], expected?.values ?? [], halfTolerance, 'output');
    again.dispose();
  });

  it('layers that are taken out are not listed any more, and the optimizer is dropped', async () => {
    const path = join(folder.path, 'optimizer.h5');
    await writeH5(path, unevenLayers(4));
    const before = await Hdf5File.open(path, 'a');
    const state = before.file.create_group('optimizer_weights');
    state.create_attribute('weight_names', ['Adam/iterations:0'], [1]);
    state
      .create_group('Adam')
      .create_dataset({ name: 'iterations:0', data: new Float32Array(1), shape: [1] });
    before.close();
    const document = await open(path);
    const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
    const written = await document.write(graph, path, new Map(), noJob);
    if (!written.ok) assert.fail(written.error.message);
    const said = written.value.issues.filter(({ code }) => code === 'saved');
    assert.equal(said.length, 1);
    assert.match(said[0]?.message ?? '', /^The state of the optimizer does not fit .* dropped/);
    written.value.dispose();
    const file = await Hdf5File.open(path, 'r');
    const root = file.group('model_weights');
    const optimizer = file.group('optimizer_weights');
    assert.ok(root && optimizer);
    const norms = file.texts(root, 'layer_names')?.filter((name) => name.endsWith('_norm'));
    assert.deepEqual(norms, []);
    assert.deepEqual(file.texts(optimizer, 'weight_names'), []);
    file.close();
  });

  it('a compound where a tensor should be', async () => {
    const { code, where, message } = await fault(join(fixtures, 'compound.h5'));
    assert.deepEqual([code, where], ['bad-weight', 'model_weights/dense/dense/kernel:0']);
    assert.match(message, /does not hold numbers \(a compound\)/);
  });

  it('weights only: opens, is diagnosed, and cannot be run', async () => {
    const path = join(folder.path, 'weights.h5');
    await writeH5(path, unevenLayers(4));
    const file = await Hdf5File.open(path, 'a');
    file.file.delete_attribute('model_config');
    file.close();
    const document = await open(path);
    assert.deepEqual(
      document.issues.map(({ code }) => code),
      ['weights-only'],
    );
    assert.deepEqual(
      document.graph.nodes.map(({ name, op }) => [name, op]),
      [
        ['first', 'Conv'],
        ['depthwise', 'Conv'],
        ['pointwise', 'Conv'],
        ['dense', 'MatMul'],
      ],
    );
    assert.throws(() => document.encode(document.graph, []).bytes, /weights without an archit/);
    document.dispose();

    const said = await cli.run('analyze', path, '--json', '--target', 'tensor-int8');
    assert.equal(said.exit, 0, said.err);
    const { layers } = JSON.parse(said.out) as {
      layers: { name: string; channelSpread: number }[];
    };
    assert.deepEqual(layers.map(({ name }) => name).sort(), [
      'dense',
      'depthwise',
      'first',
      'pointwise',
    ]);
    // Channel c of the first layer is 2^(c-4) wide: the widest of 8 is 2^3.5 times the median.
    assert.ok((layers.find(({ name }) => name === 'first')?.channelSpread ?? 0) > 5);
    const target = join(folder.path, 'out.npz');
    const run = await cli.run('run', path, '--data', 'synthetic', '-o', target);
    assert.equal(run.exit, 4);
    assert.match(run.err, /weights without an architecture/);
  });

  it('weights that are listed in another order, under other names', async () => {
    const path = join(folder.path, 'order.h5');
    await writeH5(path, unevenLayers(4));
    const document = await open(path);
    const feeds = randomFeeds(document.graph, new Random(2), 1);
    const [expected] = (await runGraph(document.graph, feeds)).values();
    document.dispose();
    const file = await Hdf5File.open(path, 'a');
    const group = file.group('model_weights/first_norm');
    const listed = ['moving_variance', 'beta', 'moving_mean', 'gamma'].map(
      (slot) => `first_norm/${slot}:0`,
    );
    group?.delete_attribute('weight_names');
    group?.create_attribute('weight_names', listed, [4]);
    const root = file.group('model_weights');
    const names = root && file.texts(root, 'layer_names');
    root?.delete_attribute('layer_names');
    root?.create_attribute('layer_names', [...(names ?? [])].reverse(), [names?.length ?? 0]);
    file.close();
    const again = await open(path);
    const [result] = (await runGraph(again.graph, feeds)).values();
    assert.ok(expected);
    assert.deepEqual(result?.values, expected.values);
    again.dispose();
  });

  it('attributes that are missing or of another type', async () => {
    const make = async (name: string, value: string | number[]): Promise<FormatFault> => {
      const path = join(folder.path, name);
      const { library } = await loadHdf5();
      const file = new library.File(path, 'w');
      if (typeof value === 'string') file.create_attribute('model_config', value);
      else file.create_attribute('model_config', new Float64Array(value), [value.length]);
      file.close();
      return fault(path);
    };
    assert.equal((await make('number.h5', [1, 2])).code, 'no-model');
    const list = await make('list.h5', '[1]');
    assert.deepEqual([list.code, list.where], ['bad-architecture', 'model_config']);
    const text = await make('text.h5', '{"class_name": "Sequential",\n "config": }');
    assert.equal(text.code, 'bad-json');
    assert.match(text.message, /model_config is not valid JSON: at line 2, column 12/);
    const wrong = await make('wrong.h5', '{"class_name": 7, "config": {"layers": "none"}}');
    assert.equal(wrong.code, 'bad-architecture');
  });

  it('a weight of another shape than the layer, and one that is missing', async () => {
    const path = join(folder.path, 'shape.h5');
    const layers = unevenLayers(4).map((layer) =>
      layer.config['name'] === 'pointwise'
        ? { ...layer, weights: layer.weights.map((one) => ({ ...one, shape: [1, 1, 4, 16] })) }
        : layer,
    );
    await writeH5(path, layers);
    const { code, where, message } = await fault(path);
    assert.deepEqual([code, where], ['weights-mismatch', 'pointwise']);
    assert.match(message, /1 x 1 x 4 x 16 and should be/);
    await writeH5(
      path,
      layers.map((layer) => (layer.config['name'] === 'dense' ? { ...layer, weights: [] } : layer)),
    );
    assert.equal((await fault(path)).code, 'weights-mismatch');
  });

  it('cut short anywhere: refused, or every weight that is read is whole', async () => {
    const path = join(folder.path, 'whole.h5');
    await writeH5(path, unevenLayers(4));
    const bytes = readFileSync(path);
    for (let i = 0; i < 40; i++) {
      const length = i < 8 ? i * 64 : Math.floor((i / 40) * bytes.length);
      const cut = join(folder.path, 'cut.h5');
      writeFileSync(cut, bytes.subarray(0, length));
      const found = await fault(cut);
      assert.ok(
        ['not-hdf5', 'empty', 'truncated'].includes(found.code),
        `${length}: ${found.code}`,
      );
    }
  });
});
