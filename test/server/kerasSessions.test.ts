import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noJob } from '../../server/core/job.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { openDocument } from '../../server/formats/index.ts';
import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from '../kit/connect.ts';
import { unevenLayers, writeH5, writeKeras, writeLayersModel } from '../kit/kerasNetwork.ts';
import { Random } from '../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../kit/run.ts';
import { perTensor } from '../kit/target.ts';

/** Float32 through four layers. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

const kinds = [
  { name: 'net.h5', label: /^Keras 2\.15\.0 \(HDF5\)/, write: writeH5 },
  { name: 'net.keras', label: /^Keras 3\.8\.0/, write: writeKeras },
  { name: 'model.json', label: /^TensorFlow\.js/, write: writeLayersModel },
] as const;

describe('the server with a Keras or TensorFlow.js model', () => {
  const engine = sharedEngine();
  let folder = '';
  let client: Client;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'server-'))));
  beforeEach(async () => (client = await connect(join(folder, 'storage'), engine.create)));
  afterEach(() => client.close());
  after(() => {
    engine.dispose();
    rmSync(folder, { recursive: true });
  });

  const uriOf = (path: string): string => pathToFileURL(path).href;
  const open = async (path: string): Promise<ModelState> =>
    client.whole(await client.ask(rpc.openModel, { uri: uriOf(path), target: perTensor }));
  const apply = async (path: string, state: ModelState, step: RunStepId): Promise<ModelState> => {
    const at = { uri: uriOf(path), revision: state.revision };
    const reply = await client.ask(rpc.applySteps, { ...at, steps: [{ step }] });
    return client.whole(reply.state);
  };
  const read = async (path: string): Promise<ModelDocument> => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    return opened.value;
  };
  const outputs = async (path: string): Promise<readonly number[]> => {
    const document = await read(path);
    const [output] = (
      await runGraph(document.graph, randomFeeds(document.graph, new Random(3), 1))
    ).values();
    document.dispose();
    return [...(output?.values ?? [])];
  };

  for (const { name, label, write } of kinds) {
    it(`opens ${name}, corrects it, undoes across a save, and computes the same`, async () => {
      const path = join(folder, name);
      await write(path, unevenLayers(1));
      const expected = await outputs(path);
      const opened = await open(path);
      assert.match(opened.file.label, label);
      assert.deepEqual(
        opened.layers.map((row) => [row.name, row.shape]),
        [
          ['first', '3×3×3×8'],
          ['depthwise', '3×3×8×1'],
          ['pointwise', '1×1×8×8'],
          ['dense', '8×4'],
        ],
      );
      const folded = await apply(path, opened, 'fold');
      const scaled = await apply(path, folded, 'equalize');
      assert.deepEqual(
        scaled.changes.map(({ step }) => step),
        ['fold', 'equalize'],
      );
      for (const proof of scaled.proofs) assert.ok(proof.exact, proof.step);
      const on = (state: ModelState): rpc.OnModel => ({
        uri: uriOf(path),
        revision: state.revision,
      });
      const ids = scaled.changes.map(({ id }) => id);
      const { state: saved, notes } = await client.ask(rpc.saveModel, on(scaled));
      assert.deepEqual(notes, []);
      const written = await read(path);
      assert.deepEqual(
        written.graph.nodes.filter(({ op }) => op === 'BatchNormalization'),
        [],
      );
      written.dispose();
      closeTo(await outputs(path), expected, tolerance, 'corrected');

      const undone = await client.ask(rpc.setChanges, { ...on(saved), ids: [] });
      const { state: restored } = await client.ask(rpc.saveModel, on(undone));
      closeTo(await outputs(path), expected, { relative: 0, absolute: 0 }, 'restored');

      const onnx = join(folder, `${name}.onnx`);
      const redone = await client.ask(rpc.setChanges, { ...on(restored), ids });
      await client.ask(rpc.saveModel, { ...on(redone), to: uriOf(onnx) });
      closeTo(await outputs(onnx), expected, tolerance, 'as ONNX');
    });
  }

  it('names the shards of a model.json, and sees when one is changed by somebody else', async () => {
    const path = join(folder, 'model.json');
    writeLayersModel(path, unevenLayers(2));
    const opened = await open(path);
    assert.deepEqual(
      opened.siblings.map((sibling) => sibling.replace(folder, '')),
      ['/group1-shard1of2.bin', '/group1-shard2of2.bin'],
    );
    const folded = await apply(path, opened, 'fold');
    const shard = opened.siblings[0] ?? '';
    writeFileSync(shard, readFileSync(shard).reverse());
    const on = { uri: uriOf(path), revision: folded.revision };
    const changed = await client.refused(rpc.saveModel, on);
    assert.equal(changed.code, 'file-changed');
    const over = await client.refused(rpc.saveModel, { ...on, overwrite: true });
    assert.equal(over.code, 'several-files');
    assert.match(over.remedy ?? '', /another folder/);
  });

  it('tells what a save had to drop', async () => {
    const path = join(folder, 'model.json');
    writeLayersModel(path, unevenLayers(1));
    const text = JSON.parse(readFileSync(path, 'utf8')) as {
      weightsManifest: { paths: string[]; weights: { shape: number[]; dtype: string }[] }[];
    };
    const [group] = text.weightsManifest;
    assert.ok(group);
    const count = group.weights.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    const quantization = { dtype: 'uint8', min: -0.5, scale: 1 / 255 };
    group.weights = group.weights.map((weight) => ({ ...weight, quantization }));
    group.paths = ['quantized.bin'];
    const bytes = new Random(1).ints(count, 128, 255); // variances above 0
    writeFileSync(join(folder, 'quantized.bin'), Buffer.from(bytes));
    writeFileSync(path, JSON.stringify(text));
    const folded = await apply(path, await open(path), 'fold');
    const on = { uri: uriOf(path), revision: folded.revision };
    const { notes } = await client.ask(rpc.saveModel, on);
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /quantized\.bin no longer fit .* float32/);
    assert.ok(existsSync(path));
  });
});
