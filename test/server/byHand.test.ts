import assert from 'node:assert/strict';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { openedModel } from '../kit/openedModel.ts';

/** conv1, bn1, ReLU, dw, bn2, ReLU, pw, bn3, ReLU, pool, fc. */
describe('steps on what was chosen by hand', () => {
  const model = openedModel();
  const ids = (state: ModelState, ...names: readonly string[]): number[] =>
    names.map((name) => state.layers.find((row) => row.name === name)?.id ?? -1);
  const preview = (state: ModelState, ...steps: readonly rpc.StepRequest[]): Promise<ModelState> =>
    model.see(rpc.previewSteps, { ...model.on(state), steps });
  const refused = (state: ModelState, ...steps: readonly rpc.StepRequest[]): Promise<rpc.Fault> =>
    model.client.refused(rpc.previewSteps, { ...model.on(state), steps });
  const done = (state: ModelState, step: string): string[] =>
    state.ledger.filter((row) => row.step === step && row.outcome === 'done').map((r) => r.place);

  it('lists the batch norms beside the chosen layers, and which way they go', async () => {
    const state = await model.open();
    const layers = ids(state, 'conv1', 'fc');
    const folds = await model.client.ask(rpc.listFolds, { ...model.on(state), layers });
    assert.deepEqual(folds, [{ layer: 'conv1', batchNorm: 'bn1', direction: 'backward' }]);
  });

  it('folds exactly the pair that was chosen', async () => {
    const pairs = [{ layer: 'dw', batchNorm: 'bn2', direction: 'backward' }];
    const shown = await preview(await model.open(), { step: 'fold', options: { pairs } });
    assert.equal(shown.preview?.title, 'Preview of Fold');
    assert.deepEqual(done(shown, 'Fold'), ['dw → bn2']);
  });

  it('refuses a fold in the direction in which there is nothing, and does none of the others', async () => {
    const state = await model.open();
    const pairs = [
      { layer: 'dw', batchNorm: 'bn2', direction: 'backward' },
      { layer: 'pw', batchNorm: 'bn3', direction: 'forward' },
    ];
    const fault = await refused(state, { step: 'fold', options: { pairs } });
    assert.equal(fault.code, 'unknown-pair');
    assert.match(fault.message, /^pw → bn3: .*bn3.* does not stand right before .*pw/);
    assert.ok(fault.remedy);
  });

  it('scales exactly the set that was chosen, whatever order it was chosen in', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const only = [ids(state, 'fc', 'pw')];
    const reply = await model.client.ask(rpc.applySteps, {
      ...model.on(state),
      steps: [{ step: 'equalize', options: { only } }],
    });
    assert.deepEqual(
      reply.changes.map(({ step, options }) => [step, options]),
      [['equalize', { only: [['pw', 'fc']] }]],
    );
    const applied = await model.client.whole(reply.state);
    assert.deepEqual(done(applied, 'Equalize'), ['pw → fc']);
    assert.deepEqual(done(applied, 'Clear'), []);
  });

  it('folds on the way to a set, as it does for the sets that it finds', async () => {
    const state = await model.open();
    const only = [ids(state, 'pw', 'fc')];
    const shown = await preview(state, { step: 'equalize', options: { only } });
    assert.deepEqual(shown.preview?.steps, ['fold', 'equalize']);
    assert.deepEqual(done(shown, 'Equalize'), ['pw → fc']);
  });

  it('takes a set that was chosen by hand back for one layer, and offers no more then', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const only = [ids(folded, 'pw', 'fc')];
    const reply = await model.client.ask(rpc.applySteps, {
      ...model.on(folded),
      steps: [{ step: 'equalize', options: { only } }],
    });
    const scaled = await model.client.whole(reply.state);
    const [layer = -1] = ids(scaled, 'fc');
    const offered = (state: ModelState): string[] =>
      state.layers.flatMap(({ name, isEqualized }) => (isEqualized === true ? name : []));
    assert.deepEqual(offered(scaled), ['pw', 'fc']);
    const back = await model.client.ask(rpc.undoLayer, { ...model.on(scaled), layer });
    assert.equal(back.changes[0]?.label, 'Undo equalizing of fc');
    const undone = await model.client.whole(back.state);
    const kept = ({ layers }: ModelState): unknown => layers.map(({ name, now }) => [name, now]);
    assert.deepEqual(offered(undone), []);
    assert.notDeepEqual(kept(scaled), kept(folded));
    assert.deepEqual(kept(undone), kept(folded));
    const again = await model.client.refused(rpc.undoLayer, { ...model.on(undone), layer });
    assert.equal(again.code, 'not-equalized');
  });

  it('keeps the other sets that were chosen with one that is taken back', async () => {
    const { state: folded } = await model.apply(await model.open(), 'fold');
    const only = [ids(folded, 'conv1', 'dw'), ids(folded, 'pw', 'fc')];
    const { state: scaled } = await model.client.ask(rpc.applySteps, {
      ...model.on(folded),
      steps: [{ step: 'equalize', options: { only } }],
    });
    const [layer = -1] = ids(scaled, 'fc');
    const { state } = await model.client.ask(rpc.undoLayer, { ...model.on(scaled), layer });
    const undone = await model.client.whole(state);
    const alone = (await model.client.ask(rpc.readLog, model.on(undone))).changes.length;
    assert.equal(alone, 3);
    assert.deepEqual(done(undone, 'Equalize'), ['conv1 → dw']);
    assert.deepEqual(
      undone.layers.find(({ name }) => name === 'fc')?.now,
      folded.layers.find(({ name }) => name === 'fc')?.now,
    );
  });

  it('refuses layers that do not follow each other', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const fault = await refused(state, {
      step: 'equalize',
      options: { only: [ids(state, 'conv1', 'fc')] },
    });
    assert.equal(fault.isWhyNot, true);
    assert.match(fault.message, /^conv1 → fc: fc does not follow conv1 directly: that is dw/);
  });
});
