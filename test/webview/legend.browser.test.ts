import assert from 'node:assert/strict';
import { openedModel, previewedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';

describe('the legend of the layers table in a browser', () => {
  const panels = servedPanels();
  const open = async (width: number, state = openedModel()): Promise<OpenPanel> => {
    const panel = await panels.open({ width, height: 800 });
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.settle();
    return panel;
  };
  const words = ['grid of the tensor', 'channels', 'below half a step'];

  for (const state of [openedModel(), previewedModel()]) {
    const has = state.preview ? [...words, 'before'] : words;
    for (const width of [1400, 1180, 1020]) {
      it(`stands beside Sort at ${width} px, ${state.preview ? 'four' : 'three'} marks on one line`, async () => {
        const { page } = await open(width, state);
        const legend = page.locator('.legend-slot > .legend');
        const marks = legend.locator('> span');
        if (!(await legend.isVisible())) {
          // Where the bar has no room left, the button is there.
          assert.ok(await page.isVisible('.legend-button summary'));
          return;
        }
        assert.deepEqual(await marks.allInnerTexts(), has);
        const [bar, box] = [
          await page.locator('.bar:has(.sort)').boundingBox(),
          await legend.boundingBox(),
        ];
        const first = await marks.first().boundingBox();
        assert.ok(bar && box && first);
        assert.ok(box.height < 30 && box.x + box.width <= bar.x + bar.width);
        const sort = await page.locator('.sort').boundingBox();
        assert.ok(sort && first.x >= sort.x + sort.width, 'it lies on the sorting');
      });
    }
  }

  it('is beside Sort where 300 px are free, without a button', async () => {
    const { page } = await open(1020);
    assert.ok(await page.isVisible('.legend-slot > .legend'));
    assert.equal(await page.isVisible('.legend-button summary'), false);
  });

  for (const width of [480, 640, 660, 760]) {
    it(`opens and closes by keyboard at ${width} px, and leaves the rest of the page alone`, async () => {
      const panel = await open(width, previewedModel());
      const { page } = panel;
      assert.equal(await page.isVisible('.legend-slot > .legend'), false);
      await page.focus('.legend-button summary');
      await page.keyboard.press('Enter');
      const legend = page.locator('.legend-button .legend');
      await legend.waitFor();
      assert.deepEqual(await legend.locator('> span').allInnerTexts(), [...words, 'before']);
      const box = await legend.boundingBox();
      assert.ok(box && box.x >= 0 && box.x + box.width <= width);
      const front = await page.evaluate(
        ([x, y]) => document.elementFromPoint(x, y)?.closest('.legend') !== null,
        [box.x + 20, box.y + box.height - 8] as const,
      );
      assert.ok(front, 'the table lies over it');
      await page.keyboard.press('Escape');
      await legend.waitFor({ state: 'hidden' });
      await panel.settle();
      assert.ok(!(await panel.posted()).some(({ type }) => type === 'discard'));
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY');
      await page.keyboard.press('Space');
      await legend.waitFor();
      await page.keyboard.press('Tab');
      await legend.waitFor({ state: 'hidden' });
    });
  }
});
