import assert from 'node:assert/strict';
import fs from 'node:fs';
import { MemoryData, type Tensor } from '../../../../server/core/graph/tensor.ts';
import { noJob } from '../../../../server/core/job.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel } from '../../../kit/onnxFiles.ts';

const GB = 2 ** 30;

/**
 * Writes a model whose weight `w`, [rows, 1024], is a hole in the file with a number at each end;
 * its Gather of the first and the last row is added to the input.
 */
function writeLarge(folder: ModelFolder, name: string, sizeBytes: number): string {
  const rows = Math.floor(sizeBytes / 4096);
  const length = rows * 4096;
  const nodes = b.join(
    b.node({ op: 'Gather', inputs: ['w', 'i'], outputs: ['rows'] }),
    b.node({ op: 'Add', inputs: ['rows', 'x'], outputs: ['y'] }),
    b.initializer(b.int64s('i', [2], [0, rows - 1])),
    b.input('x', [2, 1024]),
    b.output('y'),
  );
  const tensorHead = b.join(b.tensor('w', [rows, 1024], b.FLOAT), b.tag(9, 2), b.varint(length));
  const initializerHead = b.join(b.tag(5, 2), b.varint(tensorHead.length + length));
  const graphLength = nodes.length + initializerHead.length + tensorHead.length + length;
  const head = b.join(
    b.int(1, 8),
    b.message(8, b.text(1, ''), b.int(2, 17)),
    b.tag(7, 2),
    b.varint(graphLength),
    nodes,
    initializerHead,
    tensorHead,
  );
  const path = folder.file(head, name);
  const handle = fs.openSync(path, 'r+');
  fs.ftruncateSync(handle, head.length + length);
  fs.writeSync(handle, b.bytesOf(Float32Array.of(1.5)), 0, 4, head.length);
  fs.writeSync(handle, b.bytesOf(Float32Array.of(-2.5)), 0, 4, head.length + length - 4);
  // And a field after the weights, beyond 2 GB.
  const tail = b.metadata('after', 'the weights');
  fs.writeSync(handle, tail, 0, tail.length, head.length + length);
  fs.closeSync(handle);
  return path;
}

describe('ONNX files of more than 2 GB', () => {
  let folder: ModelFolder;
  before(function () {
    folder = new ModelFolder();
    const { bavail, bsize } = fs.statfsSync(folder.path);
    if (bavail * bsize < 4 * GB) this.skip();
  });
  after(() => folder.remove());

  it('open without their weights being read, and run', async () => {
    const path = writeLarge(folder, 'large.onnx', 2.2 * GB);
    const rss = process.memoryUsage().rss;
    const document = await folder.open(path);
    const w = document.graph.tensors.get('w');
    assert.ok(w);
    assert.equal(document.info.metadata.get('after'), 'the weights');
    assert.ok(w.data.sizeBytes > 2 * GB);
    assert.deepEqual([...new Float32Array(w.data.read(0, 4).buffer)], [1.5]);
    const end = w.data.sizeBytes;
    assert.deepEqual([...new Float32Array(w.data.read(end - 4, end).buffer)], [-2.5]);
    // Issue 3: opening takes 250 MB at most, whatever the file's size; here it is a few.
    assert.ok(process.memoryUsage().rss - rss < 100e6);
    const encoded = document.encode(document.graph, []);
    assert.ok(encoded.bytes.length < 2000);
    const { y } = await runModel(encoded);
    assert.equal(y?.[0], Math.fround(1.5 + Math.fround(Math.sin(1))));
    assert.equal(y?.at(-1), Math.fround(-2.5 + Math.fround(Math.sin(2048))));
  });

  it('are not made of smaller ones: other programs could not read them', async () => {
    const document = await folder.open(writeLarge(folder, 'almost.onnx', 1.99 * GB));
    const data = new MemoryData(new Uint8Array(64 * 2 ** 20));
    const added: Tensor = { name: 'added', type: 'uint8', dims: [data.sizeBytes], data };
    const graph = {
      ...document.graph,
      tensors: new Map(document.graph.tensors).set('added', added),
    };
    const listed = folder.list();
    const saved = await document.write(graph, document.path, new Map(), noJob);
    assert.equal(saved.ok ? '' : saved.error.code, 'too-large');
    assert.match(saved.ok ? '' : (saved.error.remedy ?? ''), /external data/);
    assert.deepEqual(folder.list(), listed);
  });
});
