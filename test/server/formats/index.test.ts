import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import type { FormatFault } from '../../../server/formats/format.ts';
import { formats, openDocument } from '../../../server/formats/index.ts';
import * as b from '../../kit/onnxBuilder.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';

const model = b.model(
  b.graph(b.node({ op: 'Relu', inputs: ['x'], outputs: ['y'] }), b.input('x'), b.output('y')),
);

describe('openDocument', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  it('opens an ONNX file, whatever its name', async () => {
    for (const name of ['m.onnx', 'M.ONNX', 'network.bin', 'noextension']) {
      const opened = await openDocument(folder.file(model, name), noJob);
      assert.ok(opened.ok, name);
      assert.equal(opened.value.info.format, formats[0]?.id);
      opened.value.dispose();
    }
  });

  const hdf5 = Buffer.from('\x89HDF\r\n\x1a\n\0\0\0\0', 'latin1');
  // GraphDef: node { name: "x" op: "Placeholder" } versions { producer: 27 }
  const node = Buffer.from('\n\x10\n\x01x\x12\x0bPlaceholder"\x02\x08\x1b', 'latin1');
  const others: [name: string, bytes: Buffer, title: string][] = [
    ['m.tflite', Buffer.from('\x1c\0\0\0TFL3rest', 'latin1'), 'TensorFlow Lite model'],
    ['saved_model.pb', Buffer.from('\x08\x01\x12\x00', 'latin1'), 'TensorFlow SavedModel'],
    ['m.safetensors', Buffer.from('\x10\0\0\0\0\0\0\0{}', 'latin1'), 'safetensors model'],
    ['m.gguf', Buffer.from('GGUF\x03\0\0\0', 'latin1'), 'GGUF model'],
    ['m.pt', Buffer.from('PK\x03\x04rest', 'latin1'), 'PyTorch model'],
    ['M.PTH', Buffer.from('\x80\x02\x8a', 'latin1'), 'PyTorch model'],
    ['frozen.pb', node, 'frozen TensorFlow graph'],
    ['noname', Buffer.from('GGUF\x03\0\0\0', 'latin1'), 'GGUF model'],
  ];
  for (const [name, bytes, title] of others) {
    it(`says that ${name} is a ${title}, and what can be opened`, async () => {
      const opened = await openDocument(folder.file(bytes, name), noJob);
      assert.ok(!opened.ok);
      assert.equal(opened.error.code, 'not-supported-yet');
      assert.ok(opened.error.message.includes(` is a ${title};`), opened.error.message);
      assert.match(
        opened.error.message,
        /; ONNX \(\.onnx\), Keras \(\.h5, \.hdf5, \.keras\) and TensorFlow\.js \(\.json\) models can be opened\.$/,
      );
    });
  }

  it('says how a model of TensorFlow Lite or PyTorch comes here', async () => {
    for (const [name, how] of [
      ['m.tflite', /^Open the Keras model that it was made from, .*--tflite/],
      ['m.pt', /^Export the model as ONNX \(torch\.onnx\.export\)/],
    ] as const) {
      const opened = await openDocument(folder.file(Buffer.from('some bytes'), name), noJob);
      assert.match(opened.ok ? '' : (opened.error.remedy ?? ''), how);
    }
  });

  it('opens an ONNX model that is called .pb, and says of a tensor that it is one', async () => {
    const opened = await openDocument(folder.file(model, 'm.pb'), noJob);
    assert.equal(opened.ok && opened.value.info.format, 'onnx');
    if (opened.ok) opened.value.dispose();
    const tensor = 'test/fixtures/samples/onnx/test_data_set_0/input_0.pb';
    const sample = await openDocument(tensor, noJob);
    assert.ok(!sample.ok);
    assert.equal(sample.error.code, 'not-a-model');
    assert.match(sample.error.message, /input_0\.pb is a tensor, .* and no model\.$/);
  });

  it('says of a .pb that is cut off, or nothing that is known, what it may be', async () => {
    const faultOf = async (bytes: Uint8Array): Promise<FormatFault> => {
      const opened = await openDocument(folder.file(bytes, 'x.pb'), noJob);
      assert.ok(!opened.ok);
      return opened.error;
    };
    assert.equal((await faultOf(model.subarray(0, -3))).code, 'truncated');
    assert.match((await faultOf(node.subarray(0, -3))).message, / is a frozen TensorFlow graph;/);
    for (const bytes of [Buffer.from('words'), Buffer.alloc(0)]) {
      const { code, message } = await faultOf(bytes);
      assert.equal(code, 'not-supported-yet');
      assert.match(message, /x\.pb is no ONNX model; it may be a SavedModel or a frozen graph/);
    }
  });

  it('says of a SavedModel and of a frozen graph how each is exported', async () => {
    const remedyOf = async (bytes: Buffer): Promise<string> => {
      const opened = await openDocument(folder.file(bytes, 'x.pb'), noJob);
      return opened.ok ? '' : (opened.error.remedy ?? '');
    };
    assert.match(await remedyOf(Buffer.from('\x08\x01\x12\x00', 'latin1')), /--saved-model FOLDER/);
    assert.match(await remedyOf(node), /--graphdef FILE/);
  });

  const damaged: [name: string, bytes: Buffer, code: string][] = [
    ['m.h5', hdf5, 'not-hdf5'],
    ['m.hdf5', Buffer.from('words'), 'not-hdf5'],
    ['renamed.onnx', hdf5, 'not-hdf5'],
    ['m.keras', Buffer.from('PK\x03\x04rest', 'latin1'), 'bad-zip'],
    ['empty.keras', Buffer.alloc(0), 'bad-zip'],
    ['model.json', Buffer.from('{}'), 'not-tfjs'],
  ];
  for (const [name, bytes, code] of damaged) {
    it(`refuses a damaged ${name} as what it should be`, async () => {
      const opened = await openDocument(folder.file(bytes, name), noJob);
      assert.ok(!opened.ok);
      assert.equal(opened.error.code, code);
      assert.ok(opened.error.message.includes(name), opened.error.message);
    });
  }

  it('says that a pointer of Git LFS is not the model', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    const opened = await openDocument(folder.file(Buffer.from(pointer), 'lfs.onnx'), noJob);
    assert.equal(opened.ok ? '' : opened.error.code, 'git-lfs-pointer');
  });

  it('says that anything else is no ONNX file', async () => {
    const opened = await openDocument(folder.file(Buffer.from('words\n'), 'notes.txt'), noJob);
    assert.ok(!opened.ok);
    assert.equal(opened.error.code, 'not-onnx');
  });

  it('says that there is no such file, and that a folder is none', async () => {
    const missing = await openDocument(folder.at('none.onnx'), noJob);
    assert.equal(missing.ok ? '' : missing.error.code, 'not-found');
    mkdirSync(folder.at('bare'));
    const opened = await openDocument(folder.at('bare'), noJob);
    assert.equal(opened.ok ? '' : opened.error.code, 'not-a-file');
  });

  it('says what a folder is, and which file in it may be meant', async () => {
    const folderWith = async (name: string, ...files: string[]): Promise<FormatFault> => {
      mkdirSync(folder.at(name));
      for (const file of files) writeFileSync(join(folder.at(name), file), '');
      const opened = await openDocument(folder.at(name), noJob);
      assert.ok(!opened.ok);
      assert.ok(opened.error.message.startsWith(`${folder.at(name)} is `), opened.error.message);
      return opened.error;
    };
    const saved = await folderWith('tf', 'saved_model.pb', 'fingerprint.pb');
    assert.equal(saved.code, 'not-supported-yet');
    assert.match(saved.message, /is the folder of a TensorFlow SavedModel/);
    assert.match(saved.remedy ?? '', /tf2onnx\.convert --saved-model/);
    const web = await folderWith('web', 'model.json', 'group1-shard1of1.bin');
    assert.equal(web.code, 'not-a-file');
    assert.ok(web.remedy?.endsWith(`: ${join(folder.at('web'), 'model.json')}.`), web.remedy);
    const many = await folderWith('many', 'a.onnx', 'b.h5', 'c.keras', 'd.onnx', 'notes.txt');
    assert.match(many.remedy ?? '', /a\.onnx, .*b\.h5, .*c\.keras, or one of 1 more\.$/);
    assert.match((await folderWith('none', 'notes.txt')).remedy ?? '', /the model file itself/);
  });
});
