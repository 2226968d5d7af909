import assert from 'node:assert/strict';
import fs from 'node:fs';
import { GraphDraft } from '../../../../server/core/graph/draft.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats, withFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel, written } from '../../../kit/onnxFiles.ts';

const noNotes = new Map<string, string>();
const SIZE = 512; // elements: 2 KB, more than what is put into the model
const values = (seed: number): Float32Array =>
  Float32Array.from({ length: SIZE }, (_, i) => Math.cos(seed + i));

/** y = (x + w) * v, w and v in other files. */
const model = (w: b.Field, v: b.Field): Uint8Array =>
  b.model(
    b.graph(
      b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['h'] }),
      b.node({ op: 'Mul', inputs: ['h', 'v'], outputs: ['y'] }),
      b.initializer(b.tensor('w', [SIZE], b.FLOAT, w, b.unknownField())),
      b.initializer(b.tensor('v', [SIZE], b.FLOAT, v)),
      b.input('x', [SIZE]),
      b.output('y'),
    ),
  );
const both = b.bytesOf(Float32Array.of(...values(1), ...values(2)));
const usual = model(b.external('weights.bin', 0, 4 * SIZE), b.external('weights.bin', 4 * SIZE));

const change = (document: ModelDocument, name: string, by: number): Graph => {
  const draft = new GraphDraft(document.graph);
  const tensor = draft.tensor(name);
  assert.ok(tensor);
  draft.setTensor(
    name,
    withFloats(
      tensor,
      Float32Array.from(readFloats(tensor), (x) => x * by),
    ),
  );
  return draft.close();
};

