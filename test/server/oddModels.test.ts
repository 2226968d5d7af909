import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Graph } from '../../server/core/graph/graph.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { oneName, whileFoldErrs } from '../kit/erringFold.ts';
import { connect, sharedEngine, type Client } from '../kit/connect.ts';
import { graphOf, node, randomTensor, tensor } from '../kit/graphs.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { Random } from '../kit/random.ts';
import { perTensor } from '../kit/target.ts';

/** Models that are not what the steps are made for: each opens, explains itself, and stays alive. */
describe('a server with an odd model', () => {
  let folder = '';
  let path = '';
  let uri = '';
  let client: Client;
  const engine = sharedEngine();
  after(() => engine.dispose());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'odd-'));
    path = join(folder, 'odd.onnx');
    uri = pathToFileURL(path).href;
    client = await connect(join(folder, 'storage'), engine.create);
  });
  afterEach(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (graph: Graph): Promise<ModelState> => {
    writeFileSync(path, encodeGraph(graph, []));
    return client.whole(await client.ask(rpc.openModel, { uri, target: perTensor }));
  };
  const fold = ({ revision }: ModelState): rpc.RunParams => ({
    uri,
    revision,
    steps: [{ step: 'fold' }],
  });
  const weight = randomTensor(new Random(1), 'w', [4, 3, 1, 1]);
  const conv = node('Conv', ['x', 'w'], ['y'], {}, 'conv');

  it('names the layer whose weights are NaN, and leaves it alone', async () => {
    const graph = smallMobileNet();
    const broken = tensor('dw.w', [8, 1, 3, 3], NaN);
    const state = await open({ ...graph, tensors: new Map([...graph.tensors, ['dw.w', broken]]) });
    const row = state.layers.find(({ name }) => name === 'dw');
    assert.match(row?.fault ?? '', /dw\.w.*not finite/);
    assert.equal(row?.mark, 'hurts');
    assert.ok(state.verdict.some(({ text }) => text.includes('NaN')));
    assert.ok(state.findings.some(({ layers }) => layers.includes(row?.id ?? -1)));
    const { state: folded } = await client.ask(rpc.applySteps, fold(state));
    assert.deepEqual(JSON.parse(JSON.stringify(folded)), folded, 'numbers survive the trip');
  });

  it('explains a model without layers, and refuses steps', async () => {
    const graph = graphOf({
      inputs: { x: [1, 3] },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    const state = await open(graph);
    assert.equal(state.kind, 'no-layers');
    assert.deepEqual(state.steps, []);
    assert.ok(state.verdict.length > 0);
    const fault = await client.refused(rpc.applySteps, fold(state));
    assert.equal(fault.code, 'no-layers');
    assert.ok(fault.remedy);
  });

  it('shows the encodings of a quantized model, and refuses steps', async () => {
    const int8 = (name: string, dims: number[]): ReturnType<typeof tensor> => ({
      ...tensor(name, dims, 0),
      type: 'int8',
      data: {
        sizeBytes: 12,
        read: () =>
          new Uint8Array(12).fill(5).subarray(
            0,
            dims.reduce((a, b) => a * b, 1),
          ),
      },
    });
    const graph = graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['y'],
      tensors: [int8('wq', [4, 3, 1, 1]), tensor('s', [], 0.5), int8('z', [])],
      nodes: [
        node('DequantizeLinear', ['wq', 's', 'z'], ['w'], {}, 'dequantize'),
        node('Conv', ['x', 'w'], ['y'], {}, 'conv'),
      ],
    });
    const state = await open(graph);
    assert.equal(state.kind, 'quantized');
    assert.deepEqual(
      state.encodings.map(({ tensor: name, scale, zeroPoint, type }) => [
        name,
        scale,
        zeroPoint,
        type,
      ]),
      [['wq', 0.5, 5, 'int8']],
    );
    assert.deepEqual(
      state.layers.map(({ name }) => name),
      ['conv'],
    );
    const fault = await client.refused(rpc.repairModel, { uri, revision: state.revision });
    assert.equal(fault.code, 'quantized');
  });

  it('opens a custom operator, and says by name why nothing can be proved', async () => {
    const random = new Random(2);
    const graph = graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['z'],
      tensors: [
        weight,
        ...['g', 'b', 'm'].map((name) => randomTensor(random, name, [4])),
        tensor('v', [4], 1),
      ],
      nodes: [
        { ...conv, outputs: ['c'] },
        node('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], ['y'], {}, 'bn'),
        { ...node('Sparkle', ['y'], ['z'], {}, 'sparkle'), domain: 'com.example' },
      ],
    });
    const withDomain = { ...graph, opsets: new Map([...graph.opsets, ['com.example', 1]]) };
    const state = await open(withDomain);
    assert.ok(state.layers[0]?.isMeasured);
    const { state: folded } = await client.ask(rpc.applySteps, fold(state));
    assert.match(folded.proofs[0]?.unavailable ?? '', /Sparkle/);
    assert.equal(folded.steps[0]?.gain, 'not proved');
  });

  it('takes a step back that breaks the network, says so, and has nothing to save', async () => {
    const state = await open(smallMobileNet());
    const before = readFileSync(path);
    const answer = await whileFoldErrs(oneName, () => client.ask(rpc.applySteps, fold(state)));
    assert.match(JSON.stringify(answer), /two nodes are named \\"same\\".*bug of ours/);
    assert.deepEqual(answer.state.changes, state.changes);
    assert.deepEqual(readFileSync(path), before);
  });

  it('names an attribute that makes no sense, and opens all the same', async () => {
    const pool = node('MaxPool', ['c'], ['y'], { kernel_shape: [2, 2], strides: [2, -1] }, 'pool');
    const graph = graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['y'],
      tensors: [weight],
      nodes: [{ ...conv, outputs: ['c'] }, pool],
    });
    const state = await open(graph);
    assert.ok(state.layers[0]?.isMeasured);
    const said = state.issues.map(({ message }) => message).join();
    assert.match(said, /MaxPool "pool": strides cannot be -1/);
  });

  it('keeps the file and the session when the folder cannot be written', async function () {
    if (process.getuid?.() === 0) this.skip(); // root may write anywhere
    const state = await open(smallMobileNet());
    const { state: folded } = await client.ask(rpc.applySteps, fold(state));
    const before = readFileSync(path);
    chmodSync(folder, 0o555);
    const fault = await client.refused(rpc.saveModel, { uri, revision: folded.revision });
    chmodSync(folder, 0o755);
    assert.ok(fault.message.length > 0 && fault.remedy);
    assert.deepEqual(readFileSync(path), before);
    const { state: saved } = await client.ask(rpc.saveModel, { uri, revision: folded.revision });
    assert.equal(saved.steps.at(-1)?.state, 'done');
  });

  it('says what a replay cannot bring back', async () => {
    const state = await open(smallMobileNet());
    const { state: folded } = await client.ask(rpc.applySteps, fold(state));
    const { state: saved } = await client.ask(rpc.saveModel, { uri, revision: folded.revision });
    const undone = await client.ask(rpc.setChanges, { uri, revision: saved.revision, ids: [] });
    const log = await client.ask(rpc.readLog, { uri, revision: undone.revision });
    assert.deepEqual(
      log.undone?.map(({ label }) => label),
      ['Fold 3 batch norms'],
    );
    await client.ask(rpc.closeModel, { uri });
    const again = await client.ask(rpc.openModel, { uri, target: perTensor, log });
    assert.match(again.issues.at(-1)?.message ?? '', /Fold 3 batch norms/);
    assert.deepEqual(
      again.changes.map(({ label }) => label),
      ['Fold 3 batch norms'],
    );
  });
});
