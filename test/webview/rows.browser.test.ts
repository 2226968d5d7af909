import assert from 'node:assert/strict';
import { sortLayers } from '../../webview/panels/model/layersModel.ts';
import { manyLayers } from './fixtureLayers.ts';
import { openedModel } from './fixtures.ts';
import { servedPanels } from './panelSuite.ts';

describe('rows of a long table, in a browser', () => {
  const panels = servedPanels();
  const layers = manyLayers(10_000);

  it('stand in order, each with what is its own, wherever they are scrolled to', async () => {
    const panel = await panels.open({});
    await panel.send({ type: 'state', state: { ...openedModel(), layers }, isDirty: false });
    await panel.page.click('.row.head button:has-text("Layer")');
    await panel.settle();
    const byName = sortLayers(layers, { column: 'layer', isDescending: false });
    for (const topPx of [0, 30, 500, 100, 7000, 6990, 240_000, 0]) {
      await panel.page
        .locator('.table')
        .evaluate((table, to) => void (table.scrollTop = to), topPx);
      await panel.settle();
      const rows = await panel.page.locator('.rows .row').evaluateAll((all) =>
        all.map((row) => ({
          at: Number(row.getAttribute('aria-rowindex')) - 2,
          id: row.id,
          name: row.querySelector('.name')?.getAttribute('title'),
          top: row.getBoundingClientRect().top,
        })),
      );
      const [begin = { at: NaN, top: NaN }] = rows;
      assert.ok(rows.length > 30 && rows.length < 60, `${rows.length} rows`);
      for (const [i, row] of rows.entries()) {
        const at = begin.at + i;
        const name = byName[at]?.name;
        assert.deepEqual(row, { at, id: `layer-${at}`, name, top: begin.top + 24 * i });
      }
    }
  });
});
