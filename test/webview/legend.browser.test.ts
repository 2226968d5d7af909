import assert from 'node:assert/strict';
import { perChannelModel } from './fixtureExtremes.ts';
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
  const marks = [
    'weak: gap over 15 or under 20 dB',
    'worth a look: gap over 10 or under 28 dB',
    'fine',
  ];
  const bars = ['grid of the tensor', 'channels', 'below half a step'];
  const words = [...marks, ...bars];

  for (const state of [openedModel(), previewedModel(), perChannelModel()]) {
    const kind = state.preview ? 'of a preview' : `per ${state.target.granularity}`;
    for (const width of [1900, 1400, 1180, 1020]) {
      it(`stands beside Sort at ${width} px, ${kind}, on one line, with all limits in reach`, async () => {
        const { page } = await open(width, state);
        const shown = page.locator('.legend-slot > .legend:visible > span');
        const whole = await page.locator('.legend-button .legend > span').allTextContents();
        const said = (await shown.allTextContents()).map((text) => text.trim());
        const isBehindButton = await page.isVisible('.legend-button summary');
        const all = whole.map((text) => text.trim());
        assert.equal(isBehindButton, said.length < all.length);
        assert.deepEqual(said, all.slice(all.length - said.length));
        if (said.length === 0) return;
        const bar = await page.locator('.bar:has(.sort)').boundingBox();
        const slot = await page.locator('.legend-slot').boundingBox();
        const [first, last] = [await shown.first().boundingBox(), await shown.last().boundingBox()];
        assert.ok(bar && slot && first && last);
        assert.ok(Math.abs(first.y - last.y) < 6 && last.x + last.width <= bar.x + bar.width);
        assert.ok(first.x >= slot.x, 'it lies on the sorting');
      });
    }
  }

  it('names the limits that the marks go by, and no grid where channels share none', async () => {
    const { page } = await open(1900, perChannelModel());
    const shown = page.locator('.legend-slot > .legend:visible > span');
    assert.deepEqual(await shown.allInnerTexts(), [
      'weak: under 20 dB',
      'worth a look: under 28 dB',
      'fine',
      'channels',
    ]);
    assert.equal(await page.locator('.rows .lost, .rows .reach').count(), 0);
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
