import assert from 'node:assert/strict';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** conv1, bn1, ReLU, dw, bn2, ReLU, pw, bn3, ReLU, pool, fc. */
describe('layers that corrections leave alone', () => {
  const model = openedModel();
  const lastState = async (): Promise<ModelState> => {
    const last = model.client.states.at(-1);
    assert.ok(last);
    return model.client.whole(last);
  };
  const leave = (state: ModelState, ...names: readonly string[]): Promise<ModelState> =>
    model.see(rpc.leaveAlone, { ...model.on(state), names });
  const outcomes = (state: ModelState, step: string, name: string): string[] =>
    state.ledger
      .filter((row) => row.step === step && row.place.includes(name))
      .map((row) => `${row.outcome}: ${row.why}`);

  it('are named in the rows, and the ledger says so before any step is taken', async () => {
    const open = await model.open();
    assert.match(outcomes(open, 'Equalize', 'dw').join(), /^available/);
    const state = await leave(open, 'dw');
    assert.deepEqual(
      state.layers.filter(({ isIgnored }) => isIgnored).map(({ name }) => name),
      ['dw'],
    );
    assert.match(outcomes(state, 'Equalize', 'dw').join(), /dw is on the list of layers to leave/);
    assert.doesNotMatch(outcomes(state, 'Equalize', 'dw').join(), /available/);
    const again = await leave(state);
    assert.match(outcomes(again, 'Equalize', 'dw').join(), /^available/);
    assert.ok(!again.layers.some(({ isIgnored }) => isIgnored));
  });

  it('are not scaled by Equalize, and are folded all the same', async () => {
    const { changes } = await model.apply(await leave(await model.open(), 'dw'), 'equalize');
    const equalize = changes.find(({ step }) => step === 'equalize');
    assert.deepEqual(changes[0]?.options, {});
    assert.deepEqual(equalize?.options, { leftAlone: ['dw'] });
    const places = (await lastState()).ledger
      .filter((row) => row.step === 'Equalize' && row.outcome === 'done')
      .map(({ place }) => place);
    assert.deepEqual(places, ['pw → fc']);
    const log = await model.client.ask(rpc.readLog, model.on(await lastState()));
    const replayed = await model.open(log);
    assert.equal(replayed.changes.length, changes.length);
  });

  it('are corrected when they are asked for by name', async () => {
    const alone = await leave(await model.open(), 'dw');
    const state = await model.see(rpc.chooseData, {
      ...model.on(alone),
      data: { path: 'synthetic:1' },
    });
    const others = await model.apply(state, 'correct');
    assert.equal(others.changes.at(-1)?.label, 'Correct biases of 3 layers');
    const undone = await model.setChanges(others.state, []);
    const id = undone.layers.find(({ name }) => name === 'dw')?.id ?? -1;
    const chosen = await model.client.ask(rpc.applySteps, {
      ...model.on(undone),
      steps: [{ step: 'correct', options: { layers: [id] } }],
    });
    assert.deepEqual(chosen.changes.at(-1)?.options['layers'], ['dw']);
    assert.equal(chosen.changes.at(-1)?.options['ignore'], undefined);
  });

  it('are left alone by Repair, also on samples', async () => {
    const state = await leave(await model.open(), 'dw');
    const { changes } = await model.client.ask(rpc.repairModel, model.on(state));
    assert.deepEqual(changes[0]?.options['leftAlone'], ['dw']);
    const row = (await lastState()).layers.find(({ name }) => name === 'dw');
    // Folding changes it, scaling does not: its sets are refused.
    assert.match(
      outcomes(await lastState(), 'Equalize', 'dw').join(),
      /dw is on the list of layers to leave/,
    );
    assert.ok(row?.isIgnored);
  });

  it('are known from the first when the model is opened with them', async () => {
    const params = {
      uri: model.uri,
      target: (await model.open()).target,
      leftAlone: ['pw', 'gone'],
    };
    const state = await model.see(rpc.openModel, params);
    assert.deepEqual(
      state.layers.filter(({ isIgnored }) => isIgnored).map(({ name }) => name),
      ['pw'],
    );
  });

  it('are refused where the model has none of that name', async () => {
    const fault = await model.client.refused(rpc.leaveAlone, {
      ...model.on(await model.open()),
      names: ['gone'],
    });
    assert.equal(fault.code, 'unknown-layer');
  });
});

describe('layers with bits of their own', () => {
  const model = openedModel();
  const withBits = (state: ModelState, weightBits: number | 'float'): Promise<ModelState> =>
    model.see(rpc.setTarget, {
      ...model.on(state),
      target: { ...state.target, exceptions: [{ layer: 'dw', weightBits }] },
    });

  it('say so in their row, in the label of the target and in their cockpit', async () => {
    const state = await withBits(await model.open(), 'float');
    const row = state.layers.find(({ name }) => name === 'dw');
    assert.equal(row?.ownBits, 'float');
    assert.equal(row.now.sqnrChosen, 'inf');
    assert.equal(row.mark, 'fine');
    assert.match(state.targetLabel, /· 1 in float$/);
    const cockpit = await model.client.ask(rpc.describeLayer, {
      ...model.on(state),
      layer: row.id,
    });
    assert.equal(cockpit.cause[0]?.text, 'The target leaves it in float.');
  });

  it('are refused where no grid can be made of them', async () => {
    const state = await model.open();
    const target = { ...state.target, exceptions: [{ layer: 'dw', weightBits: 17 }] };
    const fault = await model.client.refused(rpc.setTarget, { ...model.on(state), target });
    assert.equal(fault.code, 'bad-target');
  });

  it('lose less in the outputs of the model when the worst is left in float', async () => {
    const open = await model.see(rpc.chooseData, {
      ...model.on(await model.open()),
      data: { path: 'synthetic:1' },
    });
    const measured = async (state: ModelState): Promise<number> => {
      const params = { ...model.on(state), sensitivity: false };
      const { evaluation } = await model.client.ask(rpc.measureModel, params);
      return Number(evaluation?.rows.find((row) => row.state === 'now')?.sqnrDb);
    };
    const all = await measured(open);
    const every = open.layers.map(({ name }) => ({ layer: name, weightBits: 'float' as const }));
    const target = { ...open.target, exceptions: every };
    const state = await model.see(rpc.setTarget, { ...model.on(open), target });
    // Only the input of the model and what pools is rounded now.
    assert.ok((await measured(state)) > all + 3, 'more than 3 dB better with all layers in float');
  });
});
