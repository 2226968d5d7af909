import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { openedModel, previewedModel, repairedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { lastPosted, servedPanels } from './panelSuite.ts';

describe('steps, ledger and findings of the model page in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (): Promise<void> => {
    panel = await panels.open();
  };
  const opened = async (): Promise<void> => {
    await open();
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await panel.page.waitForSelector('.rows .row');
  };
  const last = <T extends FromPanel['type']>(type: T): ReturnType<typeof lastPosted<T>> =>
    lastPosted(panel, type);
  const current = (): Promise<string> => panel.page.locator('.rows .row.current .name').innerText();

  it('Escape cancels a job, discards a preview', async () => {
    await open();
    await panel.send({ type: 'state', state: previewedModel(), isDirty: false });
    await panel.send({
      type: 'busy',
      job: { title: 'Applying', detail: '1 of 2 steps.', share: 0.5 },
    });
    await panel.page.waitForSelector('[role=progressbar][aria-valuenow="50"]');
    await panel.page.keyboard.press('Escape');
    assert.ok(await last('cancel'));
    assert.equal(await last('discard'), undefined);
    await panel.send({ type: 'busy' });
    await panel.page.waitForSelector('[role=progressbar]', { state: 'detached' });
    await panel.page.keyboard.press('Escape');
    assert.ok(await last('discard'));
    await panel.page.click('button:has-text("Apply 2 steps")');
    assert.deepEqual(await last('apply'), { type: 'apply', steps: ['fold', 'equalize'] });
  });

  it('steps preview, apply, save, and open the ledger on what they did', async () => {
    await opened();
    await panel.page.click('.steps button:has-text("Preview") >> nth=1');
    assert.deepEqual(await last('preview'), { type: 'preview', steps: ['equalize'] });
    await panel.page.click('.steps button:has-text("Apply")');
    assert.deepEqual(await last('apply'), { type: 'apply', steps: ['fold'] });
    await panel.page.click('button:has-text("Repair")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'repair' });
    await panel.send({ type: 'state', state: repairedModel(), isDirty: true });
    await panel.page.click('.steps .acts button:text-is("Save")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'save' });
    await panel.page.click('.steps button:has-text("Why not")');
    await panel.page.waitForSelector('[aria-label=Ledger]');
    await panel.settle();
    assert.match(await panel.page.innerText('.rows'), /pads with 0/);
    assert.equal(await panel.page.inputValue('.bar input'), 'Absorb');
  });

  it('folds groups of the ledger with left and right, and copies it as CSV', async () => {
    await opened();
    await panel.page.click('[role=tab]:has-text("Ledger")');
    await panel.page.focus('[aria-label=Ledger]');
    await panel.settle();
    const count = (): Promise<number> => panel.page.locator('.rows .row').count();
    const isOpen = await count();
    await panel.page.keyboard.press('ArrowLeft');
    await panel.settle();
    assert.equal(await count(), isOpen - 13);
    await panel.page.keyboard.press('ArrowRight');
    await panel.settle();
    assert.equal(await count(), isOpen);
    await panel.page.click('a:has-text("Copy as CSV")');
    assert.equal((await last('copy'))?.text.split('\r\n').length, 78);
  });

  it('leaves out columns of the ledger in which no entry says anything', async () => {
    await opened();
    await panel.page.click('[role=tab]:has-text("Ledger")');
    await panel.page.waitForSelector('[aria-label=Ledger]');
    await panel.settle();
    const heads = (): Promise<string[]> =>
      panel.page.locator('[role=columnheader]').allInnerTexts();
    assert.deepEqual((await heads()).slice(3), ['Channels', 'Why', 'What would unblock it']);
    const model = openedModel();
    const ledger = model.ledger.map((row) => ({ ...row, unblock: '', channels: '' }));
    await panel.send({ type: 'state', state: { ...model, ledger }, isDirty: false });
    await panel.settle();
    assert.deepEqual((await heads()).slice(3), ['Why']);
  });

  it('a finding previews its remedy, tries a target, and leads to its layers', async () => {
    await opened();
    await panel.page.click('[role=tab]:has-text("Findings")');
    await panel.page.click('.remedies button:has-text("Try")');
    const wish = await last('setTarget');
    assert.equal(wish?.target.granularity, 'channel');
    await panel.page.click('.finding a:has-text("uneven-channels")');
    assert.deepEqual(await last('openPage'), { type: 'openPage', code: 'uneven-channels' });
    await panel.page.click('.finding a:has-text("conv_dw_9")');
    await panel.page.locator('.rows .row.current', { hasText: 'conv_dw_9' }).waitFor();
    assert.equal(await current(), 'conv_dw_9');
  });
});
