import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZipFile, type Options } from 'yazl';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { FormatFault, ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { OpenZip } from '../../../../server/formats/keras/containers/zipFile.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';
import { unevenLayers, writeKeras } from '../../../kit/kerasNetwork.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

const open = async (path: string): Promise<ModelDocument> => {
  const opened = await openDocument(path, noJob);
  return opened.ok ? opened.value : assert.fail(opened.error.message);
};
const fault = async (path: string): Promise<FormatFault> => {
  const opened = await openDocument(path, noJob);
  return opened.ok ? assert.fail(`${path} was opened`) : opened.error;
};

/** The entries of a `.keras` file, packed again in another way. */
async function repacked(from: string, to: string, options: Partial<Options>): Promise<void> {
  const zip = await OpenZip.open(from);
  const out = new ZipFile();
  for (const entry of zip.entries) {
    const parts: Buffer[] = [];
    for await (const part of await zip.stream(entry)) parts.push(part as Buffer);
    out.addBuffer(Buffer.concat(parts), entry.fileName, options);
  }
  zip.close();
  out.end({ forceZip64Format: options.forceZip64Format === true, comment: '' });
  const bytes: Buffer[] = [];
  for await (const part of out.outputStream) bytes.push(part as Buffer);
  writeFileSync(to, Buffer.concat(bytes));
}

describe('.keras files of every kind', () => {
  const folder = new KerasFolder();
  const plain = join(folder.path, 'plain.keras');
  before(() => writeKeras(plain, unevenLayers(6)));
  after(() => folder.remove());

  /** Float32 through four layers. */
  const tolerance = { relative: 1e-5, absolute: 1e-6 };
  const kinds: [what: string, options: Partial<Options>][] = [
    ['zip64', { compress: false, forceZip64Format: true }],
    ['packed', { compress: true }],
  ];
  for (const [what, options] of kinds) {
    it(`${what}: read, folded, saved, read again`, async () => {
      const path = join(folder.path, `${what}.keras`);
      await repacked(plain, path, options);
      // The record that a zip64 archive ends with: PKWARE's APPNOTE, 4.3.14.
      const isZip64 = readFileSync(path).includes(Buffer.from('PK\x06\x06', 'latin1'));
      assert.equal(isZip64, options.forceZip64Format === true);
      const document = await open(path);
      const feeds = randomFeeds(document.graph, new Random(2), 1);
      const [expected] = (await runGraph(document.graph, feeds)).values();
      const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
      const written = await document.write(graph, path, new Map(), noJob);
      if (!written.ok) assert.fail(written.error.message);
      written.value.dispose();
      const again = await open(path);
      const [result] = (await runGraph(again.graph, feeds)).values();
      closeTo(result?.values ?? [], expected?.values ?? [], tolerance, what);
      again.dispose();
      const zip = await OpenZip.open(path);
      const methods = new Set(zip.entries.map(({ compressionMethod }) => compressionMethod));
      zip.close();
      assert.deepEqual([...methods], [options.compress === true ? 8 : 0], 'packed as they were');
    });
  }

  it('not a zip', async () => {
    const path = join(folder.path, 'text.keras');
    writeFileSync(path, 'this is no zip, whatever its name says');
    const { code, message } = await fault(path);
    assert.equal(code, 'bad-zip');
    assert.match(message, /is not a \.keras file that can be read/);
    writeFileSync(path, '');
    assert.match((await fault(path)).code, /^(bad-zip|empty)$/);
  });

  it('cut short anywhere', async () => {
    const bytes = readFileSync(plain);
    const path = join(folder.path, 'cut.keras');
    for (let i = 1; i < 30; i++) {
      writeFileSync(path, bytes.subarray(0, Math.floor((i / 30) * bytes.length)));
      assert.equal((await fault(path)).code, 'bad-zip', `${i}/30`);
    }
  });

  it('an entry that does not unpack, and weights that are no HDF5', async () => {
    const path = join(folder.path, 'damaged.keras');
    await repacked(plain, path, { compress: true });
    const bytes = readFileSync(path);
    const at = bytes.indexOf('config.json') + 'config.json'.length;
    bytes.fill(0xff, at + 4, at + 24);
    writeFileSync(path, bytes);
    assert.equal((await fault(path)).code, 'bad-zip');
    const zip = new ZipFile();
    zip.addBuffer(
      Buffer.from('{"class_name": "Sequential", "config": {"layers": []}}'),
      'config.json',
    );
    zip.addBuffer(Buffer.from('no HDF5'), 'model.weights.h5');
    zip.end();
    const parts: Buffer[] = [];
    for await (const part of zip.outputStream) parts.push(part as Buffer);
    writeFileSync(path, Buffer.concat(parts));
    const { code, message } = await fault(path);
    assert.equal(code, 'not-hdf5');
    assert.match(message, /damaged\.keras: model\.weights\.h5/);
  });

  it('the JSON in it: wrong types, line and column', async () => {
    const zipped = async (config: string): Promise<FormatFault> => {
      const zip = new ZipFile();
      zip.addBuffer(Buffer.from(config), 'config.json');
      zip.addBuffer(Buffer.from('{}'), 'metadata.json');
      zip.addBuffer(Buffer.from('none'), 'model.weights.h5');
      zip.end();
      const parts: Buffer[] = [];
      for await (const part of zip.outputStream) parts.push(part as Buffer);
      const path = join(folder.path, 'json.keras');
      writeFileSync(path, Buffer.concat(parts));
      return fault(path);
    };
    const list = await zipped('[1]');
    assert.deepEqual([list.code, list.where], ['bad-architecture', 'config.json']);
    const bad = await zipped('{"a": 1,\n "b": tru}');
    assert.equal(bad.code, 'bad-json');
    assert.match(bad.message, /config\.json is not valid JSON: at line 2, column 7/);
    assert.equal((await zipped('{"class_name": "Sequential"}')).code, 'not-hdf5');
  });
});

describe('model.json of every kind', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  const architecture = (layers: unknown): object => ({
    class_name: 'Sequential',
    config: { name: 's', layers },
  });
  const dense = {
    class_name: 'Dense',
    config: { name: 'd', units: 1, use_bias: false, batch_input_shape: [null, 2] },
  };
  const manifest = (paths: unknown, entry: object = {}, topology: object = {}): object => ({
    modelTopology: { keras_version: '2.4.0', model_config: architecture([dense]), ...topology },
    weightsManifest: [
      { paths, weights: [{ name: 'd/kernel', shape: [2, 1], dtype: 'float32', ...entry }] },
    ],
  });
  const shard = (bytes = 8): void => writeFileSync(join(folder.path, 'w.bin'), Buffer.alloc(bytes));

  it('what is right opens', async () => {
    shard();
    (await open(folder.json('good.json', manifest(['w.bin'])))).dispose();
  });

  it('no JSON at all, none of ours, one that ends in the middle', async () => {
    const empty = await fault(folder.json('empty.json', ' '));
    assert.equal(empty.code, 'bad-json');
    const cut = await fault(folder.json('cut.json', '{"modelTopology": {"a": [1, 2'));
    assert.equal(cut.code, 'bad-json');
    assert.match(cut.message, /line 1, column 30, it ends too early/);
    for (const text of ['{}', '[]', '7', '"model"', '{"modelTopology": 3}']) {
      assert.equal((await fault(folder.json('other.json', text))).code, 'not-tfjs', text);
    }
  });

  it('an architecture without weights', async () => {
    const own = architecture([dense]);
    const { code, message, remedy } = await fault(folder.json('architecture.json', own));
    assert.equal(code, 'not-tfjs');
    assert.match(message, /architecture of a Keras model and no weights/);
    assert.match(remedy ?? '', /model\.save/);
  });

  it('layers of wrong types', async () => {
    shard();
    const wrong: unknown[] = [7, 'layers', [7], [null], [{ class_name: 3, config: {} }], [[]]];
    for (const layers of wrong) {
      const topology = { model_config: architecture(layers) };
      const found = await fault(folder.json('types.json', manifest(['w.bin'], {}, topology)));
      assert.equal(found.code, 'bad-architecture', JSON.stringify(layers));
    }
  });

  it('an architecture that is nested too deep, with line and column', async () => {
    const deep = `{"modelTopology":\n${'{"config":'.repeat(5000)}1${'}'.repeat(5000)}}`;
    const { code, message } = await fault(folder.json('deep.json', deep));
    assert.equal(code, 'bad-json');
    assert.match(message, /at line 2, column \d+, it is nested more than 400 levels deep/);
  });

  it('an enormous list is read, and refused for what it is not', async () => {
    // 4 MB; a reader that is quadratic would take hours, and the test would not end.
    const list = `[${'0,'.repeat(2_000_000)}0]`;
    assert.equal((await fault(folder.json('long.json', list))).code, 'not-tfjs');
  });

  const entries: [what: string, entry: object][] = [
    ['a shape that is no list', { shape: 'x' }],
    ['a shape with a text in it', { shape: [2, '1'] }],
    ['a negative size', { shape: [-2, 1] }],
    ['half a size', { shape: [2.5, 1] }],
    ['sizes that overflow', { shape: [2 ** 40, 2 ** 40] }],
    ['no name', { name: 7 }],
    ['an unknown quantization', { quantization: { dtype: 'int4' } }],
  ];
  for (const [what, entry] of entries) {
    it(`manifest: ${what}`, async () => {
      shard();
      const { code } = await fault(folder.json('entry.json', manifest(['w.bin'], entry)));
      assert.equal(code, what === 'sizes that overflow' ? 'shard-short' : 'bad-manifest');
    });
  }

  it('shards that are a folder, a link out of the folder, an absolute path, no text', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
    try {
      writeFileSync(join(outside, 'secret'), Buffer.alloc(8));
      mkdirSync(join(folder.path, 'sub'));
      symlinkSync(join(outside, 'secret'), join(folder.path, 'link.bin'));
      const codeOf = async (name: unknown): Promise<string> =>
        (await fault(folder.json('shards.json', manifest([name])))).code;
      assert.equal(await codeOf('sub'), 'not-a-file');
      assert.equal(await codeOf('link.bin'), 'outside-folder');
      assert.equal(await codeOf(join(outside, 'secret')), 'outside-folder');
      assert.equal(await codeOf('https://example.com/w.bin'), 'outside-folder');
      assert.equal(await codeOf(7), 'outside-folder');
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('nothing of the folder is lost when a model is refused', async () => {
    shard(4);
    const path = folder.json('lost.json', manifest(['w.bin']));
    const before = readFileSync(path);
    assert.equal((await fault(path)).code, 'shard-short');
    assert.deepEqual(readFileSync(path), before);
    assert.equal(readFileSync(join(folder.path, 'w.bin')).length, 4);
  });
});