describe('external data', () => {
  let folder: ModelFolder;
  beforeEach(() => {
    folder = new ModelFolder();
    folder.file(both, 'weights.bin');
  });
  afterEach(() => folder.remove());

  it('is read where the model says it is', async () => {
    const { graph } = await folder.open(usual);
    assert.deepEqual(readFloats(graph.tensors.get('w')!), values(1));
    assert.deepEqual(readFloats(graph.tensors.get('v')!), values(2));
  });

  it('is read from a folder below, and from the end of a file', async () => {
    folder.file(b.join(Uint8Array.of(1, 2, 3), both), 'sub/w.bin');
    const location = b.external('sub/w.bin', 3 + 4 * SIZE);
    const { graph } = await folder.open(model(location, location));
    assert.deepEqual(readFloats(graph.tensors.get('w')!), values(2));
  });

  const refusals: [name: string, w: b.Field, code: string, where: string | undefined][] = [
    ['an absolute path', b.external('/etc/passwd'), 'external-path', 'w'],
    ['a path with a drive', b.external('C:\\weights.bin'), 'external-path', 'w'],
    ['a path with ..', b.external('../weights.bin'), 'external-path', 'w'],
    ['.. within', b.external('sub/../weights.bin'), 'external-path', 'w'],
    ['.. with backslashes', b.external('sub\\..\\..\\weights.bin'), 'external-path', 'w'],
    ['an empty path', b.external(''), 'external-path', 'w'],
    ['no path', b.int(14, 1), 'external-path', undefined],
    ['a link out of the folder', b.external('link.bin'), 'external-path', 'w'],
    ['a missing file', b.external('none.bin'), 'external-data-missing', 'none.bin'],
    ['a short file', b.external('weights.bin', 8 * SIZE - 4), 'external-data-short', 'w'],
    ['a length that does not fit', b.external('weights.bin', 0, 8), 'bad-size', 'w'],
    ['a huge offset', b.external('weights.bin', 2 ** 53 - 1), 'external-data-short', 'w'],
    [
      'an offset that is no number',
      b.join(b.external('weights.bin'), b.message(13, b.text(1, 'offset'), b.text(2, '-5'))),
      'bad-length',
      undefined,
    ],
  ];
  for (const [name, w, code, where] of refusals) {
    it(`refuses ${name}`, async () => {
      const outside = new ModelFolder();
      fs.symlinkSync(outside.file(both, 'weights.bin'), folder.at('link.bin'));
      const fault = await folder.fault(model(w, b.external('weights.bin', 4 * SIZE)));
      outside.remove();
      assert.equal(fault.code, code, fault.message);
      if (where !== undefined) {
        assert.equal(fault.where, where);
        assert.match(fault.message, /"w"/); // the tensor is named
      }
    });
  }

  it('names the file that is to blame, to look out for it', async () => {
    const besideOf = async (w: b.Field): Promise<readonly string[] | undefined> =>
      (await folder.fault(model(w, b.external('weights.bin', 4 * SIZE)))).beside;
    assert.deepEqual(await besideOf(b.external('none.bin')), [folder.at('none.bin')]);
    const short = b.external('weights.bin', 8 * SIZE - 4);
    assert.deepEqual(await besideOf(short), [folder.at('weights.bin')]);
    assert.equal(await besideOf(b.external('weights.bin', 0, 8)), undefined);
  });

  it('follows a link within the folder', async () => {
    fs.symlinkSync('weights.bin', folder.at('link.bin'));
    const { graph } = await folder.open(
      model(b.external('link.bin', 0), b.external('weights.bin', 0)),
    );
    assert.deepEqual(readFloats(graph.tensors.get('w')!), values(1));
  });

  it('refuses a missing file that only a sub-graph names', async () => {
    const inner = b.graph(
      b.initializer(b.tensor('t', [4], b.FLOAT, b.external('none.bin', 0, 16))),
      b.output('t'),
    );
    const fault = await folder.fault(
      b.model(
        b.graph(
          b.node({
            op: 'If',
            inputs: ['x'],
            outputs: ['y'],
            attributes: [b.attr.graph('g', inner)],
          }),
          b.input('x'),
          b.output('y'),
        ),
      ),
    );
    assert.equal(fault.code, 'external-data-missing');
  });

  it('gives the runtime the files themselves', async () => {
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    const encoded = document.encode(document.graph, ['h']);
    assert.ok(encoded.bytes.length < 1000, `${encoded.bytes.length} bytes`);
    assert.equal(encoded.folder, folder.path);
    const outputs = await runModel(encoded);
    assert.deepEqual(outputs, await runModel(encodeGraph(document.graph, ['h'])));
    const graph = change(document, 'w', 2);
    assert.deepEqual(
      await runModel(document.encode(graph, [])),
      await runModel(encodeGraph(graph)),
    );
  });

  it('stays external when the model is saved over itself, and files that it wrote go', async () => {
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    const first = change(document, 'w', 2);
    const one = await written(folder, document.write(first, document.path, noNotes, noJob));
    assert.deepEqual(fs.readFileSync(folder.at('weights.bin')), Buffer.from(both));
    const [sidecar] = folder.list().filter((name) => name.includes('rangefinder'));
    assert.match(sidecar ?? '', /^m\.onnx\.rangefinder-[0-9a-f]{16}\.data$/);
    assert.equal(folder.list().length, 3);
    assert.deepEqual(await runModel(one.path), await runModel(encodeGraph(first)));
    assert.ok(fs.statSync(one.path).size < usual.length + 100);

    const second = change(one, 'v', 3);
    const two = await written(folder, one.write(second, one.path, noNotes, noJob));
    assert.deepEqual(
      readFloats(two.graph.tensors.get('w')!),
      values(1).map((x) => 2 * x),
    );
    assert.deepEqual(
      readFloats(two.graph.tensors.get('v')!),
      values(2).map((x) => 3 * x),
    );
    assert.deepEqual(await runModel(two.path), await runModel(encodeGraph(two.graph)));
    assert.equal(folder.list().length, 3);
    assert.ok(!folder.list().includes(sidecar ?? ''));
  });

  for (const name of ['copy.onnx', 'm.onnx.bak', 'm.onnx~', 'renamed']) {
    it(`keeps a file of ours that ${name} names`, async () => {
      const document = await folder.open(folder.file(usual, 'm.onnx'));
      const first = change(document, 'w', 2);
      const one = await written(folder, document.write(first, document.path, noNotes, noJob));
      fs.copyFileSync(one.path, folder.at(name));
      const second = change(one, 'w', 2);
      const two = await written(folder, one.write(second, one.path, noNotes, noJob));
      assert.ok(two.issues.some(({ code }) => code === 'leftover-weights-file'));
      const copy = await folder.open(folder.at(name));
      assert.deepEqual(
        readFloats(copy.graph.tensors.get('w')!),
        values(1).map((x) => 2 * x),
      );
    });
  }

  it('never removes a file of ours that this process did not write, and tells of it', async () => {
    const stranger = 'm.onnx.rangefinder-0123456789abcdef.data';
    folder.file(both, stranger);
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    assert.deepEqual(
      document.issues.map(({ code, where }) => [code, where]),
      [['leftover-weights-file', stranger]],
    );
    const first = change(document, 'w', 2);
    const saved = await written(folder, document.write(first, document.path, noNotes, noJob));
    assert.ok(folder.list().includes(stranger));

    // Nor one that it wrote before it opened the model anew.
    const before = folder.list();
    const again = await folder.open(saved.path);
    await written(folder, again.write(change(again, 'w', 2), again.path, noNotes, noJob));
    for (const name of before) assert.ok(folder.list().includes(name), name);
  });

  it('lies beside the file that a link to the model leads to', async () => {
    const link = folder.at('links', 'l.onnx');
    fs.mkdirSync(folder.at('links'));
    folder.file(usual, 'm.onnx');
    fs.symlinkSync('../m.onnx', link);
    const document = await folder.open(link);
    assert.equal(document.path, link);
    assert.deepEqual(readFloats(document.graph.tensors.get('w')!), values(1));
    const graph = change(document, 'w', 2);
    assert.deepEqual(
      await runModel(document.encode(graph, [])),
      await runModel(encodeGraph(graph)),
    );
    const saved = await written(folder, document.write(graph, link, noNotes, noJob));
    assert.deepEqual(fs.readdirSync(folder.at('links')), ['l.onnx']);
    assert.ok(fs.lstatSync(link).isSymbolicLink());
    assert.equal(folder.list().filter((name) => name.startsWith('m.onnx.rangefinder')).length, 1);
    assert.deepEqual(await runModel(folder.at('m.onnx')), await runModel(encodeGraph(graph)));
    assert.deepEqual(
      readFloats(saved.graph.tensors.get('w')!),
      values(1).map((x) => 2 * x),
    );
  });

  it('stays external whatever its size, and the model says where it is', async () => {
    const small = (name: string): Uint8Array =>
      b.initializer(b.tensor(name, [2], b.FLOAT, b.external('small.bin', name === 'w' ? 0 : 8, 8)));
    folder.file(b.bytesOf(Float32Array.of(1, 2, 3, 4)), 'small.bin');
    const file = b.model(
      b.graph(
        b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['h'] }),
        b.node({ op: 'Mul', inputs: ['h', 'v'], outputs: ['y'] }),
        small('w'),
        small('v'),
        b.input('x', [2]),
        b.output('y'),
      ),
    );
    const document = await folder.open(folder.file(file, 'm.onnx'));
    assert.deepEqual(document.issues, []);
    const graph = change(document, 'w', 10);
    const saved = await written(folder, document.write(graph, document.path, noNotes, noJob));
    const sidecar = folder.list().find((name) => name.includes('rangefinder')) ?? '';
    assert.deepEqual(
      fs.readFileSync(folder.at(sidecar)),
      Buffer.from(b.bytesOf(Float32Array.of(10, 20))),
    );
    assert.deepEqual(await runModel(saved.path), await runModel(encodeGraph(graph)));
    assert.deepEqual(
      saved.issues.map(({ code, where }) => [code, where]),
      [['changed-weights-file', sidecar]],
    );
  });

  it('is copied when the model is saved into another folder', async () => {
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    const graph = change(document, 'w', 2);
    fs.mkdirSync(folder.at('elsewhere'));
    const target = folder.at('elsewhere', 'n.onnx');
    const list = (): string[] => fs.readdirSync(folder.at('elsewhere')).sort();
    const saved = await written(folder, document.write(graph, target, noNotes, noJob));
    assert.deepEqual(fs.readFileSync(folder.at('elsewhere', 'weights.bin')), Buffer.from(both));
    assert.deepEqual(await runModel(target), await runModel(encodeGraph(graph)));
    assert.deepEqual(readFloats(saved.graph.tensors.get('v')!), values(2));
    // Once more: the same content is there already.
    await written(folder, document.write(graph, target, noNotes, noJob));
    assert.equal(list().length, 3);
    // Other weights of that name are never written over: the copy has a name of its own.
    fs.writeFileSync(folder.at('elsewhere', 'weights.bin'), 'other');
    for (let round = 0; round < 2; round++) {
      const beside = await written(folder, document.write(graph, target, noNotes, noJob));
      assert.equal(fs.readFileSync(folder.at('elsewhere', 'weights.bin'), 'utf8'), 'other');
      assert.equal(list().filter((name) => /^weights-[0-9a-f]{16}\.bin$/.test(name)).length, 1);
      assert.deepEqual(readFloats(beside.graph.tensors.get('v')!), values(2));
      assert.deepEqual(await runModel(target), await runModel(encodeGraph(graph)));
    }
    assert.equal(list().length, 4);
  });

  it('is not left in the other folder when the model cannot be put there', async () => {
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    fs.mkdirSync(folder.at('elsewhere'));
    const target = folder.at('elsewhere', 'n.onnx');
    // A folder takes the model's place while the weights are copied: the last rename fails.
    const isCopying = (): boolean =>
      fs.readdirSync(folder.at('elsewhere')).some((name) => name.startsWith('.weights.bin'));
    let hasCopied = false;
    const job = {
      ...noJob,
      checkpoint: async (...given: Parameters<typeof noJob.checkpoint>) => {
        hasCopied ||= isCopying();
        if (isCopying()) fs.mkdirSync(target, { recursive: true });
        await noJob.checkpoint(...given);
      },
    };
    const graph = change(document, 'w', 2);
    const result = await document.write(graph, target, noNotes, job);
    assert.ok(!result.ok && hasCopied);
    assert.deepEqual(fs.readdirSync(folder.at('elsewhere')), ['n.onnx']);
  });

  it('is byte for byte the same where nothing changed', async () => {
    const document = await folder.open(folder.file(usual, 'm.onnx'));
    await written(folder, document.write(document.graph, document.path, noNotes, noJob));
    assert.deepEqual(fs.readFileSync(folder.at('m.onnx')), Buffer.from(usual));
    assert.deepEqual(folder.list(), ['m.onnx', 'weights.bin']);
  });

  it('reads models with a file for each of many tensors', async () => {
    const count = 300;
    const names = Array.from({ length: count }, (_, i) => `t${i}`);
    for (const [i, name] of names.entries())
      folder.file(b.bytesOf(Float32Array.of(i)), `${name}.bin`);
    const file = b.model(
      b.graph(
        b.node({ op: 'Sum', inputs: ['x', ...names], outputs: ['y'] }),
        ...names.map((name) =>
          b.initializer(b.tensor(name, [1], b.FLOAT, b.external(`${name}.bin`))),
        ),
        b.input('x', [1]),
        b.output('y'),
      ),
    );
    const { graph } = await folder.open(file);
    for (const [i, name] of names.entries()) {
      assert.deepEqual(readFloats(graph.tensors.get(name)!), Float32Array.of(i));
    }
    const handles = fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
    assert.ok(handles < 200, `${handles} handles are open`);
  });
});
