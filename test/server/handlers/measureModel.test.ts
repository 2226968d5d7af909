import assert from 'node:assert/strict';
import type { DataChoice } from '../../../server/protocol/data.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** What samples say, over a real connection and the real engine. */
describe('measuring on samples', () => {
  const model = openedModel();
  const synthetic = { path: 'synthetic:1' };
  const choose = async (state: ModelState, data: DataChoice = synthetic) =>
    model.see(rpc.chooseData, { ...model.on(state), ...(data ? { data } : {}) });
  const measure = (state: ModelState, sensitivity = false): Promise<ModelState> =>
    model.see(rpc.measureModel, { ...model.on(state), sensitivity });
  const said = ({ verdict }: ModelState): string => verdict.map(({ text }) => text).join('');

  it('takes samples, says what they are, and forgets them again', async () => {
    const state = await choose(await model.open());
    assert.equal(state.data?.label, 'synthetic, seed 1 · 2 + 2 + 4');
    assert.equal(state.data.isSynthetic, true);
    assert.equal(state.evaluation, undefined);
    assert.match(said(state), /Measure to see the outputs on the samples\.$/);
    const none = await model.see(rpc.chooseData, model.on(state));
    assert.equal(none.data, undefined);
  });

  it('measures outputs and layers, as opened and now', async () => {
    const state = await measure(await choose(await model.open()), true);
    const [float, opened, now] = state.evaluation?.rows ?? [];
    assert.equal(float?.agreement, 1);
    assert.deepEqual({ ...opened, state: 'now', title: now?.title }, now);
    assert.equal(state.evaluation?.samples, 4);
    assert.equal(state.evaluation.isStale, false);
    for (const { name, data, mark } of state.layers) {
      assert.ok(data, name);
      assert.equal(data.before, undefined);
      const alone = fromWire(data.now.alone ?? 'nan');
      assert.equal(mark, alone < 20 ? 'hurts' : alone < 28 ? 'watch' : 'fine');
      assert.ok(Number.isFinite(fromWire(data.now.local)), name);
    }
    // The last layer hands out the model's output: its error so far is that of the model, but for
    // folding, which moves float outputs by 1e-6.
    const [last, whole] = [state.layers.at(-1)?.data?.now.soFar, now?.sqnrDb].map(Number);
    assert.ok(Math.abs(Number(last) - Number(whole)) < 1e-3, `${last} ${whole}`);
    assert.match(said(state), /^Same answer as float on 4 synthetic inputs: quantized /);
  });
});
