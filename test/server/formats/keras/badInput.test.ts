import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import { noJob } from '../../../../server/core/job.ts';
import type { FormatFault, ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { loadHdf5 } from '../../../../server/formats/keras/containers/hdf5.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';

const kernel = { name: 'l1/kernel', shape: [2, 1], values: [1, 2] };
const dense = { class_name: 'Dense', config: { name: 'd', units: 1, use_bias: false } };
const sequential = {
  class_name: 'Sequential',
  config: {
    name: 's',
    layers: [
      { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 2] } },
      dense,
    ],
  },
};

describe('broken Keras files', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  const open = async (path: string): Promise<ModelDocument> => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    return opened.value;
  };
  const fault = async (path: string): Promise<FormatFault> => {
    const opened = await openDocument(path, noJob);
    if (opened.ok) assert.fail('it was opened');
    return opened.error;
  };

  it('JSON: says line and column', async () => {
    const { code, message } = await fault(folder.json('a.json', '{\n  "modelTopology": {,\n}'));
    assert.equal(code, 'bad-json');
    assert.match(message, /line 2, column 21/);
  });

  it('JSON: refuses what is nested without end', async () => {
    const { message } = await fault(folder.json('deep.json', '['.repeat(100_000)));
    assert.match(message, /levels deep/);
  });

  const manifest = (weights: object): object => ({
    modelTopology: { keras_version: '2.4.0', model_config: sequential },
    weightsManifest: [weights],
  });
  const listed = (shape: readonly number[], dtype = 'float32', name = 'd/kernel'): object => ({
    paths: ['w.bin'],
    weights: [{ name, shape, dtype }],
  });
  const shards: [what: string, weights: object, bytes: number, code: string, says: RegExp][] = [
    ['missing', { ...listed([2, 1]), paths: ['none.bin'] }, 8, 'shard-missing', /none\.bin/],
    ['short', listed([2, 1]), 4, 'shard-short', /8 bytes by the manifest, and 4 are there/],
    ['too long', listed([2, 1]), 12, 'shard-long', /and 12 are there/],
    [
      'outside the folder',
      { ...listed([2, 1]), paths: ['../w.bin'] },
      8,
      'outside-folder',
      /\.\.\/w\.bin/,
    ],
    ['of an unknown type', listed([2, 1], 'complex64'), 8, 'bad-manifest', /complex64/],
    ['of a wrong shape', listed([1, 2]), 8, 'weights-mismatch', /"d".*1 x 2 and should be 2 x \?/],
    [
      'under another name',
      listed([2, 1], 'float32', 'e/kernel'),
      8,
      'weights-mismatch',
      /d\/kernel/,
    ],
  ];
  for (const [what, weights, bytes, code, says] of shards) {
    it(`shard ${what}`, async () => {
      writeFileSync(join(folder.path, 'w.bin'), Buffer.alloc(bytes));
      const found = await fault(folder.json('shards.json', manifest(weights)));
      assert.equal(found.code, code);
      assert.match(found.message, says);
    });
  }

  it('names the shards that are to blame, to look out for them', async () => {
    const besideOf = async (weights: object): Promise<readonly string[] | undefined> =>
      (await fault(folder.json('shards.json', manifest(weights)))).beside;
    writeFileSync(join(folder.path, 'w.bin'), Buffer.alloc(4));
    assert.deepEqual(await besideOf(listed([2, 1])), [join(folder.path, 'w.bin')]);
    const missing = { ...listed([2, 1]), paths: ['w.bin', 'none.bin'] };
    assert.deepEqual(await besideOf(missing), [join(folder.path, 'none.bin')]);
    assert.equal(await besideOf({ ...listed([2, 1]), paths: ['../w.bin'] }), undefined);
  });

  it('graph models are told from layers models', async () => {
    const file = folder.json('graph.json', { format: 'graph-model', modelTopology: { node: [] } });
    assert.equal((await fault(file)).code, 'not-supported-yet');
  });

  it('architecture: a layer that is not there, and one that needs its own output', async () => {
    const model = (from: string): object => ({
      class_name: 'Model',
      config: {
        name: 'm',
        layers: [
          {
            name: 'x',
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, 2] },
            inbound_nodes: [],
          },
          {
            name: 'a',
            class_name: 'Activation',
            config: { activation: 'relu' },
            inbound_nodes: [[[from, 0, 0, {}]]],
          },
        ],
        input_layers: [['x', 0, 0]],
        output_layers: [['a', 0, 0]],
      },
    });
    assert.match(
      (await fault(folder.model(model('b'), []))).message,
      /"b" is used and is not there/,
    );
    assert.match((await fault(folder.model(model('a'), []))).message, /"a" needs its own output/);
  });

  it('a layer that cannot be run: the model opens, and running names it', async () => {
    const path = folder.sequential(
      [2],
      [
        ['Lambda', { name: 'mine' }],
        ['Dense', { name: 'l1', use_bias: false }],
      ],
      [kernel],
    );
    const document = await open(path);
    assert.deepEqual(
      document.issues.map(({ code, where }) => [code, where]),
      [['opaque-layer', 'mine']],
    );
    assert.ok(document.graph.tensors.has('l1/kernel'));
    assert.throws(
      () => document.encode(document.graph, []).bytes,
      /"mine" \(Lambda\) cannot be run/,
    );
    document.dispose();
  });

  const ones = (name: string, shape: readonly number[]): typeof kernel => ({
    name: `w/${name}`,
    shape: [...shape],
    values: new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1),
  });
  const depthwise = [ones('depthwise_kernel', [2, 2, 1, 1])];
  const windows: readonly [className: string, weights: (typeof kernel)[], padding: unknown][] = [
    ['Conv2D', [ones('kernel', [2, 2, 1, 1])], 'reflect'],
    ['Conv2D', [ones('kernel', [2, 2, 1, 1])], 'causal'],
    ['DepthwiseConv2D', depthwise, 'SAME'],
    ['SeparableConv2D', [...depthwise, ones('pointwise_kernel', [1, 1, 1, 1])], 'full'],
    ['Conv2DTranspose', [ones('kernel', [2, 2, 1, 1])], 1],
    ['MaxPooling2D', [], 'causal'],
    ['AveragePooling2D', [], 'half'],
  ];
  for (const [className, weights, padding] of windows) {
    it(`a ${className} with the padding ${JSON.stringify(padding)} cannot be run, and is not taken for another`, async () => {
      const config = { name: 'w', padding, kernel_size: 2, filters: 1, use_bias: false };
      for (const [given, codes] of [
        [padding, ['opaque-layer']],
        ['same', []],
        [undefined, []],
      ] as const) {
        const layer = [className, { ...config, padding: given }] as const;
        const document = await open(folder.sequential([4, 4, 1], [layer], weights));
        assert.deepEqual(
          document.issues.map(({ code }) => code),
          codes,
        );
        document.dispose();
      }
    });
  }

  const zipped = async (
    name: string,
    entries: Readonly<Record<string, string | Buffer>>,
  ): Promise<string> => {
    const zip = new ZipFile();
    for (const [entry, text] of Object.entries(entries)) zip.addBuffer(Buffer.from(text), entry);
    zip.end();
    const parts: Buffer[] = [];
    for await (const part of zip.outputStream) parts.push(part as Buffer);
    const file = join(folder.path, name);
    writeFileSync(file, Buffer.concat(parts));
    return file;
  };

  it('zip: an entry that is missing, a bomb, an absolute name', async () => {
    const missing = await fault(await zipped('a.keras', { 'config.json': '{}' }));
    assert.deepEqual([missing.code, missing.where], ['entry-missing', 'model.weights.h5']);
    const bomb = await fault(
      await zipped('b.keras', { 'config.json': Buffer.alloc(64 * 2 ** 20) }),
    );
    assert.equal(bomb.code, 'too-large');
    const file = await zipped('c.keras', { 'config.json': '{}', 'xetc/passwd': 'x' });
    const bytes = readFileSync(file).toString('latin1').replaceAll('xetc', '/etc');
    writeFileSync(file, Buffer.from(bytes, 'latin1'));
    assert.equal((await fault(file)).code, 'bad-zip');
  });

  it('zip: encrypted', async () => {
    const file = await zipped('d.keras', { 'config.json': '{}' });
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt16LE(bytes.readUInt16LE(at + 8) | 1, at + 8);
    writeFileSync(file, bytes);
    assert.equal((await fault(file)).code, 'encrypted');
  });

  it('HDF5: no model, no weights, text for a weight, a link out of the file', async () => {
    const { library } = await loadHdf5();
    const made = (
      name: string,
      fill: (file: InstanceType<typeof library.File>) => void,
    ): string => {
      const path = join(folder.path, name);
      const file = new library.File(path, 'w');
      fill(file);
      file.close();
      return path;
    };
    assert.equal((await fault(made('empty.h5', () => undefined))).code, 'no-model');
    const config = JSON.stringify(sequential);
    const withGroup = (
      name: string,
      fill: (group: InstanceType<typeof library.Group>) => void,
    ): string =>
      made(name, (file) => {
        file.create_attribute('model_config', config);
        const group = file.create_group('model_weights').create_group('d');
        group.create_attribute('weight_names', ['d/kernel:0'], [1]);
        fill(group.create_group('d'));
      });
    const none = await fault(
      made('none.h5', (file) => file.create_attribute('model_config', config)),
    );
    assert.deepEqual([none.code, none.where], ['weights-mismatch', 'd']);
    assert.equal((await fault(withGroup('a.h5', () => undefined))).code, 'weight-missing');
    const text = withGroup('b.h5', (group) =>
      group.create_dataset({ name: 'kernel:0', data: ['a', 'b'] }),
    );
    assert.equal((await fault(text)).code, 'bad-weight');
    const link = withGroup('c.h5', (group) =>
      group.create_external_link('other.h5', '/w', 'kernel:0'),
    );
    assert.equal((await fault(link)).code, 'external-link');
    const good = withGroup('d.h5', (group) =>
      group.create_dataset({ name: 'kernel:0', data: new Float32Array([1, 2]), shape: [2, 1] }),
    );
    (await open(good)).dispose();
  });
});
