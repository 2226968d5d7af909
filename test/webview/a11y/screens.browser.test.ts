import assert from 'node:assert/strict';
import { chromiumPath, Harness, type OpenPanel } from '../harness.ts';
import { scenes, show } from '../scenes.ts';
import { leastTokens, themeNames } from '../themes.ts';
import { addAxe, colourViolations, violations, wear } from './axe.ts';

/** Wide with a cockpit beside the table, narrow with what is left out there. */
const sizes = [
  { width: 1400, height: 760 },
  { width: 480, height: 760 },
] as const;

/** With these tokens alone everything can still be read; a few screens have every part there is. */
const scenesInLeastTokens = ['measured', 'graph', 'measured-proof', 'failed', 'sort'];

/** Not looked at: the screen of another scene, with more rows, a reading or less height. */
const sameScreens = ['many', 'reading', 'low'];

describe('accessibility of every screen (axe-core)', () => {
  let harness: Harness;
  let panel: OpenPanel;
  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    harness = await Harness.start();
    panel = await harness.open(sizes[0]);
  });
  after(async () => harness?.close());
  /** One page for all scenes: opening one takes longer than looking at it. */
  beforeEach(async () => {
    await panel.resize(sizes[0]);
    await panel.page.reload();
    await panel.page.waitForSelector('#root *', { state: 'attached' });
    await addAxe(panel.page);
  });

  for (const [name, scene] of Object.entries(scenes)) {
    if (sameScreens.includes(name)) continue;
    it(`${name}: nothing to object to, in four themes, wide and narrow`, async () => {
      const { page } = panel;
      await show(panel, scene);
      for (const size of sizes) {
        await panel.resize(size);
        await wear(page, themeNames[0]);
        const found = await violations(page);
        for (const theme of themeNames.slice(1)) {
          await wear(page, theme);
          const inTheme = await colourViolations(page);
          found.push(...inTheme.map((text) => `${theme}: ${text}`));
        }
        for (const theme of scenesInLeastTokens.includes(name) ? themeNames.slice(0, 2) : []) {
          await wear(page, theme, leastTokens);
          const inTheme = await colourViolations(page);
          found.push(...inTheme.map((text) => `${theme}, least tokens: ${text}`));
        }
        assert.deepEqual(found, [], `${size.width} px`);
      }
    });
  }

  it('would find what is wrong', async () => {
    const { page } = panel;
    await page.evaluate(() => {
      const text = document.createElement('p');
      text.style.color = 'rgb(70, 70, 70)';
      text.textContent = 'Too dark on dark';
      document.querySelector('main')?.append(text, document.createElement('button'));
    });
    const rules = (await violations(page)).map((text) => text.split(':')[0]);
    assert.deepEqual(rules.sort(), ['button-name', 'color-contrast']);
  });
});
