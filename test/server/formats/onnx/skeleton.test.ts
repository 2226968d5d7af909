import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel, written } from '../../../kit/onnxFiles.ts';

const SIZE = 512;
const large = (seed: number): number[] =>
  Array.from({ length: SIZE }, (_, i) => Math.sin(seed * i));

/** A sum of weights in every place that a file has for them. */
const everywhere = b.model(
  b.graph(
    b.node({
      op: 'Constant',
      outputs: ['c'],
      attributes: [b.attr.tensor('value', b.floats('', [SIZE], large(1)))],
    }),
    b.node({ op: 'Constant', outputs: ['s'], attributes: [b.attr.float('value_float', 2)] }),
    b.node({
      op: 'Sum',
      inputs: ['x', 'c', 's', 'raw', 'packed', 'single', 'tiny'],
      outputs: ['h'],
    }),
    b.node({ op: 'Cast', inputs: ['half'], outputs: ['k'], attributes: [b.attr.int('to', 1)] }),
    b.node({ op: 'Add', inputs: ['h', 'k'], outputs: ['y'] }),
    b.initializer(b.floats('raw', [SIZE], large(2))),
    b.initializer(
      b.tensor('packed', [SIZE], b.FLOAT, b.bytes(4, b.bytesOf(Float32Array.from(large(3))))),
    ),
    b.initializer(
      b.tensor('single', [SIZE], b.FLOAT, ...large(4).map((value) => b.float32(4, value))),
    ),
    b.initializer(
      b.tensor('half', [SIZE], b.FLOAT16, b.packedVarints(5, Array<number>(SIZE).fill(0x3c00))),
    ),
    b.initializer(b.floats('tiny', [1], [1])),
    b.input('x', [SIZE]),
    b.output('y'),
  ),
);

const withTensor = (
  graph: Graph,
  name: string,
  values: Float32Array,
  dims = [values.length],
): Graph => ({
  ...graph,
  tensors: new Map(graph.tensors).set(name, floatTensor(name, dims, values)),
});

describe('models for the runtime', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  it('leaves large weights in the file, wherever they are', async () => {
    const document = await folder.open(everywhere);
    const encoded = document.encode(document.graph, ['h']);
    // Not in it: three of 2 KB. In it: the single floats (2.5 KB) and the halves (1 KB to 1.5 KB).
    assert.ok(encoded.bytes.length < everywhere.length - 3 * 4 * SIZE + 600);
    assert.deepEqual(await runModel(encoded), await runModel(encodeGraph(document.graph, ['h'])));
    const { y } = await runModel(everywhere);
    assert.deepEqual((await runModel(encoded))['y'], y);
  });

  it('puts changed weights into the model', async () => {
    const document = await folder.open(everywhere);
    for (const name of ['c', 'raw', 'single', 'tiny']) {
      const graph = withTensor(document.graph, name, Float32Array.from(large(9)));
      assert.deepEqual(
        await runModel(document.encode(graph, [])),
        await runModel(encodeGraph(graph)),
      );
    }
  });

  it('gives a new node and a new constant to the runtime', async () => {
    const document = await folder.open(everywhere);
    const graph = withTensor(document.graph, 'new', Float32Array.from(large(5)));
    const [last] = graph.nodes.slice(-1);
    assert.ok(last);
    const added = { ...last, id: 99, name: '', op: 'Mul', inputs: ['h', 'new'], outputs: ['m'] };
    const edited = {
      ...graph,
      nodes: [...graph.nodes.slice(0, -1), added, { ...last, inputs: ['m', 'k'] }],
    };
    assert.deepEqual(
      await runModel(document.encode(edited, [])),
      await runModel(encodeGraph(edited)),
    );
  });

  it('puts changed weights of more than 64 MB into a temporary file, gone on dispose', async () => {
    const temporary = (): string[] =>
      fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('rangefinder-weights-'));
    const before = temporary();
    const product = b.model(
      b.graph(
        b.node({ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }),
        b.initializer(b.floats('w', [SIZE, 1], large(1))),
        b.input('x', [1, SIZE]),
        b.output('y'),
      ),
    );
    const document = await folder.open(product);
    const columns = (80 * 2 ** 20) / 4 / SIZE;
    const values = new Float32Array(columns * SIZE).map((_, i) => (i * 37) % 11);
    const graph = withTensor(document.graph, 'w', values, [SIZE, columns]);
    const encoded = document.encode(graph, []);
    assert.ok(encoded.bytes.length < product.length);
    const made = temporary().filter((name) => !before.includes(name));
    assert.equal(made.length, 1);
    // The runtime computes the same numbers when the weights travel in the model.
    assert.deepEqual(await runModel(encoded), await runModel(encodeGraph(graph)));
    // A second time nothing is written.
    document.encode(graph, []);
    assert.equal(fs.readdirSync(`${os.tmpdir()}/${made[0]}`).length, 1);
    document.dispose();
    assert.ok(!temporary().includes(made[0] ?? ''));
  });

  it('still runs a file that was deleted or replaced, and refuses one that was written to', async () => {
    const path = folder.file(everywhere, 'moving.onnx');
    const document = await folder.open(path);
    const { y } = await runModel(everywhere);
    fs.rmSync(path);
    assert.deepEqual((await runModel(document.encode(document.graph, [])))['y'], y);
    fs.writeFileSync(path, 'something else');
    assert.deepEqual((await runModel(document.encode(document.graph, [])))['y'], y);
    const other = await folder.open(everywhere);
    fs.appendFileSync(other.path, b.unknownField());
    assert.throws(() => other.encode(other.graph, []), /was changed by another program/);
  });

  it('opens a model through a link', async () => {
    fs.mkdirSync(folder.at('far'));
    folder.file(everywhere, 'far/real.onnx');
    fs.symlinkSync('far/real.onnx', folder.at('linked.onnx'));
    const document = await folder.open(folder.at('linked.onnx'));
    const { y } = await runModel(everywhere);
    assert.deepEqual((await runModel(document.encode(document.graph, [])))['y'], y);
  });

  it('reads the file again after a save', async () => {
    const document = await folder.open(folder.file(everywhere));
    const graph = withTensor(document.graph, 'raw', Float32Array.from(large(9)));
    const saved = await written(folder, document.write(graph, document.path, new Map(), noJob));
    const encoded = saved.encode(saved.graph, []);
    assert.ok(encoded.bytes.length < everywhere.length - 3 * 4 * SIZE + 600);
    assert.deepEqual(await runModel(encoded), await runModel(encodeGraph(graph)));
  });
});
