import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { correctionIn } from '../../../server/session/corrections.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** Bias correction as a step of a session, over a real connection and the real engine. */
describe('correcting biases in a session', () => {
  const model = openedModel();
  const withData = async (): Promise<ModelState> => {
    const state = await model.open();
    return model.see(rpc.chooseData, { ...model.on(state), data: { path: 'synthetic:1' } });
  };
  const biases = async (path = model.path): Promise<Map<string, readonly number[]>> => {
    const opened = await openDocument(path, noJob);
    assert.ok(opened.ok);
    const read = [...opened.value.graph.tensors].map(
      ([name, { data }]) => [name, [...data.read()]] as const,
    );
    opened.value.dispose();
    return new Map(read);
  };
  const correct = (state: ModelState): ReturnType<typeof model.apply> =>
    model.apply(state, 'correct');

  it('needs samples', async () => {
    const state = await model.open();
    const rail = state.steps.find(({ id }) => id === 'correct');
    assert.deepEqual([rail?.state, rail?.what], ['not-needed', '4 layers, needs data']);
    const params = { ...model.on(state), steps: [{ step: 'correct' as const }] };
    const fault = await model.client.refused(rpc.applySteps, params);
    assert.equal(fault.code, 'no-data');
  });

  it('corrects, proves, previews and undoes', async () => {
    const open = await withData();
    const steps = [{ step: 'correct' as const }];
    const preview = await model.see(rpc.previewSteps, { ...model.on(open), steps });
    assert.equal(
      preview.steps.find(({ id }) => id === 'correct')?.what,
      '4 layers would be corrected',
    );
    const { state, changes, notes } = await correct(preview);
    assert.deepEqual(
      changes.map(({ step, label }) => [step, label]),
      [
        ['fold', 'Fold 3 batch norms'],
        ['correct', 'Correct biases of 4 layers'],
      ],
    );
    assert.deepEqual(changes[1]?.options['data'], { path: 'synthetic:1' });
    assert.match(notes.join(' '), /uncertain by about 71 %/); // 1 / sqrt(2 samples)
    const rail = state.steps.find(({ id }) => id === 'correct');
    assert.deepEqual([rail?.state, rail?.what], ['done', '4 layers corrected']);
    const proof = state.proofs.find(({ step }) => step === 'Correct');
    assert.ok(proof && proof.maxAbs > 0 && !proof.exact);
    assert.match(proof.note ?? '', /^Made for W8 A8/);
    assert.equal(proof.tolerance, undefined, 'nothing is promised');
    assert.deepEqual(
      proof.values.map(({ maxAbs, maxRel }) => [maxAbs, maxRel]),
      [[proof.maxAbs, proof.maxRel]],
    );
    assert.equal(
      state.proofWords,
      'Float still computes the same but for biases made for the grid: 1 step of 2 exact.',
    );
    assert.equal(
      state.ledger.filter(({ step, outcome }) => step === 'Correct' && outcome === 'done').length,
      4,
    );
    assert.equal(state.correction?.layers, 4);
    assert.equal(state.correction.isSaved, false);
    assert.equal(state.correction.proposedName, 'net.w8a8-tensor.onnx');
    const undone = await model.setChanges(state, [changes[0]?.id ?? 0]);
    assert.equal(undone.correction, undefined);
  });

  it('saves for which grid it is, and takes it back bit for bit after reopening', async () => {
    const folded = await model.apply(await withData(), 'fold');
    const before = await biases(await saved(folded.state));
    const { state } = await correct(
      await model.see(rpc.chooseData, {
        ...model.on(await model.open()),
        data: { path: 'synthetic:1' },
      }),
    );
    const reply = await model.client.ask(rpc.saveModel, model.on(state));
    assert.match(reply.notes.join(' '), /it is for W8 A8/);
    assert.notDeepEqual(await biases(), before);
    const again = await model.open();
    assert.equal(again.correction?.isSaved, true);
    const own = await openDocument(model.path, noJob);
    assert.ok(own.ok);
    const on = correctionIn(own.value)?.on;
    own.value.dispose();
    assert.match(on?.source ?? '', /^synthetic/);
    assert.match(on?.indices ?? '', /^\d[\d.,]*$/);
    assert.equal(again.steps.find(({ id }) => id === 'correct')?.state, 'done');
    const removed = await model.client.ask(rpc.removeCorrection, model.on(again));
    assert.equal(removed.changes[0]?.label, 'Remove bias correction');
    assert.equal(removed.state.correction, undefined);
    await saved(removed.state);
    assert.deepEqual(await biases(), before);
    assert.equal((await model.open()).correction, undefined);
  });

  it('says so when the target is another grid', async () => {
    const { state } = await correct(await withData());
    const target = { ...state.target, granularity: 'channel' as const };
    const other = await model.see(rpc.setTarget, { ...model.on(state), target });
    assert.equal(
      other.correction?.differs,
      'made for per tensor, the chosen target is per channel',
    );
    assert.ok(other.issues.some(({ code }) => code === 'other-grid'));
  });

  it('does it again from the log, and warns when the samples are gone', async () => {
    const { state } = await correct(await withData());
    const log = await model.client.ask(rpc.readLog, model.on(state));
    const again = await model.open(log);
    assert.equal(again.changes.length, 2);
    const gone = log.changes.map((change) =>
      change.step === 'correct'
        ? { ...change, options: { ...change.options, data: { path: '/nowhere/at/all' } } }
        : change,
    );
    const without = await model.open({ ...log, changes: gone });
    assert.equal(without.changes.length, 1);
    assert.match(
      without.issues.map(({ message }) => message).join(' '),
      /"Correct biases of 4 layers" and what came after it could not be repeated/,
    );
  });

  it('repairs on samples, with what it judged', async () => {
    const open = await withData();
    const reply = await model.client.ask(rpc.repairModel, model.on(open));
    const state = await model.client.whole(reply.state);
    assert.ok(state.repair);
    const titles = state.repair.rows.map(({ title }) => title);
    assert.deepEqual(titles, ['Fold', 'Clear', 'Equalize', 'Absorb', 'Correct']);
    assert.match(state.repair.summary, /4 samples of synthetic/);
    for (const { title, isKept, text } of state.repair.rows)
      assert.ok(isKept || text !== '', title);
    const undone = await model.setChanges(state, []);
    assert.equal(undone.repair, undefined);
  });

  async function saved(state: ModelState): Promise<string> {
    await model.client.ask(rpc.saveModel, model.on(state));
    return model.path;
  }
});
