import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelState } from '../../server/protocol/model.ts';
import { readModelSettings } from '../../server/protocol/modelSettings.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { openedModel } from '../kit/openedModel.ts';

/** conv1, bn1, ReLU, dw, bn2, ReLU, pw, bn3, ReLU, pool, fc; sets conv1-dw-pw and pw-fc. */
describe('pairs and sets of rangefinder.json', () => {
  const model = openedModel();
  const write = (settings: object | string): void =>
    writeFileSync(
      join(model.folder, 'rangefinder.json'),
      typeof settings === 'string' ? settings : JSON.stringify(settings),
    );
  const places = (state: ModelState, step: string, outcome: string): string[] =>
    state.ledger.filter((row) => row.step === step && row.outcome === outcome).map((r) => r.place);
  const preview = (state: ModelState, step: 'fold' | 'equalize'): Promise<ModelState> =>
    model.see(rpc.previewSteps, { ...model.on(state), steps: [{ step }] });
  const refused = (state: ModelState, step: 'fold' | 'equalize'): Promise<rpc.Fault> =>
    model.client.refused(rpc.previewSteps, { ...model.on(state), steps: [{ step }] });

  it('are what Equalize does, after folding and clearing, and what it offers', async () => {
    write({ sets: ['pw, fc'] });
    const state = await model.client.whole(await model.open());
    assert.deepEqual(places(state, 'Equalize', 'available'), ['pw → fc']);
    const shown = await preview(state, 'equalize');
    assert.deepEqual(places(shown, 'Equalize', 'done'), ['pw → fc']);
    assert.equal(places(shown, 'Fold', 'done').length, 3);
    const reply = await model.apply(shown, 'equalize');
    const change = reply.state.changes.find(({ step }) => step === 'equalize');
    assert.match(change?.label ?? '', /equalize 1 set$/i);
    assert.match(change?.note ?? '', /as rangefinder\.json has it$/);
    // Once more is nothing to refuse: the set is balanced.
    const again = await model.apply(reply.state, 'equalize');
    assert.deepEqual(again.changes, []);
  });

  it('are what Fold does; what is folded already is none that is missed', async () => {
    write({ pairs: ['dw:bn2'] });
    const state = await model.client.whole(await model.open());
    assert.deepEqual(places(state, 'Fold', 'available'), ['dw → bn2']);
    const first = await model.apply(state, 'fold');
    assert.deepEqual(places(first.state, 'Fold', 'done'), ['dw → bn2']);
    const again = await model.apply(first.state, 'fold');
    assert.deepEqual(again.changes, []);
  });

  it('give way to what is chosen in the panel', async () => {
    write({ sets: [['pw', 'fc']] });
    const { state } = await model.apply(await model.open(), 'fold');
    const ids = ['conv1', 'dw', 'pw'].map(
      (name) => state.layers.find((row) => row.name === name)?.id ?? -1,
    );
    const steps = [{ step: 'equalize' as const, options: { only: [ids] } }];
    const shown = await model.see(rpc.previewSteps, { ...model.on(state), steps });
    assert.deepEqual(places(shown, 'Equalize', 'done'), ['conv1 → dw → pw']);
  });

  it('are done again with a log as they were, whatever the file says by then', async () => {
    write({ sets: ['pw, fc'] });
    const done = await model.apply(await model.open(), 'equalize');
    const log = await model.client.ask(rpc.readLog, model.on(done.state));
    write({});
    const again = await model.client.whole(await model.open(log));
    assert.deepEqual(places(again, 'Equalize', 'done'), ['pw → fc']);
  });

  it('are read again when they are asked to be, and a preview by the old ones goes', async () => {
    write({});
    const state = await model.client.whole(await model.open());
    assert.equal(places(state, 'Equalize', 'available').length, 2);
    const shown = await preview(state, 'equalize');
    write({ sets: ['pw, fc'] });
    const now = await model.see(rpc.obeySettings, model.on(shown));
    assert.equal(now.preview, undefined);
    assert.deepEqual(places(now, 'Equalize', 'available'), ['pw → fc']);
  });

  const wrong: readonly (readonly [object | string, 'fold' | 'equalize', string, RegExp])[] = [
    [
      { sets: ['pw, fcc'] },
      'equalize',
      'unknown-layer',
      /no layer "fcc", which "sets" of rangefinder\.json names/,
    ],
    [{ pairs: ['dw:bn9'] }, 'fold', 'unknown-layer', /no layer "bn9", which "pairs"/],
    [{ sets: ['conv1, fc'] }, 'equalize', 'not-a-set', /^conv1 → fc: fc does not follow conv1/],
    [{ pairs: ['dw:bn1', 'pw:bn2'] }, 'fold', '', /bn/],
    [{ sets: 4 }, 'equalize', 'bad-settings', /"sets" is not a list \(line 1, column 9\)\./],
    [
      '{"data": "x",\n "sets": ["pw, fc", oops]}',
      'equalize',
      'bad-settings',
      /no JSON.*\(line 2, column 21\)/,
    ],
  ];
  for (const [settings, step, code, says] of wrong) {
    const name = typeof settings === 'string' ? settings : JSON.stringify(settings);
    it(`refuse ${step} where they are ${name.replace('\n', '')}`, async () => {
      write(settings);
      const fault = await refused(await model.open(), step);
      assert.match(fault.message, says);
      if (code !== '') assert.equal(fault.code, code);
      assert.ok(fault.remedy);
    });
  }

  it('are none where a folder has the name of the file: the model opens', async () => {
    mkdirSync(join(model.folder, 'rangefinder.json'));
    const state = await model.client.whole(await model.open());
    assert.equal(places(state, 'Equalize', 'available').length, 2);
    const now = await model.see(rpc.obeySettings, model.on(state));
    assert.equal(places(now, 'Equalize', 'available').length, 2);
    const { faults } = await model.client.ask(readModelSettings, { uri: model.uri });
    assert.match(faults[0]?.message ?? '', /rangefinder\.json is not a file/);
  });

  it('hold nothing back where something else in the file is wrong', async () => {
    write('{"problems": {"ignore": 3}, "data": oops, "sets": ["pw, fc"]}');
    const shown = await preview(await model.open(), 'equalize');
    assert.deepEqual(places(shown, 'Equalize', 'done'), ['pw → fc']);
    write('{"data": oops}');
    const free = await model.see(rpc.obeySettings, model.on(shown));
    assert.equal(places(free, 'Equalize', 'available').length, 2);
  });
});
