import assert from 'node:assert/strict';
import type { ModelState } from '../../server/protocol/model.ts';
import { openedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';

describe('the target picker in the model page, in a browser', () => {
  const panels = servedPanels();

  const show = async (panel: OpenPanel, from: ModelState['targetFrom']): Promise<void> => {
    const state = { ...openedModel(), ...(from ? { targetFrom: from } : {}) };
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.settle();
  };

  it('says quietly where a target comes from that nobody chose in this window', async () => {
    const panel = await panels.open();
    await show(panel, 'kept');
    const note = panel.page.locator('#target-from');
    assert.equal((await note.innerText()).trim(), 'kept from last time');
    assert.match((await note.getAttribute('title')) ?? '', /list of targets has the way back/);
    assert.equal(await panel.page.getAttribute('#target', 'aria-describedby'), 'target-from');
    await show(panel, 'rangefinder.json');
    assert.equal((await note.innerText()).trim(), 'from rangefinder.json');
    await show(panel, undefined);
    assert.equal(await note.count(), 0);
    assert.equal(await panel.page.getAttribute('#target', 'aria-describedby'), null);
  });

  it('does so within the page, at the least width too', async () => {
    const panel = await panels.open();
    await show(panel, 'rangefinder.json');
    for (const width of [380, 640, 1400]) {
      await panel.resize({ width, height: 900 });
      const ends = await panel.page.evaluate(() => [
        document.querySelector('#target-from')?.getBoundingClientRect().right ?? Infinity,
        document.documentElement.scrollWidth,
      ]);
      assert.ok(
        ends.every((end) => end <= width),
        `${width} px: ${ends.join(', ')}`,
      );
    }
  });
});
