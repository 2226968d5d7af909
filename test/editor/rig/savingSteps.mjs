/**
 * Saving corrected biases: what the first save asks, each answer, several at once, and a closed
 * window. Then a page that was left in a hurry, a file that was changed, and a killed browser.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { killBrowser, openBrowser, waitWorkbench } from './host.mjs';
import { readModel } from './model.mjs';
import {
  command,
  contextMenu,
  dirtyTab,
  explorerItem,
  fileDialog,
  tab,
  webview,
} from './workbench.mjs';

/** Notes of the file say that its biases are corrected. */
const isCorrected = (path) => readModel(path).notes.has('rangefinder.correction');

/** Steps on copies of `renamed.onnx`; `backedUp` waits until VS Code has a backup of a file. */
export async function walkSaving({ step, page, folder, backedUp, clean }) {
  const names = ['biased.onnx', 'biasedToo.onnx'];
  const paths = names.map((name) => join(folder, name));
  const dialog = page?.locator('.monaco-dialog-box');
  const answer = async (button) => {
    await dialog.getByText('over the float model?').waitFor();
    await dialog.getByRole('button', { name: button, exact: true }).click();
  };
  const dirtyTabOf = (name) => dirtyTab(page).filter({ hasText: name });
  let before;

  const open = async (name, at = page) => {
    await contextMenu(at, explorerItem(at, name), 'Open quantization diagnostics');
    await tab(at, name).waitFor();
    await (await webview(at)).getByText('depthwise').first().waitFor();
  };
  const correct = async (name) => {
    await open(name);
    await command(page, 'Quantization: Use synthetic inputs');
    await (await webview(page)).getByText('So far').first().waitFor();
    await command(page, 'Quantization: Correct biases');
    await dirtyTabOf(name).waitFor();
  };
  const fold = async (name) => {
    await open(name);
    await command(page, 'Quantization: Fold batch norms');
    await dirtyTabOf(name).waitFor();
  };
  /** VS Code stores then which tabs there are, and their backups. */
  const reload = async () => {
    await Promise.all([page.waitForEvent('load'), command(page, 'Developer: Reload Window')]);
    await waitWorkbench(page);
  };
  const show = async (name) => {
    await tab(page, name).click();
    const view = await webview(page);
    await view.getByText('depthwise').first().waitFor();
    return view;
  };

  await step(
    'saves corrected biases as another file, where the dialog of the first save is told to',
    async () => {
      for (const path of paths) copyFileSync(join(folder, 'renamed.onnx'), path);
      before = paths.map((path) => readFileSync(path));
      await command(page, 'View: Show Explorer');
      await correct(names[0]);
      await page.keyboard.press('Control+s');
      await answer('Save as…');
      const copy = join(folder, 'elsewhere.onnx');
      await fileDialog(page, copy);
      await tab(page, 'elsewhere.onnx').waitFor();
      assert.ok(isCorrected(copy));
      assert.deepEqual(readFileSync(paths[0]), before[0]);
      await dirtyTabOf(names[0]).waitFor();
      assert.equal(await dirtyTabOf('elsewhere.onnx').count(), 0);
      await tab(page, 'elsewhere.onnx').click();
      await command(page, 'View: Close Editor');
    },
  );
  await step('saves all, and asks of each model by itself', async () => {
    await correct(names[1]);
    await command(page, 'File: Save All');
    await answer('Cancel');
    await answer('Save anyway');
    await page.locator('.tabs-container .tab.dirty').nth(1).waitFor({ state: 'detached' });
    assert.equal(await dirtyTab(page).count(), 1);
    const saved = paths.map(isCorrected);
    assert.equal(saved.filter(Boolean).length, 1, saved.join());
  });
  await step(
    'comes back with corrected biases that were not saved after the window is loaded again',
    async () => {
      const left = names[paths.findIndex((path) => !isCorrected(path))];
      await backedUp(left);
      await reload();
      await dirtyTabOf(left).waitFor();
      await show(left);
      await page.keyboard.press('Control+s');
      await answer('Save anyway');
      await clean();
      assert.deepEqual(paths.map(isCorrected), [true, true]);
      await command(page, 'View: Close All Editors');
    },
  );

  const [kept, keptToo, saved, dropped] = ['', 'Too', 'Saved', 'Dropped'].map(
    (name) => `abrupt${name}.onnx`,
  );
  const done = (view) => view.getByRole('button', { name: 'Changes: Fold' });
  await step(
    'comes back with what was not saved after the page was left without a word',
    async () => {
      for (const name of [kept, keptToo, saved, dropped])
        copyFileSync(join(folder, 'renamed.onnx'), join(folder, name));
      for (const name of [saved, dropped]) await fold(name);
      await command(page, 'View: Close Editor');
      await dialog.getByRole('button', { name: /^Don.t Save$/ }).click();
      await tab(page, dropped).waitFor({ state: 'detached' });
      for (const name of [kept, keptToo]) await open(name);
      await backedUp(saved);
      await reload();
      // It stores them every few seconds too, while the page has the focus: from here on never.
      await page.evaluate(() => (document.hasFocus = () => false));
      for (const name of [kept, keptToo]) await fold(name);
      await show(saved);
      await page.keyboard.press('Control+s');
      await dirtyTabOf(saved).waitFor({ state: 'detached' });
      for (const name of [kept, keptToo]) await backedUp(name);
      const address = page.url();
      await page.goto('about:blank');
      await page.goto(address);
      await waitWorkbench(page);
      for (const name of [kept, keptToo]) {
        await done(await show(name)).waitFor();
        await dirtyTabOf(name).waitFor();
      }
    },
  );
  await step('marks no model as changed then that was saved', async () => {
    const view = await show(saved);
    await dirtyTabOf(saved).waitFor({ state: 'detached' });
    assert.equal(await done(view).count(), 0);
  });
  await step('brings nothing back that its user did not want to save', async () => {
    await open(dropped);
    const view = await show(dropped);
    await view.getByRole('button', { name: 'Apply: Fold' }).waitFor();
    assert.equal(await dirtyTabOf(dropped).count(), 0);
  });
  await step('has nothing of what it brought back any more once that is undone', async () => {
    for (const name of [kept, keptToo]) {
      await (await show(name)).locator('body').press('Control+z');
      await dirtyTabOf(name).waitFor({ state: 'detached' });
    }
    await reload();
    for (const name of [kept, keptToo]) {
      await (await show(name)).getByRole('button', { name: 'Apply: Fold' }).waitFor();
      assert.equal(await dirtyTabOf(name).count(), 0);
    }
    await command(page, 'View: Close All Editors');
  });
  await step('keeps what does not fit the file until the earlier one is there again', async () => {
    const name = 'earlier.onnx';
    const path = join(folder, name);
    copyFileSync(join(folder, 'renamed.onnx'), path);
    const [then, since] = [1e9, 1.1e9]; // seconds: what tells the one from the other
    utimesSync(path, then, then);
    await fold(name);
    await backedUp(name);
    utimesSync(path, since, since);
    await reload();
    await page.getByText('Unsaved corrections could not be restored').first().waitFor();
    await (await show(name)).getByRole('button', { name: 'Apply: Fold' }).waitFor();
    await dirtyTabOf(name).waitFor({ state: 'detached' });
    await command(page, 'View: Close All Editors');
    await tab(page, name).waitFor({ state: 'detached' });
    utimesSync(path, then, then);
    await open(name);
    await done(await show(name)).waitFor();
    await dirtyTabOf(name).waitFor();
    await (await show(name)).locator('body').press('Control+z');
    await dirtyTabOf(name).waitFor({ state: 'detached' });
    await command(page, 'View: Close All Editors');
  });
  await step('comes back with what was not saved after the browser was killed', async () => {
    const name = 'killed.onnx';
    copyFileSync(join(folder, 'renamed.onnx'), join(folder, name));
    const profile = join(folder, '../profile');
    const start = async () => {
      const ui = await openBrowser({ profile });
      await ui.page.goto(page.url());
      await waitWorkbench(ui.page);
      return ui;
    };
    const first = await start();
    await open(name, first.page);
    await Promise.all([
      first.page.waitForEvent('load'),
      command(first.page, 'Developer: Reload Window'),
    ]);
    await waitWorkbench(first.page);
    await first.page.evaluate(() => (document.hasFocus = () => false));
    await (await webview(first.page)).getByText('depthwise').first().waitFor();
    await command(first.page, 'Quantization: Fold batch norms');
    await dirtyTab(first.page).waitFor();
    await backedUp(name);
    await killBrowser(first, profile);
    const { page: again, context } = await start();
    await done(await webview(again)).waitFor();
    await dirtyTab(again).waitFor();
    await (await webview(again)).locator('body').press('Control+z');
    await dirtyTab(again).waitFor({ state: 'detached' });
    await context.close();
  });
}
