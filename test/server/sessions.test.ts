import assert from 'node:assert/strict';
import { lstatSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { noJob } from '../../server/core/job.ts';
import { openDocument } from '../../server/formats/index.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { openedModel } from '../kit/openedModel.ts';
import { perTensor } from '../kit/target.ts';

/** Every test has a file and a server of its own, over a real connection. */
describe('the server', () => {
  const model = openedModel();
  const weights = async (file = model.path): Promise<Map<string, number[]>> => {
    const opened = await openDocument(file, noJob);
    assert.ok(opened.ok);
    const read = [...opened.value.graph.tensors].map<[string, number[]]>(
      ([name, t]) => [name, [...t.data.read()]] as const,
    );
    opened.value.dispose();
    return new Map(read);
  };

  /** The note on what was done, in the file's metadata. */
  const notes = async (): Promise<{ step: string; proofs: { exact: boolean }[] }[]> => {
    const opened = await openDocument(model.path, noJob);
    assert.ok(opened.ok);
    const text = opened.value.info.metadata.get('rangefinder.changes') ?? '[]';
    opened.value.dispose();
    return JSON.parse(text) as { step: string; proofs: { exact: boolean }[] }[];
  };

  it('opens a model and says what it is', async () => {
    const state = await model.open();
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

  it('judges the weights folded from the first, so that folding changes no figure', async () => {
    const opened = await model.open();
    const said = ({ verdict }: ModelState): string => verdict.map(({ text }) => text).join('');
    assert.match(
      said(opened),
      /^Weights only so far\. Folded, as every target does it, (\d|none) of 4 /,
    );
    const { state } = await model.apply(opened, 'fold');
    assert.ok(state.score);
    assert.deepEqual(state.score, opened.score);
    assert.equal(state.score.opened, state.score.now);
    const row = state.layers.find(({ name }) => name === state.score?.layer);
    assert.equal(row?.now.sqnrChosen, state.score.now);
    assert.match(said(state), /^Weights only: lowest SQNR stays at /);
    const scaled = await model.apply(state, 'equalize');
    assert.equal(scaled.state.score?.opened, opened.score?.now);
    const lowest = Math.min(...scaled.state.layers.map(({ now }) => Number(now.sqnrChosen)));
    assert.equal(scaled.state.score?.now, lowest);
  });

  it('previews without changing, and applies what was previewed', async () => {
    const opened = await model.open();
    const shown = await model.see(rpc.previewSteps, {
      ...model.on(opened),
      steps: [{ step: 'fold' }],
    });
    assert.equal(shown.preview?.title, 'Preview of Fold');
    assert.deepEqual(shown.changes, []);
    assert.equal(shown.steps[0]?.what, '3 would fold');
    // Every target folds: what it rounds is drawn before and after, and is the same.
    const drawn = ({ layers }: typeof opened): unknown[] =>
      layers.map(({ name, now, before }) => [name, now, before]);
    assert.deepEqual(drawn(shown), drawn(opened));
    const scaled = await model.see(rpc.previewSteps, {
      ...model.on(shown),
      steps: [{ step: 'equalize' }],
    });
    const was = new Map(opened.layers.map(({ name, now }) => [name, now]));
    const changed = scaled.layers.filter(({ before }) => before !== undefined);
    assert.ok(changed.length > 0);
    for (const { name, before } of changed) assert.deepEqual(before, was.get(name));
    const applied = await model.apply(
      await model.see(rpc.previewSteps, { ...model.on(scaled), steps: [{ step: 'fold' }] }),
      'fold',
    );
    assert.equal(applied.state.preview, undefined);
    assert.deepEqual(
      applied.state.changes.map(({ label }) => label),
      ['Fold 3 batch norms'],
    );
    assert.equal(applied.state.steps[0]?.state, 'done');
    assert.equal(applied.state.proofs[0]?.exact, true);
  });

  it('equalizes the sets of chosen layers only, and applies that preview as it is', async () => {
    const opened = await model.open();
    const fc = opened.layers.find(({ name }) => name === 'fc');
    const steps = [{ step: 'equalize' as const, options: { layers: [fc?.id] } }];
    const shown = await model.see(rpc.previewSteps, { ...model.on(opened), steps });
    assert.equal(shown.preview?.title, 'Preview of Fold and Equalize');
    const { state, changes } = await model.client.ask(rpc.applySteps, {
      ...model.on(shown),
      steps,
    });
    assert.deepEqual(
      changes.map(({ step, options }) => [step, options]),
      [
        ['fold', {}],
        ['equalize', { layers: ['fc'] }],
      ],
    );
    const applied = await model.client.whole(state);
    const done = applied.ledger.filter((row) => row.step === 'Equalize' && row.outcome === 'done');
    assert.deepEqual(
      done.map(({ place }) => place),
      ['pw → fc'],
    );
  });

  it('says in a preview which of the steps asked for does nothing', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const steps = [{ step: 'fold' as const }, { step: 'equalize' as const }];
    const shown = await model.see(rpc.previewSteps, { ...model.on(state), steps });
    assert.equal(shown.preview?.title, 'Preview of Equalize');
    assert.equal(shown.preview?.note, 'Fold: there is nothing to do.');
  });

  it('discards a preview', async () => {
    const opened = await model.open();
    const shown = await model.see(rpc.previewSteps, {
      ...model.on(opened),
      steps: [{ step: 'fold' }],
    });
    const back = await model.see(rpc.discardPreview, model.on(shown));
    assert.equal(back.preview, undefined);
    assert.deepEqual(back.layers, opened.layers);
  });

  it('folds first when asked to equalize', async () => {
    const { state, changes } = await model.apply(await model.open(), 'equalize');
    assert.deepEqual(
      changes.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    assert.equal(state.changes.length, 2);
    const [conv1] = state.layers;
    assert.ok(conv1?.before && typeof conv1.now.spread === 'number');
  });

  it('undoes and redoes', async () => {
    const opened = await model.open();
    const { state: folded } = await model.apply(opened, 'fold');
    const { state: scaled } = await model.apply(folded, 'equalize');
    const once = await model.setChanges(scaled, [1]);
    assert.deepEqual(once.layers, folded.layers);
    const none = await model.setChanges(once, []);
    assert.deepEqual(none.layers, opened.layers);
    const again = await model.setChanges(
      none,
      scaled.changes.map(({ id }) => id),
    );
    assert.deepEqual(again.layers, scaled.layers);
    assert.deepEqual(again.changes, scaled.changes);
  });

  it('saves, and undo still works', async () => {
    const before = await weights();
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const { state: saved } = await model.client.ask(rpc.saveModel, model.on(folded));
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'done');
    const after = await weights();
    assert.ok(!after.has('bn1.g'));
    assert.deepEqual(after.get('fc.w'), before.get('fc.w'));
    assert.notDeepEqual(after.get('conv1.w'), before.get('conv1.w'));
    const undone = await model.setChanges(saved, []);
    assert.equal(undone.steps.find(({ id }) => id === 'save')?.what, '1 change not saved');
    const { state: back } = await model.client.ask(rpc.saveModel, model.on(undone));
    assert.deepEqual(await weights(), before);
    const redone = await model.setChanges(back, [1]);
    await model.client.ask(rpc.saveModel, model.on(redone));
    assert.deepEqual(await weights(), after);
  });

  it('notes what was done and what was proved in the file, as long as it is in it', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const { state: saved } = await model.client.ask(rpc.saveModel, model.on(folded));
    const { state: scaled } = await model.apply(saved, 'equalize');
    const { state: both } = await model.client.ask(rpc.saveModel, model.on(scaled));
    const noted = await notes();
    assert.deepEqual(
      noted.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    assert.equal(noted[0]?.proofs[0]?.exact, true);
    const { state: one } = await model.client.ask(
      rpc.saveModel,
      model.on(await model.setChanges(both, [1])),
    );
    assert.deepEqual(
      (await notes()).map(({ step }) => step),
      ['fold'],
    );
    await model.client.ask(rpc.saveModel, model.on(await model.setChanges(one, [])));
    assert.deepEqual(await notes(), []);
  });

  it('saves to another file and stays with its own', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const other = join(model.folder, 'other.onnx');
    const { state: saved } = await model.client.ask(rpc.saveModel, {
      ...model.on(state),
      to: pathToFileURL(other).href,
    });
    assert.deepEqual(readFileSync(model.path), model.original);
    assert.ok(!(await weights(other)).has('bn1.g'));
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'available');
  });

  it('writes over a file that took the place of its own when told to keep mine', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const copy = join(model.folder, 'copy.onnx');
    await model.client.ask(rpc.saveModel, { ...model.on(state), to: pathToFileURL(copy).href });
    const theirs = join(model.folder, 'theirs.onnx');
    writeFileSync(theirs, Buffer.from(encodeGraph(smallMobileNet(2), [])));
    renameSync(theirs, model.path);
    const { state: saved } = await model.client.ask(rpc.saveModel, {
      ...model.on(state),
      overwrite: true,
    });
    assert.deepEqual(readFileSync(model.path), readFileSync(copy));
    assert.deepEqual(
      saved.changes.map(({ id }) => id),
      [1],
    );
    assert.equal(saved.steps.find(({ id }) => id === 'save')?.state, 'done');
    const fault = await model.client.refused(rpc.setChanges, { ...model.on(saved), ids: [] });
    assert.equal(fault.code, 'undo-not-kept');
  });

  it('writes over the file behind a link, and leaves the link', async () => {
    const real = join(model.folder, 'real.onnx');
    renameSync(model.path, real);
    symlinkSync('real.onnx', model.path);
    const { state } = await model.apply(await model.open(), 'fold');
    const theirs = join(model.folder, 'theirs.onnx');
    writeFileSync(theirs, Buffer.from(encodeGraph(smallMobileNet(2), [])));
    const before = readFileSync(theirs);
    renameSync(theirs, real);
    await model.client.ask(rpc.saveModel, { ...model.on(state), overwrite: true });
    assert.ok(lstatSync(model.path).isSymbolicLink());
    assert.notDeepEqual(readFileSync(real), before);
  });

  it('reverts to the file', async () => {
    const opened = await model.open();
    const { state } = await model.apply(opened, 'fold');
    const reverted = await model.see(rpc.revertModel, model.on(state));
    assert.deepEqual(reverted.changes, []);
    assert.deepEqual(reverted.layers, opened.layers);
    assert.ok(reverted.revision > state.revision);
  });

  it('repeats a log on the same file, to the bit', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const { state } = await model.apply(folded, 'equalize');
    const log = await model.client.ask(rpc.readLog, model.on(state));
    await model.client.ask(rpc.closeModel, { uri: model.uri });
    const again = await model.open(log);
    assert.deepEqual(again.layers, state.layers);
    assert.deepEqual(again.changes, state.changes);
    const copies = [join(model.folder, 'a.onnx'), join(model.folder, 'b.onnx')];
    await model.client.ask(rpc.saveModel, {
      ...model.on(again),
      to: pathToFileURL(copies[0]!).href,
    });
    const { state: once } = await model.apply(await model.open(), 'fold');
    const { state: twice } = await model.apply(once, 'equalize');
    await model.client.ask(rpc.saveModel, {
      ...model.on(twice),
      to: pathToFileURL(copies[1]!).href,
    });
    assert.deepEqual(readFileSync(copies[0]!), readFileSync(copies[1]!));
  });

  it('refuses a log of another file', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const log = await model.client.ask(rpc.readLog, model.on(state));
    await model.client.ask(rpc.closeModel, { uri: model.uri });
    writeFileSync(model.path, Buffer.from(encodeGraph(smallMobileNet(2), [])));
    const fault = await model.client.refused(rpc.openModel, {
      uri: model.uri,
      target: perTensor,
      log,
    });
    assert.equal(fault.code, 'file-changed');
    assert.match(fault.message, /net\.onnx/);
    assert.ok(fault.remedy);
  });

  it('keeps the ids of saved changes over a restart', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const { state: saved } = await model.client.ask(rpc.saveModel, model.on(folded));
    const { state } = await model.apply(saved, 'equalize');
    const log = await model.client.ask(rpc.readLog, model.on(state));
    assert.deepEqual(
      log.changes.map(({ step }) => step),
      ['equalize'],
    );
    await model.client.ask(rpc.closeModel, { uri: model.uri });
    const again = await model.open(log);
    assert.deepEqual(
      again.changes.map(({ id }) => id),
      state.changes.map(({ id }) => id),
    );
    const back = await model.setChanges(again, [1]);
    assert.deepEqual(
      back.changes.map(({ id }) => id),
      [1],
    );
    const fault = await model.client.refused(rpc.setChanges, { ...model.on(back), ids: [] });
    assert.equal(fault.code, 'undo-not-kept');
  });

  it('repairs in one change a step', async () => {
    const { state, changes, notes } = await model.client.ask(
      rpc.repairModel,
      model.on(await model.open()),
    );
    assert.deepEqual(
      changes.map(({ step, label }) => [step, label]),
      [
        ['fold', 'Fold 3 batch norms'],
        ['equalize', 'Equalize 2 sets'],
      ],
    );
    assert.match(notes[0] ?? '', /weights only/);
    const none = await model.setChanges(state, []);
    assert.ok(none.layers.every(({ before }) => before === undefined));
  });

  it('takes one layer out of the equalizing', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const { state } = await model.apply(folded, 'equalize');
    const conv1 = state.layers[0]!;
    const { state: undone, changes } = await model.client.ask(rpc.undoLayer, {
      ...model.on(state),
      layer: conv1.id,
    });
    const without = await model.client.whole(undone);
    assert.equal(changes[0]?.label, 'Undo equalizing of conv1');
    assert.deepEqual(without.layers[0]?.now, folded.layers[0]?.now);
    assert.notDeepEqual(without.layers[2]?.now, folded.layers[2]?.now);
    const log = await model.client.ask(rpc.readLog, model.on(without));
    const back = await model.setChanges(
      without,
      state.changes.map(({ id }) => id),
    );
    assert.deepEqual(back.layers, state.layers);
    await model.client.ask(rpc.closeModel, { uri: model.uri });
    assert.deepEqual((await model.open(log)).layers, without.layers);
  });
});
