import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataChoice } from '../../../server/protocol/data.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from '../../kit/connect.ts';
import * as onnx from '../../kit/onnxBuilder.ts';
import { perTensor } from '../../kit/target.ts';

/** A 1×1 convolution of pictures of any size. */
const openSizes = onnx.model(
  onnx.graph(
    onnx.initializer(onnx.floats('w', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6])),
    onnx.input('x', [1, 3, 'height', 'my width']),
    onnx.node({ op: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['y'] }),
    onnx.output('y', [1, 2, 'height', 'my width']),
  ),
);

/** Samples of a model with open dimensions, and what stands beside it, over a real connection. */
describe('choosing samples', () => {
  const engine = sharedEngine();
  let folder = '';
  let client: Client;
  const beside = (): string => join(folder, 'rangefinder.json');
  const begin = async (options: rpc.ServerOptions = {}): Promise<ModelState> => {
    folder = mkdtempSync(join(tmpdir(), 'server-'));
    writeFileSync(join(folder, 'net.onnx'), openSizes);
    client = await connect(join(folder, 'storage'), engine.create, options);
    const uri = pathToFileURL(join(folder, 'net.onnx')).href;
    return client.ask(rpc.openModel, { uri, target: perTensor });
  };
  afterEach(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });
  after(() => engine.dispose());

  const on = (
    { uri, revision }: ModelState,
    data: DataChoice,
  ): rpc.OnModel & { data: DataChoice } => ({
    uri,
    revision,
    data,
  });
  /** Five samples of three channels of 1×2 pixels, as numbers that do not say so. */
  const samples = (): string => {
    const path = join(folder, 'x.csv');
    writeFileSync(path, Array.from({ length: 5 }, (_, i) => `${i},1,2,3,4,5`).join('\n'));
    return path;
  };

  it('says how the samples were split, and which serve what, both ends included', async () => {
    const state = await begin({ seed: 3 });
    const dims = { height: 1, 'my width': 2 };
    const data = async (more: Partial<DataChoice>): Promise<ModelState['data']> => {
      const { revision } = await client.ask(rpc.openModel, { uri: state.uri, target: perTensor });
      const choice = { path: samples(), dims, ...more };
      return (await client.ask(rpc.chooseData, on({ ...state, revision }, choice))).data;
    };
    const split = await data({});
    assert.equal(split?.split, 'split 1/4, 1/4, 1/2, seed 3');
    const own = await data({ calibration: '0..1', correction: '1..2', judge: '2..5' });
    assert.equal(own?.split, 'split as chosen');
    assert.equal(own.ranges, 'calibrate 0; correct 1; judge 2–4; no overlap');
    const some = await data({ judge: '2..5' });
    assert.equal(some?.split, 'judge as chosen, the rest split, seed 3');
  });

  it('names the dimension that is open, and takes the size that is given', async () => {
    const state = await begin();
    const path = samples();
    const first = await client.refused(rpc.chooseData, on(state, { path }));
    assert.equal(first.code, 'dynamic-dimension');
    assert.equal(first.where, 'height');
    const half = { path, dims: { height: 1 } };
    const second = await client.refused(rpc.chooseData, on(state, half));
    assert.equal(second.where, 'my width');
    assert.match(second.remedy ?? '', /"dims": \{"my width": SIZE\}/);
    const whole = { path, dims: { height: 1, 'my width': 2 } };
    const chosen = await client.ask(rpc.chooseData, on(state, whole));
    assert.match(chosen.data?.label ?? '', /^x\.csv · /);
    const sample = await client.ask(rpc.previewSample, { ...on(chosen, whole), index: 0 });
    assert.equal(sample.channels.length, 3);
  });

  it('keeps the sizes in rangefinder.json beside those that it has', async () => {
    const state = await begin();
    const path = samples();
    writeFileSync(beside(), '{"dims": {"height": 1}}');
    const chosen = await client.ask(rpc.chooseData, on(state, { path, dims: { 'my width': 2 } }));
    const { uri, revision } = chosen;
    await client.ask(rpc.keepData, { uri, revision });
    assert.deepEqual(JSON.parse(readFileSync(beside(), 'utf8')), {
      dims: { height: 1, 'my width': 2 },
      data: 'x.csv',
    });
    await client.ask(rpc.chooseData, on(chosen, { path }));
  });

  it('obeys nothing of rangefinder.json where the folder is not trusted', async () => {
    const state = await begin({ isTrusted: false });
    writeFileSync(beside(), '{"dims": {"height": 1, "my width": 2}}');
    const fault = await client.refused(rpc.chooseData, on(state, { path: samples() }));
    assert.equal(fault.where, 'height');
  });
});
