import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { noJob } from '../../server/core/job.ts';
import { openDocument } from '../../server/formats/index.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from '../kit/connect.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

/** Every test has a file and a server of its own, over a real connection. */
describe('the server', () => {
  let folder = '';
  let client: Client;
  const engine = sharedEngine();
  let path = '';
  let uri = '';
  const original = Buffer.from(encodeGraph(smallMobileNet(), []));

  after(() => engine.dispose());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'server-'));
    path = join(folder, 'net.onnx');
    uri = pathToFileURL(path).href;
    writeFileSync(path, original);
    client = await connect(join(folder, 'storage'), engine.create);
  });
  afterEach(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });

  const open = (log?: rpc.ChangeLog): Promise<ModelState> =>
    client.ask(rpc.openModel, { uri, target: perTensor, ...(log ? { log } : {}) });
  const on = ({ revision }: { revision: number }): rpc.OnModel => ({ uri, revision });
  const apply = (
    state: ModelState,
    ...steps: ('fold' | 'equalize' | 'absorb')[]
  ): Promise<rpc.ApplyReply> =>
    client.ask(rpc.applySteps, { ...on(state), steps: steps.map((step) => ({ step })) });
  const undoTo = (state: ModelState, ids: number[]): Promise<ModelState> =>
    client.ask(rpc.setChanges, { ...on(state), ids });
  const weights = async (file = path): Promise<Map<string, number[]>> => {
    const opened = await openDocument(file, noJob);
    assert.ok(opened.ok);
    const read = [...opened.value.graph.tensors].map<[string, number[]]>(
      ([name, t]) => [name, [...t.data.read()]] as const,
    );
    opened.value.dispose();
    return new Map(read);
  };

  it('opens a model and says what it is', async () => {
    const state = await open();
    assert.equal(state.kind, 'float');
    assert.equal(state.file.name, 'net.onnx');
    assert.equal(state.file.nodeCount, 12);
    assert.deepEqual(state.file.inputs, ['1×3×12×12']);
    assert.deepEqual(
      state.layers.map(({ name, operator, shape }) => [name, operator, shape]),
      [
        ['conv1', 'Conv 3×3', '8×3×3×3'],
        ['dw', 'DW 3×3', '8×1×3×3'],
        ['pw', 'Conv 1×1', '8×8×1×1'],
        ['fc', 'Gemm', '4×8'],
      ],
    );
    assert.ok(state.isComplete, 'a small model is whole in the first state');
    assert.ok(state.layers.every(({ isMeasured }) => isMeasured));
    assert.deepEqual(
      state.steps.map(({ id, state: stands, isNext }) => [id, stands, isNext]),
      [
        ['fold', 'available', true],
        ['equalize', 'available', false],
        ['absorb', 'available', false],
        ['correct', 'not-needed', false],
        ['save', 'not-needed', false],
      ],
    );
    assert.equal(state.steps[0]?.what, '3 available');
  });

  it('previews without changing, and applies what was previewed', async () => {
    const opened = await open();
    const shown = await client.ask(rpc.previewSteps, { ...on(opened), steps: [{ step: 'fold' }] });
    assert.equal(shown.preview?.title, 'Preview of Fold');
    assert.deepEqual(shown.changes, []);
    assert.equal(shown.steps[0]?.what, '3 would fold');
    assert.ok(shown.layers[0]?.before, 'the folded weight is another one');
    const applied = await apply(shown, 'fold');
    assert.equal(applied.state.preview, undefined);
    assert.deepEqual(
      applied.state.changes.map(({ label }) => label),
      ['Fold 3 batch norms'],
    );
    assert.equal(applied.state.steps[0]?.state, 'done');
    assert.equal(applied.state.proofs[0]?.exact, true);
  });

  it('discards a preview', async () => {
    const opened = await open();
    const shown = await client.ask(rpc.previewSteps, { ...on(opened), steps: [{ step: 'fold' }] });
    const back = await client.ask(rpc.discardPreview, on(shown));
    assert.equal(back.preview, undefined);
    assert.deepEqual(back.layers, opened.layers);
  });

  it('folds first when asked to equalize', async () => {
    const { state, changes } = await apply(await open(), 'equalize');
    assert.deepEqual(
      changes.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    assert.equal(state.changes.length, 2);
    const [conv1] = state.layers;
    assert.ok(conv1?.before && typeof conv1.now.spread === 'number');
  });

  it('undoes and redoes', async () => {
    const opened = await open();
    const { state: folded } = await apply(opened, 'fold');
    const { state: scaled } = await apply(folded, 'equalize');
    const once = await undoTo(scaled, [1]);
    assert.deepEqual(once.layers, folded.layers);
    const none = await undoTo(once, []);
    assert.deepEqual(none.layers, opened.layers);
    const again = await undoTo(
      none,
      scaled.changes.map(({ id }) => id),
    );
    assert.deepEqual(again.layers, scaled.layers);
    assert.deepEqual(again.changes, scaled.changes);
  });

  it('saves, and undo still works', async () => {
    const before = await weights();
    const { state: folded } = await apply(await open(), 'fold');
    const saved = await client.ask(rpc.saveModel, on(folded));
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'done');
    const after = await weights();
    assert.ok(!after.has('bn1.g'));
    assert.deepEqual(after.get('fc.w'), before.get('fc.w'));
    assert.notDeepEqual(after.get('conv1.w'), before.get('conv1.w'));
    const undone = await undoTo(saved, []);
    assert.equal(undone.steps.find(({ id }) => id === 'save')?.what, '1 change not saved');
    await client.ask(rpc.saveModel, on(undone));
    assert.deepEqual(await weights(), before);
  });

  it('saves to another file and stays with its own', async () => {
    const { state } = await apply(await open(), 'fold');
    const other = join(folder, 'other.onnx');
    const saved = await client.ask(rpc.saveModel, { ...on(state), to: pathToFileURL(other).href });
    assert.deepEqual(readFileSync(path), original);
    assert.ok(!(await weights(other)).has('bn1.g'));
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'available');
  });

  it('writes over a file that took the place of its own when told to keep mine', async () => {
    const { state } = await apply(await open(), 'fold');
    const copy = join(folder, 'copy.onnx');
    await client.ask(rpc.saveModel, { ...on(state), to: pathToFileURL(copy).href });
    const theirs = join(folder, 'theirs.onnx');
    writeFileSync(theirs, Buffer.from(encodeGraph(smallMobileNet(2), [])));
    renameSync(theirs, path);
    const saved = await client.ask(rpc.saveModel, { ...on(state), overwrite: true });
    assert.deepEqual(readFileSync(path), readFileSync(copy));
    assert.deepEqual(
      saved.changes.map(({ id }) => id),
      [1],
    );
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'done');
    const fault = await client.refused(rpc.setChanges, { ...on(saved), ids: [] });
    assert.equal(fault.code, 'undo-not-kept');
  });

  it('reverts to the file', async () => {
    const opened = await open();
    const { state } = await apply(opened, 'fold');
    const reverted = await client.ask(rpc.revertModel, on(state));
    assert.deepEqual(reverted.changes, []);
    assert.deepEqual(reverted.layers, opened.layers);
    assert.ok(reverted.revision > state.revision);
  });

  it('repeats a log on the same file, to the bit', async () => {
    const { state: folded } = await apply(await open(), 'fold');
    const { state } = await apply(folded, 'equalize');
    const log = await client.ask(rpc.readLog, on(state));
    await client.ask(rpc.closeModel, { uri });
    const again = await open(log);
    assert.deepEqual(again.layers, state.layers);
    assert.deepEqual(again.changes, state.changes);
    const copies = [join(folder, 'a.onnx'), join(folder, 'b.onnx')];
    await client.ask(rpc.saveModel, { ...on(again), to: pathToFileURL(copies[0]!).href });
    const { state: once } = await apply(await open(), 'fold');
    const { state: twice } = await apply(once, 'equalize');
    await client.ask(rpc.saveModel, { ...on(twice), to: pathToFileURL(copies[1]!).href });
    assert.deepEqual(readFileSync(copies[0]!), readFileSync(copies[1]!));
  });

  it('refuses a log of another file', async () => {
    const { state } = await apply(await open(), 'fold');
    const log = await client.ask(rpc.readLog, on(state));
    await client.ask(rpc.closeModel, { uri });
    writeFileSync(path, Buffer.from(encodeGraph(smallMobileNet(2), [])));
    const fault = await client.refused(rpc.openModel, { uri, target: perTensor, log });
    assert.equal(fault.code, 'file-changed');
    assert.match(fault.message, /net\.onnx/);
    assert.ok(fault.remedy);
  });

  it('keeps the ids of saved changes over a restart', async () => {
    const { state: folded } = await apply(await open(), 'fold');
    const saved = await client.ask(rpc.saveModel, on(folded));
    const { state } = await apply(saved, 'equalize');
    const log = await client.ask(rpc.readLog, on(state));
    assert.deepEqual(
      log.changes.map(({ step }) => step),
      ['equalize'],
    );
    await client.ask(rpc.closeModel, { uri });
    const again = await open(log);
    assert.deepEqual(
      again.changes.map(({ id }) => id),
      state.changes.map(({ id }) => id),
    );
    const back = await undoTo(again, [1]);
    assert.deepEqual(
      back.changes.map(({ id }) => id),
      [1],
    );
    const fault = await client.refused(rpc.setChanges, { ...on(back), ids: [] });
    assert.equal(fault.code, 'undo-not-kept');
  });

  it('repairs in one change', async () => {
    const { state, changes, notes } = await client.ask(rpc.repairModel, on(await open()));
    assert.deepEqual(
      changes.map(({ step }) => step),
      ['repair'],
    );
    assert.match(changes[0]?.label ?? '', /^Repair: fold 3 batch norms/);
    assert.match(notes[0] ?? '', /^Weights only/);
    const none = await undoTo(state, []);
    assert.ok(none.layers.every(({ before }) => before === undefined));
  });

  it('takes one layer out of the equalizing', async () => {
    const { state: folded } = await apply(await open(), 'fold');
    const { state } = await apply(folded, 'equalize');
    const conv1 = state.layers[0]!;
    const { state: without, changes } = await client.ask(rpc.undoLayer, {
      ...on(state),
      layer: conv1.id,
    });
    assert.equal(changes[0]?.label, 'Undo equalizing of conv1');
    assert.deepEqual(without.layers[0]?.now, folded.layers[0]?.now);
    assert.notDeepEqual(without.layers[2]?.now, folded.layers[2]?.now);
    const log = await client.ask(rpc.readLog, on(without));
    const back = await undoTo(
      without,
      state.changes.map(({ id }) => id),
    );
    assert.deepEqual(back.layers, state.layers);
    await client.ask(rpc.closeModel, { uri });
    assert.deepEqual((await open(log)).layers, without.layers);
  });

  it('ranks anew for another target without an edit', async () => {
    const opened = await open();
    const target = { ...perTensor, weightBits: 4 };
    const state = await client.ask(rpc.setTarget, { ...on(opened), target });
    assert.match(state.targetLabel, /^W4/);
    assert.deepEqual(state.changes, []);
    const db = (s: ModelState): number => Number(s.layers[3]?.now.sqnrTensor);
    // 4 bits less cost 24.1 dB; the grid is coarse, so that is only about so.
    assert.ok(Math.abs(db(opened) - db(state) - 24.1) < 3);
  });

  it('describes a layer', async () => {
    const state = await open();
    const cockpit = await client.ask(rpc.describeLayer, {
      ...on(state),
      layer: state.layers[1]!.id,
    });
    assert.equal(cockpit.layer, state.layers[1]!.id);
    assert.ok(cockpit.sets.length > 0);
    assert.ok(cockpit.levels.now.counts.length > 0);
  });

  describe('refuses', () => {
    it('a revision that is not the one shown', async () => {
      const opened = await open();
      await apply(opened, 'fold');
      const fault = await client.refused(rpc.applySteps, {
        ...on(opened),
        steps: [{ step: 'fold' }],
      });
      assert.equal(fault.code, 'stale');
    });

    it('a model that is not open', async () => {
      const fault = await client.refused(rpc.readLog, { uri, revision: 1 });
      assert.equal(fault.code, 'unknown-model');
    });

    it('a file that is no model, with what, where and what to do', async () => {
      writeFileSync(path, 'PNG is not ONNX');
      const fault = await client.refused(rpc.openModel, { uri, target: perTensor });
      assert.equal(fault.code, 'not-onnx');
      assert.match(fault.message, /net\.onnx|ONNX/);
    });

    it('a file that is not there', async () => {
      rmSync(path);
      const fault = await client.refused(rpc.openModel, { uri, target: perTensor });
      assert.ok(fault.message.length > 0);
    });

    it('to write over a file that has changed on disk', async () => {
      const { state } = await apply(await open(), 'fold');
      const { mtime } = statSync(path);
      const theirs = Buffer.from(encodeGraph(smallMobileNet(2), []));
      writeFileSync(path, theirs);
      utimesSync(path, mtime, new Date(mtime.getTime() + 1000));
      const fault = await client.refused(rpc.saveModel, on(state));
      assert.equal(fault.code, 'file-changed');
      assert.ok(fault.remedy);
      assert.deepEqual(readFileSync(path), theirs);
    });

    it('to write over a file that was written to in place, also when told to keep mine', async () => {
      const { state } = await apply(await open(), 'fold');
      const theirs = Buffer.from(encodeGraph(smallMobileNet(2), []));
      writeFileSync(path, theirs);
      const params = { ...on(state), overwrite: true };
      const fault = await client.refused(rpc.saveModel, params);
      assert.equal(fault.code, 'file-rewritten');
      assert.deepEqual(readFileSync(path), theirs);
    });

    it('to write over a file that is gone', async () => {
      const { state } = await apply(await open(), 'fold');
      rmSync(path);
      const fault = await client.refused(rpc.saveModel, on(state));
      assert.equal(fault.code, 'file-missing');
    });

    it('a change that was never made', async () => {
      const fault = await client.refused(rpc.setChanges, { ...on(await open()), ids: [7] });
      assert.equal(fault.code, 'unknown-change');
    });

    it('an option that a step does not have', async () => {
      const steps = [{ step: 'fold' as const, options: { speed: 3 } }];
      const fault = await client.refused(rpc.applySteps, { ...on(await open()), steps });
      assert.equal(fault.code, 'wrong-option');
    });

    it('a target that cannot be simulated', async () => {
      const target = { ...perTensor, weightBits: 1 };
      const fault = await client.refused(rpc.setTarget, { ...on(await open()), target });
      assert.equal(fault.code, 'bad-target');
    });
  });
});
