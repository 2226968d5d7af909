import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { withDeadChannel } from '../../kit/deadChannel.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** On these samples *Repair* keeps every step, so that each is a change of its own. */
const data = { path: 'synthetic:3' };
const steps = ['fold', 'equalize', 'absorb', 'correct'];

describe('Repair, step by step', () => {
  const model = openedModel();
  const idsOf = ({ changes }: ModelState): number[] => changes.map(({ id }) => id);
  const stepsOf = ({ changes }: ModelState): string[] => changes.map(({ step }) => step);
  const withData = async (log?: rpc.ChangeLog): Promise<ModelState> => {
    const state = await model.open(log);
    return model.see(rpc.chooseData, { ...model.on(state), data });
  };
  const repair = async (on: ModelState): Promise<ModelState> => {
    const { state } = await model.client.ask(rpc.repairModel, model.on(on));
    return model.client.whole(state);
  };
  const logOf = (state: ModelState): Promise<rpc.ChangeLog> =>
    model.client.ask(rpc.readLog, model.on(state));
  /** The weights as a file that is saved from this state has them. */
  const weights = async (state: ModelState): Promise<Map<string, string>> => {
    const path = `${model.path}.copy.onnx`;
    await model.client.ask(rpc.saveModel, { ...model.on(state), to: `file://${path}` });
    const opened = await openDocument(path, noJob);
    assert.ok(opened.ok);
    const read = [...opened.value.graph.tensors].map(
      ([name, tensor]) => [name, Buffer.from(tensor.data.read()).toString('hex')] as const,
    );
    opened.value.dispose();
    return new Map(read);
  };

  it('is previewed as it would be, and applied as it was previewed', async () => {
    const open = await withData();
    const preview = await model.see(rpc.previewRepair, model.on(open));
    assert.equal(preview.preview?.title, 'Preview of Repair');
    assert.deepEqual(preview.preview.steps, steps);
    assert.match(preview.preview.note ?? '', /rose from .* 4 samples of synthetic/);
    assert.deepEqual(preview.changes, []);
    assert.ok(preview.repair);
    const rail = preview.steps.find(({ id }) => id === 'correct');
    assert.equal(rail?.what, '4 layers would be corrected');
    const applied = await repair(preview);
    assert.equal(applied.preview, undefined);
    // What is applied can be undone for a layer, what is previewed cannot.
    assert.ok(applied.layers.some(({ isEqualized }) => isEqualized));
    const asNotApplied = (state: ModelState) =>
      state.layers.map((row) => ({ ...row, isEqualized: false }));
    assert.deepEqual(asNotApplied(applied), asNotApplied(preview));
    assert.deepEqual(applied.repair, preview.repair);
    const shown = await weights(applied);
    const direct = await repair(await withData());
    assert.deepEqual(await weights(direct), shown);
  });

  it('shows what was found where nothing is to gain, with nothing to apply', async () => {
    const repaired = await repair(await withData());
    const again = await model.see(rpc.previewRepair, model.on(repaired));
    assert.deepEqual(again.preview?.steps, []);
    assert.match(again.preview.note ?? '', /nothing to gain/);
    assert.deepEqual(stepsOf(await repair(again)), steps);
  });

  it('without samples is previewed as the weights judge it', async () => {
    const preview = await model.see(rpc.previewRepair, model.on(await model.open()));
    assert.deepEqual(preview.preview?.steps, ['fold', 'equalize']);
    assert.match(preview.preview.note ?? '', /^Judged by the weights only/);
  });

  it('is one undo entry a step, each undone and redone by itself', async () => {
    const before = await weights(await withData());
    const open = await withData();
    const repaired = await repair(open);
    assert.deepEqual(stepsOf(repaired), steps);
    assert.deepEqual(
      repaired.changes.map(({ label }) => label.split(' ')[0]),
      ['Fold', 'Equalize', 'Absorb', 'Correct'],
    );
    const whole = await weights(repaired);
    const ids = idsOf(repaired);
    const uncorrected = await model.setChanges(repaired, ids.slice(0, 3));
    assert.equal(uncorrected.correction, undefined);
    // What it came to is not said of a part of it.
    assert.equal(uncorrected.repair, undefined);
    assert.notDeepEqual(await weights(uncorrected), whole);
    const folded = await model.setChanges(uncorrected, ids.slice(0, 1));
    const redone = await model.setChanges(folded, ids);
    assert.deepEqual(await weights(redone), whole);
    assert.equal(redone.correction?.layers, 4);
    assert.deepEqual(redone.repair, repaired.repair);
    assert.deepEqual(await weights(await model.setChanges(redone, [])), before);
  });

  it('loses its correction alone by Remove correction', async () => {
    const repaired = await repair(await withData());
    const uncorrected = await model.setChanges(repaired, idsOf(repaired).slice(0, 3));
    const without = await weights(uncorrected);
    const back = await model.setChanges(uncorrected, idsOf(repaired));
    const removed = await model.client.ask(rpc.removeCorrection, model.on(back));
    assert.equal(removed.changes[0]?.label, 'Remove bias correction');
    assert.deepEqual(await weights(removed.state), without);
  });

  it('shows a step that the best way does without as left out, and goes back and forth', async () => {
    writeFileSync(model.path, encodeGraph(withDeadChannel(3), []));
    const open = await model.open();
    const on = { ...model.on(open), data: { path: 'synthetic:5' } };
    const repaired = await repair(await model.see(rpc.chooseData, on));
    assert.deepEqual(
      repaired.repair?.rows.map(({ title, isKept }) => [title, isKept]),
      [
        ['Fold', true],
        ['Clear', true],
        ['Equalize', false],
        ['Absorb', false],
        ['Correct', true],
      ],
    );
    assert.match(repaired.repair?.rows[2]?.text ?? '', /^Left out\. .*, no gain\.$/);
    assert.ok(repaired.layers.every(({ isEqualized }) => !isEqualized));
    const rows = repaired.ledger.filter(({ step }) => step === 'Equalize');
    assert.deepEqual([...new Set(rows.map(({ outcome, code }) => `${outcome} ${code}`))].sort(), [
      'refused not-kept',
    ]);
    const whole = await weights(repaired);
    const ids = idsOf(repaired);
    let state = repaired;
    for (let count = ids.length - 1; count >= 0; count--) {
      state = await model.setChanges(state, ids.slice(0, count));
      assert.deepEqual(idsOf(state), ids.slice(0, count));
    }
    assert.ok(state.ledger.every(({ code }) => code !== 'not-kept'));
    const again = await model.setChanges(state, ids);
    assert.deepEqual(await weights(again), whole);
    assert.deepEqual(again.repair, repaired.repair);
  });

  it('made again, takes the correction before it back in its first step', async () => {
    const corrected = (await model.apply(await withData(), 'correct')).state;
    const was = await weights(corrected);
    const repaired = await repair(corrected);
    assert.ok(repaired.changes.length > corrected.changes.length);
    assert.equal(repaired.correction?.layers, 4);
    assert.deepEqual(await weights(await model.setChanges(repaired, idsOf(corrected))), was);
  });

  it('takes one layer out, with the steps that were left of it', async () => {
    const repaired = await repair(await withData());
    const uncorrected = await model.setChanges(repaired, idsOf(repaired).slice(0, 3));
    const layer = uncorrected.layers.find(({ name }) => name === 'dw')?.id ?? -1;
    const asked = { ...model.on(uncorrected), layer };
    const reply = await model.client.ask(rpc.undoLayer, asked);
    assert.equal(reply.changes[0]?.label, 'Undo equalizing of dw');
    assert.equal(reply.state.correction, undefined);
    const log = await logOf(reply.state);
    const shown = await weights(reply.state);
    await model.client.ask(rpc.closeModel, { uri: model.uri });
    assert.deepEqual(await weights(await withData(log)), shown);
  });

  for (const kept of [4, 3, 1]) {
    it(`is made again from the log with ${kept} of its steps`, async () => {
      const repaired = await repair(await withData());
      const state = await model.setChanges(repaired, idsOf(repaired).slice(0, kept));
      const [log, shown] = [await logOf(state), await weights(state)];
      await model.client.ask(rpc.closeModel, { uri: model.uri });
      const again = await withData(log);
      assert.deepEqual(again.changes, state.changes);
      assert.deepEqual(await weights(again), shown);
      assert.equal(again.correction?.layers, state.correction?.layers);
      assert.deepEqual(again.repair, state.repair);
      assert.deepEqual(await logOf(again), log);
    });
  }

  for (const saved of [1, 2, 3]) {
    it(`is made again from the log where the file has ${saved} of its steps`, async () => {
      const repaired = await repair(await withData());
      const part = await model.setChanges(repaired, idsOf(repaired).slice(0, saved));
      const reply = await model.client.ask(rpc.saveModel, model.on(part));
      const state = await model.setChanges(reply.state, idsOf(repaired));
      const [log, shown] = [await logOf(state), await weights(state)];
      assert.equal(log.changes.length, 4 - saved);
      await model.client.ask(rpc.closeModel, { uri: model.uri });
      const again = await withData(log);
      assert.deepEqual(idsOf(again), idsOf(repaired));
      assert.deepEqual(await weights(again), shown);
      assert.equal(again.correction?.layers, 4);
    });
  }
});
