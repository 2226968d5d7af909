import assert from 'node:assert/strict';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { openedModel } from '../kit/openedModel.ts';
import { perTensor } from '../kit/target.ts';

describe('looking at a model in the server', () => {
  const model = openedModel();

  it('ranks anew for another target without an edit', async () => {
    const opened = await model.open();
    const target = { ...perTensor, weightBits: 4 };
    const state = await model.see(rpc.setTarget, { ...model.on(opened), target });
    assert.match(state.targetLabel, /^W4/);
    assert.deepEqual(state.changes, []);
    const db = (s: ModelState): number => Number(s.layers[3]?.now.sqnrTensor);
    // 4 bits less cost 24.1 dB; the grid is coarse, so that is only about so.
    assert.ok(Math.abs(db(opened) - db(state) - 24.1) < 3);
  });

  for (const [what, change] of [
    [
      'another target',
      (state: ModelState) => {
        const target = { ...perTensor, weightBits: 4 };
        return model.see(rpc.setTarget, { ...model.on(state), target });
      },
    ],
    [
      'other samples',
      (state: ModelState) => {
        const data = { path: 'synthetic:1' };
        return model.see(rpc.chooseData, { ...model.on(state), data });
      },
    ],
  ] as const) {
    it(`shows the model itself for ${what}: a preview that was made before goes`, async () => {
      const opened = await model.open();
      const steps = [{ step: 'equalize' as const }];
      const shown = await model.see(rpc.previewSteps, { ...model.on(opened), steps });
      assert.ok(shown.preview);
      const now = await change(shown);
      assert.equal(now.preview, undefined);
      const again = await change(await model.open());
      assert.deepEqual(now.findings, again.findings);
    });
  }

  it('describes a layer', async () => {
    const state = await model.open();
    const cockpit = await model.client.ask(rpc.describeLayer, {
      ...model.on(state),
      layer: state.layers[1]!.id,
    });
    assert.equal(cockpit.layer, state.layers[1]!.id);
    assert.ok(cockpit.sets.length > 0);
    assert.ok(cockpit.levels.now.counts.length > 0);
  });
});
