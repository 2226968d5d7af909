import assert from 'node:assert/strict';
import type { ModelState } from '../../server/protocol/model.ts';
import type { OpenPanel } from './harness.ts';
import { measuredModel } from './fixtureData.ts';
import { openedModel } from './fixtures.ts';
import { servedPanels } from './panelSuite.ts';

describe('the layer that is selected, in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;
  const send = (state: ModelState): Promise<void> =>
    panel.send({ type: 'state', state, isDirty: false });
  const isCurrent = async (name: string): Promise<void> => {
    await panel.page.locator('.rows .row.current', { hasText: name }).waitFor();
  };
  const opened = async (): Promise<void> => {
    panel = await panels.open();
    await send(openedModel());
    await isCurrent('conv_dw_13');
  };
  const first = (): Promise<string> => panel.page.locator('.rows .row .name >> nth=0').innerText();

  /** Nothing applied; by samples another layer is the worst than by weights. */
  const measured = (): ModelState => {
    const model = measuredModel(false);
    const layers = model.layers.map((row) =>
      row.name === 'conv_pw_3' && row.data
        ? { ...row, data: { now: { ...row.data.now, alone: -1 } } }
        : row,
    );
    return { ...model, layers, changes: [] };
  };

  it('is the worst, also when samples find another one than weights', async () => {
    await opened();
    await send(measured());
    await isCurrent('conv_pw_3');
    assert.equal(await first(), 'conv_pw_3');
  });

  it('stays the one that the user picked', async () => {
    await opened();
    const second = panel.page.locator('.rows .row >> nth=1');
    const picked = await second.locator('.name').innerText();
    assert.notEqual(picked, 'conv_dw_13');
    await second.click();
    await isCurrent(picked);
    await send(measured());
    await panel.page.locator('.rows .row .name', { hasText: 'conv_pw_3' }).first().waitFor();
    await isCurrent(picked);
  });

  it('stays where the user sorts, or reads a channel', async () => {
    await opened();
    await panel.page.click('[role=columnheader] button:has-text("Layer")');
    await send(measured());
    await isCurrent('conv_dw_13');
  });

  it('stays once something is previewed or applied', async () => {
    await opened();
    const model = measured();
    await send({ ...model, changes: [{ id: 1, step: 'fold', label: 'Fold', note: '' }] });
    await isCurrent('conv_dw_13');
    await send(model);
    await isCurrent('conv_dw_13');
  });
});
