import { strict as assert } from 'node:assert';
import { hasBridge, page } from './bridge.ts';
import { closeAll, open, run, until, untilApplied } from './window.ts';

describe('layers chosen by hand', () => {
  afterEach(closeAll);

  it('has just the batch norms of the selected layer folded', async function () {
    if (!hasBridge) return this.skip();
    const document = await open('net.onnx');
    await page('click', { role: 'row', pattern: '^first,' });
    await page('see.layer', { name: 'first' });
    const folding = run('rangefinder.foldSelected');
    await page('see.window', { text: 'first ← first.norm' });
    await page('keyboard', { press: 'Enter' });
    await folding;
    await until('the preview is there', () => document.state?.preview);
    const done = document.state?.ledger.filter(({ outcome }) => outcome === 'done');
    assert.deepEqual(
      done?.map(({ place }) => place),
      ['first → first.norm'],
    );
    await run('rangefinder.applyPreview');
    await untilApplied(document, 'fold');
  });

  it('says why the selected layers are no set', async () => {
    const document = await open('net.onnx');
    const ids = document.state?.layers.filter(({ name }) => name !== 'depthwise').map((l) => l.id);
    const reasons: string[] = [];
    const listening = document.onNotice((notice) => {
      if (notice.kind === 'failed') reasons.push(notice.fault.message);
    });
    await document.preview([{ step: 'equalize', options: { only: [ids] } }]);
    listening.dispose();
    assert.equal(document.state?.preview, undefined);
    assert.match(reasons.join(), /first → pointwise → dense/);
  });
});
