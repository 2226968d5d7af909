import assert from 'node:assert/strict';
import { undoneModel } from './fixtureStates.ts';
import { openedModel, repairedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';

describe('the rail in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const opened = async (width: number, height: number, state = undoneModel()): Promise<void> => {
    panel = await panels.open({ width, height });
    await panel.send({ type: 'state', state, isDirty: true });
    await panel.page.waitForSelector('.rows .row');
  };
  const buttons = async (): Promise<string[]> => {
    const texts = await panel.page.locator('.steps .acts button:visible').allInnerTexts();
    return texts.map((text) => text.trim());
  };

  it('has no button over another, or outside the page, at any width', async () => {
    await opened(380, 900);
    for (const height of [900, 560]) {
      for (const width of [380, 480, 639, 640, 700, 800, 959, 960, 1022, 1180, 1400]) {
        await panel.resize({ width, height });
        const over = await panel.page.evaluate(overlapping);
        assert.deepEqual(over, [], `${width} × ${height}`);
      }
    }
  });

  it('marks a step that lost by more than its colour, and says why', async () => {
    const model = repairedModel();
    const steps = model.steps.map((step) =>
      step.id === 'equalize'
        ? { ...step, gain: '22.7 → 19.0 dB', isLoss: true as const, gainNote: 'The format.' }
        : step,
    );
    await opened(1400, 900, { ...model, steps });
    const lost = panel.page.locator('.steps .what p.bad');
    assert.deepEqual(await lost.allInnerTexts(), ['× 22.7 → 19.0 dB']);
    assert.equal(await lost.getAttribute('title'), 'The format.');
    for (const width of [480, 380]) {
      await panel.resize({ width, height: 900 });
      assert.equal(await lost.isVisible(), true, `${width} px`);
      assert.deepEqual(await panel.page.evaluate(overlapping), [], `${width} px`);
    }
  });

  it('keeps words on one line where Save and Repair stand side by side', async () => {
    await opened(1022, 900);
    const height = await panel.page
      .locator('.steps .last .what p >> nth=0')
      .evaluate((element) => element.getBoundingClientRect().height);
    assert.ok(height < 20, `${height} px: more than one line of 18 px`);
  });

  for (const [width, height] of [
    [1022, 560],
    [640, 560],
    [420, 560],
  ] as const) {
    it(`keeps the next step within reach at ${width} × ${height}`, async () => {
      await opened(width, height);
      assert.deepEqual(await buttons(), ['Preview', 'Apply', 'Save', 'Repair']);
      await panel.close();
      await opened(width, height, openedModel());
      assert.deepEqual(await buttons(), ['Preview', 'Apply', 'Repair']);
      await panel.close();
      await opened(width, height, repairedModel());
      assert.deepEqual(await buttons(), ['Save']);
    });
  }

  it('shows what every step says whole where the page is low and hardly wide', async () => {
    for (const state of [openedModel(), undoneModel(), repairedModel()]) {
      await opened(640, 600, state);
      const cut = await panel.page.locator('.steps .what p:visible').evaluateAll((all) =>
        all.flatMap((one) => {
          const isCut = one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
          return isCut ? one.textContent : [];
        }),
      );
      assert.deepEqual(cut, []);
      await panel.close();
    }
    await opened(640, 600, openedModel());
    const tops = await panel.page
      .locator('.steps li')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    assert.equal(new Set(tops).size, 1, 'Repair stands beside the steps');
  });

  it('has the actions of every step in a menu on its name, for the keyboard too', async () => {
    await opened(1022, 560);
    await panel.page.focus('.steps button.step:has-text("Equalize")');
    await panel.page.keyboard.press('Enter');
    await panel.page.waitForSelector('[role=menuitem]:focus');
    assert.deepEqual(await panel.page.locator('[role=menuitem] span:first-child').allInnerTexts(), [
      'Preview',
      'Apply',
    ]);
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('Enter');
    const posted = await panel.posted();
    assert.deepEqual(posted.at(-1), { type: 'apply', steps: ['equalize'] });
    const focused = await panel.page.evaluate(() => document.activeElement?.textContent?.trim());
    assert.equal(focused, 'Equalize');
  });

  for (const width of [1400, 480])
    it(`leads to the sets and to what was cleared for them, under one step, at ${width} px`, async () => {
      await opened(width, 900, repairedModel());
      await panel.page.click('button[aria-label="Changes: Equalize"]');
      await panel.page.waitForSelector('[aria-label=Ledger]');
      await panel.settle();
      const groups = await panel.page.locator('.rows .row[aria-expanded]').allInnerTexts();
      const [cleared, sets, ...others] = groups.map((text) => text.replace(/\s+/g, ' '));
      assert.deepEqual(others, [], 'nothing of another step');
      assert.match(
        cleared ?? '',
        width === 480 ? /Equalize .*17 cleared/ : /Equalize clear 9 places 17/,
      );
      assert.match(sets ?? '', width === 480 ? /Equalize 14: / : /Equalize 14 places/);
    });
});

/**
 * Pairs of texts and buttons of the rail that lie over each other, and those that lie outside. It
 * runs in the page, where the helpers that tsx gives to named functions are not: it has none.
 */
function overlapping(): string[] {
  const parts = [...document.querySelectorAll<HTMLElement>('.steps button, .steps p')]
    .filter((element) => element.offsetParent !== null && element.textContent !== '')
    .map((element) => ({ text: element.innerText, box: element.getBoundingClientRect() }));
  return parts.flatMap(({ text, box: a }, i) => [
    ...(a.right > document.documentElement.clientWidth ? [`${text} is outside`] : []),
    ...parts
      .slice(i + 1)
      .filter(
        ({ box: b }) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1,
      )
      .map((other) => `${text} lies over ${other.text}`),
  ]);
}
