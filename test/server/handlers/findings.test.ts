import assert from 'node:assert/strict';
import type { FindingRow, ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** Findings, verdict and marks tell the same of one model. */
describe('findings over a connection', () => {
  const model = openedModel();
  const said = ({ verdict }: ModelState): string => verdict.map(({ text }) => text).join('');
  const found = ({ findings }: ModelState, code: string): FindingRow | undefined =>
    findings.find((one) => one.code === code);

  it('are of the folded weights before a fold as after it, as the verdict is', async () => {
    const opened = await model.open();
    const lost = /; (\d+ channels of \d+ layers) round to 0/.exec(said(opened))?.[1];
    assert.ok(lost, said(opened));
    assert.equal(found(opened, 'tiny-channels')?.title, `${lost} round to 0`);
    const { state: folded } = await model.apply(opened, 'fold');
    const without = ({ findings }: ModelState): FindingRow[] =>
      findings.filter(({ code }) => code !== 'unfolded-batch-norm');
    assert.deepEqual(without(opened), without(folded));
    assert.ok(found(opened, 'unfolded-batch-norm'), 'that one is of the file');
    assert.equal(found(folded, 'unfolded-batch-norm'), undefined);
  });

  it('name the layers that are marked, also before each was measured alone', async () => {
    const state = await model.open();
    const target = { ...state.target, activationBits: 4 };
    const coarse = await model.see(rpc.setTarget, { ...model.on(state), target });
    const data = { path: 'synthetic:1' };
    const chosen = await model.see(rpc.chooseData, { ...model.on(coarse), data });
    const measured = await model.see(rpc.measureModel, {
      ...model.on(chosen),
      sensitivity: false,
    });
    const marked = measured.layers.filter(({ mark }) => mark === 'hurts').map(({ id }) => id);
    assert.ok(
      marked.length > 0 && measured.layers.every(({ data: own }) => own?.now.alone === undefined),
    );
    const weak = measured.findings.filter(({ code }) => code === 'weak-layer');
    assert.deepEqual(
      weak.map(({ layers }) => [...layers].sort((a, b) => a - b)),
      [[...marked].sort((a, b) => a - b)],
    );
  });
});
