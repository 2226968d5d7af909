import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { openedModel, previewedModel } from './fixtures.ts';
import { chromiumPath, Harness, type OpenPanel } from './harness.ts';

describe('what helps, why not and is it safe, in a browser', function () {
  this.timeout(60_000);
  let harness: Harness;
  let panel: OpenPanel;

  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    harness = await Harness.start();
  });
  after(async () => harness?.close());
  afterEach(async () => {
    await panel.close();
    assert.deepEqual(panel.faults, [], 'console errors');
  });

  const opened = async (state = openedModel(), tab = 'Ledger'): Promise<void> => {
    panel = await harness.open({});
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.page.click(`[role=tab]:has-text("${tab}")`);
  };
  const lastPosted = async <T extends FromPanel['type']>(
    type: T,
  ): Promise<Extract<FromPanel, { type: T }> | undefined> => {
    // A message is posted with the next frame.
    await panel.page.waitForTimeout(80);
    const all = await panel.posted();
    return all.findLast((one): one is Extract<FromPanel, { type: T }> => one.type === type);
  };

  it('does what would unblock a place by a link, and says why not while there is a preview', async () => {
    await opened();
    const link = panel.page.locator('.rows .row a:has-text("Allow the border effect…")');
    const rows = panel.page.locator('.rows .row');
    const many = await rows.count();
    await link.click();
    assert.deepEqual(await lastPosted('preview'), {
      type: 'preview',
      steps: ['absorb'],
      options: { allowBorderEffect: true },
    });
    assert.equal(await rows.count(), many, 'the press of the link does not fold its group');
    await panel.page.focus('.table');
    await panel.page.keyboard.press('Home');
    await panel.page.keyboard.press('Alt+Enter');
    const isPreview = ({ type }: { readonly type: string }): boolean => type === 'preview';
    assert.equal((await panel.posted()).filter(isPreview).length, 2);
    await panel.send({ type: 'state', state: previewedModel(), isDirty: false });
    await panel.page.waitForTimeout(60);
    assert.equal(await link.count(), 0);
  });
});
