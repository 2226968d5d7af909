/** The parts of the page by keyboard alone, on a small model. */
import assert from 'node:assert/strict';
import { focused, tabTo, untilFocused } from './keyboard.mjs';
import { readModel } from './model.mjs';
import { tab, webview } from './workbench.mjs';

/** Steps of one model, in the order that a user goes. */
export async function walkByKeyboard({ step, page, path, name, dirty, clean }) {
  const keyboard = page?.keyboard;
  let view;
  const current = () => view.locator('.rows .row.current').getAttribute('aria-rowindex');
  const untilCurrent = (index) =>
    view.locator(`.rows .row.current[aria-rowindex="${index}"]`).waitFor();

  await step('by keyboard: opens a model', async () => {
    await keyboard.press('Control+p');
    await page.locator('.quick-input-widget').waitFor();
    await keyboard.type(name);
    await page.locator('.quick-input-widget').getByRole('option', { name }).first().waitFor();
    await keyboard.press('Enter');
    await tab(page, name).waitFor();
    view = await webview(page);
    await view.locator('.rows .row.current').waitFor();
  });
  await step('by keyboard: moves in the table, goes into the cockpit, and comes back', async () => {
    await tabTo(page, view, '.table');
    await keyboard.press('ArrowDown');
    await untilCurrent(3);
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    await untilCurrent(3);
    await view.locator('.strips').waitFor();
    await keyboard.press('Enter');
    await untilFocused(view, '.strips'); // Enter goes into the cockpit
    await keyboard.press('ArrowRight');
    await view
      .locator('.cockpit [role=status]')
      .filter({ hasText: /channel/ })
      .waitFor();
    await keyboard.press('Escape');
    await keyboard.press('Escape');
    await untilFocused(view, '.table'); // Escape goes back to the table
    assert.equal(await current(), '3');
  });
  await step('by keyboard: goes through the tabs by arrows', async () => {
    const chosen = '[role=tab][aria-selected=true]';
    await tabTo(page, view, chosen, 'Shift+Tab');
    const count = await view.locator('[role=tab]').count();
    const names = [];
    for (let i = 0; i < count; i++) {
      await untilFocused(view, chosen); // drawn with the next frame
      const id = await view.locator(chosen).getAttribute('aria-controls');
      await view.locator(`#${id}`).waitFor();
      names.push(id);
      await keyboard.press('ArrowRight');
    }
    assert.equal(new Set(names).size, count);
    await untilFocused(view, '#tab-layers[aria-selected=true]');
    await keyboard.press('ArrowLeft');
    await untilFocused(view, '#tab-proof[aria-selected=true]');
    await keyboard.press('Home');
    await untilFocused(view, '#tab-layers[aria-selected=true]');
  });
  await step('by keyboard: previews, applies, undoes and redoes', async () => {
    await tabTo(page, view, 'button[aria-label="Preview: Fold"]', 'Shift+Tab');
    await keyboard.press('Enter');
    await view.getByText('Nothing has changed yet').first().waitFor();
    assert.equal((await focused(view)).isNothing, false, 'the focus is not lost by a preview');
    await tabTo(page, view, '.strip.preview button.main');
    await keyboard.press('Enter');
    await dirty();
    await view.locator('button[aria-label="Changes: Fold"]').waitFor();
    assert.equal((await focused(view)).isNothing, false, 'the focus is not lost by applying');
    await keyboard.press('Control+z');
    await clean();
    await view.locator('button[aria-label="Apply: Fold"]').waitFor();
    await keyboard.press('Control+y');
    await dirty();
    await view.locator('button[aria-label="Changes: Fold"]').waitFor();
  });
  await step('by keyboard: sees the ledger and the proof', async () => {
    await tabTo(page, view, 'button[aria-label="Changes: Fold"]', 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, view, '[aria-label=Ledger]');
    await keyboard.press('ArrowDown');
    await view.locator('[aria-label=Ledger] .row.current[aria-label*="Done"]').waitFor();
    await tabTo(page, view, '[role=tab][aria-selected=true]', 'Shift+Tab');
    await keyboard.press('End');
    await view.getByText('Float still computes the same').first().waitFor();
  });
  await step('by keyboard: saves', async () => {
    await keyboard.press('Control+s');
    await clean();
    assert.ok(!readModel(path).operators.includes('BatchNormalization'));
  });
}
