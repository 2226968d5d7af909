import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { openedModel } from '../kit/openedModel.ts';
import { perTensor } from '../kit/target.ts';

describe('the server refuses', () => {
  const model = openedModel();

  it('a revision that is not the one shown', async () => {
    const opened = await model.open();
    await model.apply(opened, 'fold');
    const fault = await model.client.refused(rpc.applySteps, {
      ...model.on(opened),
      steps: [{ step: 'fold' }],
    });
    assert.equal(fault.code, 'stale');
  });

  it('a model that is not open', async () => {
    const fault = await model.client.refused(rpc.readLog, { uri: model.uri, revision: 1 });
    assert.equal(fault.code, 'unknown-model');
  });

  it('a file that is no model, with what, where and what to do', async () => {
    writeFileSync(model.path, 'PNG is not ONNX');
    const fault = await model.client.refused(rpc.openModel, { uri: model.uri, target: perTensor });
    assert.equal(fault.code, 'not-onnx');
    assert.match(fault.message, /net\.onnx|ONNX/);
  });

  it('a file that is not there', async () => {
    rmSync(model.path);
    const fault = await model.client.refused(rpc.openModel, { uri: model.uri, target: perTensor });
    assert.ok(fault.message.length > 0);
  });

  it('to write over a file that has changed on disk', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const { mtime } = statSync(model.path);
    const theirs = Buffer.from(encodeGraph(smallMobileNet(2), []));
    writeFileSync(model.path, theirs);
    utimesSync(model.path, mtime, new Date(mtime.getTime() + 1000));
    const fault = await model.client.refused(rpc.saveModel, model.on(state));
    assert.equal(fault.code, 'file-changed');
    assert.ok(fault.remedy);
    assert.deepEqual(readFileSync(model.path), theirs);
  });

  it('to write over a file that was written to in place, also when told to keep mine', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const theirs = Buffer.from(encodeGraph(smallMobileNet(2), []));
    writeFileSync(model.path, theirs);
    const params = { ...model.on(state), overwrite: true };
    const fault = await model.client.refused(rpc.saveModel, params);
    assert.equal(fault.code, 'file-rewritten');
    assert.deepEqual(readFileSync(model.path), theirs);
  });

  it('to write over a file that is gone', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    rmSync(model.path);
    const fault = await model.client.refused(rpc.saveModel, model.on(state));
    assert.equal(fault.code, 'file-missing');
  });

  it('a change that was never made', async () => {
    const fault = await model.client.refused(rpc.setChanges, {
      ...model.on(await model.open()),
      ids: [7],
    });
    assert.equal(fault.code, 'unknown-change');
  });

  it('an option that a step does not have', async () => {
    const steps = [{ step: 'fold' as const, options: { speed: 3 } }];
    const fault = await model.client.refused(rpc.applySteps, {
      ...model.on(await model.open()),
      steps,
    });
    assert.equal(fault.code, 'wrong-option');
  });

  it('a target that cannot be simulated', async () => {
    const target = { ...perTensor, weightBits: 1 };
    const fault = await model.client.refused(rpc.setTarget, {
      ...model.on(await model.open()),
      target,
    });
    assert.equal(fault.code, 'bad-target');
  });
});
