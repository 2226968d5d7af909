import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { CancellationTokenSource } from 'vscode-languageserver/node';
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

  it('measures again in the background after a change, and shows the old numbers until then', async () => {
    const state = await measure(await choose(await model.open()));
    const { state: folded } = await model.apply(state, 'fold');
    assert.equal(folded.evaluation?.isStale, false, 'folding is what every target does');
    const { state: scaled } = await model.apply(folded, 'equalize');
    const settled = await until(scaled, ({ evaluation, measuring }) => {
      return evaluation?.isStale === false && measuring === undefined;
    });
    const [, opened, now] = settled.evaluation?.rows ?? [];
    assert.notEqual(opened?.sqnrDb, now?.sqnrDb);
    assert.equal(opened?.sqnrDb, state.evaluation?.rows[1]?.sqnrDb);
    assert.ok(settled.layers.some(({ data }) => data?.before !== undefined));
    assert.match(said(settled), /quantized as opened .* quantized now /);
    assert.match(said(settled), / dB\.$/);
  });

  it('finds weak layers by their samples, with what each remedy would bring', async () => {
    const state = await choose(await model.open());
    const target = { ...state.target, weightBits: 4 };
    const coarse = await model.see(rpc.setTarget, { ...model.on(state), target });
    const measured = await measure(coarse, true);
    const settled = await until(measured, ({ findings }) =>
      findings.some(({ remedies }) => remedies.some(({ label }) => label === 'Correct biases')),
    );
    const weak = settled.findings.filter(({ code }) => code === 'weak-layer');
    assert.equal(weak.length, 1, 'that of the weights alone has gone');
    const [first] = weak;
    assert.equal(
      first?.remedies.every(({ of, isMeasured }) => of === 'outputs' && isMeasured),
      true,
    );
    const gains = first?.remedies.map(({ toDb }) => fromWire(toDb)) ?? [];
    assert.deepEqual(
      gains,
      [...gains].sort((a, b) => b - a),
      'the best first',
    );
    assert.deepEqual(
      first?.remedies.map(({ label }) => label.replace(/Leave \w+/, 'Leave one')).sort(),
      [
        'Correct biases',
        'Equalize',
        'Equalize, then correct',
        'Leave one in float',
        'Per channel, then correct',
        'Weights of 8 bits',
        'Weights per channel',
      ],
    );
    for (const { mark, remedies, code } of settled.findings) {
      const isOf = remedies.every(({ of, note }) => of === 'outputs' || note !== undefined);
      assert.ok(mark === 'fine' || isOf, `${code}: outputs, where they are measured`);
      assert.ok(mark !== 'fine' || remedies.every(({ of }) => of !== 'outputs'), code);
    }
    const bits = first?.remedies.find(({ label }) => label === 'Weights of 8 bits');
    assert.equal(bits?.target?.weightBits, 8);
    const eight = await measure(
      await model.see(rpc.setTarget, { ...model.on(settled), target: state.target }),
    );
    assert.equal(bits?.toDb, eight.evaluation?.rows[2]?.sqnrDb, 'what it says is what one gets');
    const inFloat = first?.remedies.find(({ label }) => label.startsWith('Leave '));
    const worst = settled.layers.find(({ id }) => id === first?.layers[0])?.name ?? '';
    assert.equal(inFloat?.label, `Leave ${worst} in float`);
    assert.deepEqual(inFloat.target, {
      ...target,
      exceptions: [{ layer: worst, weightBits: 'float' }],
    });
    const left = await measure(
      await model.see(rpc.setTarget, { ...model.on(eight), target: inFloat.target }),
    );
    assert.equal(inFloat.toDb, left.evaluation?.rows[2]?.sqnrDb, 'and so of a layer in float');
    assert.ok(settled.findings.some(({ code }) => code === 'few-samples'));
    assert.deepEqual(
      settled.evaluation?.rows.slice(3).map(({ title }) => title),
      ['Weights per channel', 'Weights per channel, corrected'],
    );
  });

  it('says in the cockpit what equalizing would do to a layer alone, as the preview then has it', async () => {
    const measured = await measure(await choose(await model.open()), true);
    const dw = measured.layers.find(({ name }) => name === 'dw')?.id ?? -1;
    const noteOf = async (triesLeft: number): Promise<string> => {
      const asked = { ...model.on(measured), layer: dw };
      const { actions } = await model.client.ask(rpc.describeLayer, asked);
      const note = actions.find(({ kind }) => kind === 'previewSet')?.note ?? '';
      if (note.startsWith('alone') || triesLeft === 0) return note;
      await wait(100);
      return noteOf(triesLeft - 1);
    };
    const [, was, is] = /^alone ([\d.]+) → ([\d.]+) dB$/.exec(await noteOf(1200)) ?? [];
    const now = measured.layers.find(({ id }) => id === dw)?.data?.now.alone;
    assert.equal(was, Number(now).toFixed(1));
    const shown = await model.see(rpc.previewSteps, {
      ...model.on(measured),
      steps: [{ step: 'equalize' }],
    });
    const aloneIn = (state: ModelState): unknown =>
      state.layers.find(({ id }) => id === dw)?.data?.now.alone;
    const settled = await until(
      shown,
      (state) => aloneIn(state) !== undefined && !state.measuring && !state.evaluation?.isStale,
    );
    assert.equal(is, Number(aloneIn(settled)).toFixed(1));
  });

  it('gives, step by step, what it said of one remedy after the other', async () => {
    const state = await choose(await model.open());
    const target = { ...state.target, weightBits: 4 };
    const measured = await measure(
      await model.see(rpc.setTarget, { ...model.on(state), target }),
      true,
    );
    const label = 'Equalize, then correct';
    const settled = await until(measured, ({ findings }) =>
      findings.some(({ remedies }) => remedies.some((one) => one.label === label)),
    );
    const all = settled.findings.flatMap(({ remedies }) => remedies);
    const both = all.find((one) => one.label === label);
    assert.deepEqual(both?.steps, ['equalize', 'correct']);
    const { state: scaled } = await model.apply(settled, 'equalize');
    const { state: corrected } = await model.apply(scaled, 'correct');
    const now = await until(
      corrected,
      ({ evaluation, measuring }) => evaluation?.isStale === false && measuring === undefined,
    );
    const { sqnrDb } = now.evaluation?.rows[2] ?? {};
    // Found once with the grids of the float biases and once with those of the corrected ones.
    assert.ok(Math.abs(Number(sqnrDb) - Number(both?.toDb)) < 0.5, `${sqnrDb} ${both?.toDb}`);
  });

  it('finds what it measured again after a restart', async () => {
    const state = await measure(await choose(await model.open()));
    const again = await choose(await model.open());
    assert.deepEqual(again.evaluation, state.evaluation);
    await model.client.close();
    await model.reconnect();
    const restarted = await choose(await model.open());
    assert.deepEqual(restarted.evaluation, state.evaluation);
    assert.deepEqual(restarted.layers, again.layers);
  });

  it('keeps samples and numbers when the file is read again', async () => {
    const state = await measure(await choose(await model.open()));
    const reverted = await model.see(rpc.revertModel, model.on(state));
    assert.ok(state.data && state.evaluation);
    assert.equal(reverted.data?.label, state.data.label);
    assert.deepEqual(reverted.evaluation, state.evaluation);
  });

  it('can be stopped: what was measured stays', async () => {
    const state = await choose(await model.open());
    const stop = new CancellationTokenSource();
    const params = { ...model.on(state), sensitivity: true };
    const since = model.client.states.length;
    const asked = model.client.ask(rpc.measureModel, params, stop.token);
    await untilMeasuring(since);
    stop.cancel();
    await assert.rejects(asked, ({ code }: { code: number }) => code === -32800);
    const stopped = model.client.states.at(-1);
    assert.match(stopped?.stopped ?? '', /^Stopped/);
    assert.equal(stopped?.measuring, undefined);
    const whole = await measure(state, true);
    assert.equal(whole.stopped, undefined);
    assert.ok(whole.evaluation);
  });

  it('forgets what a stop left half done, and nothing that was whole', async () => {
    const state = await choose(await model.open());
    const stop = new CancellationTokenSource();
    const params = { ...model.on(state), sensitivity: true };
    const since = model.client.states.length;
    const asked = model.client.ask(rpc.measureModel, params, stop.token);
    await untilMeasuring(since);
    stop.cancel();
    await assert.rejects(asked, ({ code }: { code: number }) => code === -32800);
    const discarded = await model.client.ask(rpc.discardMeasured, { uri: model.uri });
    assert.equal(discarded.stopped, undefined);
    assert.ok(discarded.evaluation || !discarded.layers.some(({ data }) => data));
    const whole = await measure(state, false);
    const after = await model.client.ask(rpc.discardMeasured, { uri: model.uri });
    assert.deepEqual(after.evaluation, whole.evaluation);
  });

  it('shows a sample as the network sees it', async () => {
    const state = await choose(await model.open());
    const seen = await model.client.ask(rpc.previewSample, { ...model.on(state), index: 0 });
    assert.match(seen.picture ?? '', /^data:image\/png;base64,iVBORw0KGgo/);
    assert.equal(seen.channels.length, 3);
    const none = { ...model.on(state), index: 8 };
    assert.equal((await model.client.refused(rpc.previewSample, none)).code, 'no-sample');
  });

  it('refuses data with what is wrong with it, and measuring without', async () => {
    const state = await model.open();
    const params = { ...model.on(state), data: { path: model.path } };
    const fault = await model.client.refused(rpc.chooseData, params);
    assert.match(fault.message, /net\.onnx/);
    const measuring = { ...model.on(state), sensitivity: false };
    assert.equal((await model.client.refused(rpc.measureModel, measuring)).code, 'no-data');
  });

  /** Until one of the states that came since says that it is measured now. */
  async function untilMeasuring(since: number): Promise<void> {
    while (!model.client.states.slice(since).some(({ measuring }) => measuring)) await wait(1);
  }

  /** The first state that is as wanted: the one given, or one that comes by itself. */
  async function until(
    state: ModelState,
    isWanted: (state: ModelState) => boolean,
  ): Promise<ModelState> {
    for (;;) {
      const found = [state, ...model.client.states].find(
        (one) => one.revision === state.revision && isWanted(one),
      );
      if (found) return found;
      await wait(10);
    }
  }
});
