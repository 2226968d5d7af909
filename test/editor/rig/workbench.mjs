/** Helpers to drive the workbench with Playwright. */
import { patienceMs } from './host.mjs';

/**
 * The inner document of a visible webview. Two frames deep: iframe.webview (VS Code's own page; its
 * src names the extension) and in it #active-frame (called pending-frame while it loads). Hidden
 * webviews stay in the DOM.
 */
export async function webview(
  page,
  { extensionId = 'rangefinder.rangefinder', nth = 0, timeout = patienceMs } = {},
) {
  const outer = page
    .locator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`)
    .filter({ visible: true })
    .nth(nth);
  const inner = outer.contentFrame().locator('#active-frame').contentFrame();
  await inner.locator('body').waitFor({ timeout });
  return inner;
}

/** A key that is pressed while an editor comes or goes is lost now and then: it is pressed again. */
async function openPalette(page, input) {
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('F1');
    const isThere = await input.waitFor({ timeout: 4000 }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  throw new Error('the palette does not open');
}

/**
 * Runs a command by its palette title. The palette lists what is registered at the moment it is
 * typed into and does not refresh when an extension arrives later, so ask again until it is there.
 */
export async function command(page, title) {
  const end = Date.now() + patienceMs;
  const widget = page.locator('.quick-input-widget');
  const input = widget.locator('input[type="text"]').first();
  for (;;) {
    await openPalette(page, input);
    try {
      // An editor that takes the focus late closes the palette under one's hands.
      await input.fill(`>${title}`, { timeout: 4000 });
      const row = widget.getByRole('option').filter({ hasText: title }).first();
      await row.waitFor({ timeout: 4000 });
      await row.click({ timeout: 4000 });
      return;
    } catch (e) {
      if (Date.now() > end) throw new Error(`no command "${title}" in the palette`, { cause: e });
      if (!(await widget.isVisible())) continue;
      await page.keyboard.press('Escape');
      await widget.waitFor({ state: 'hidden' });
    }
  }
}

/** Titles of all commands that the palette has for a text. */
export async function paletteList(page, text) {
  const widget = page.locator('.quick-input-widget');
  const input = widget.locator('input[type="text"]').first();
  for (let left = 5; ; left--) {
    await openPalette(page, input);
    try {
      // An editor that takes the focus late closes the palette under one's hands.
      await input.fill(`>${text}`, { timeout: 4000 });
      break;
    } catch (e) {
      if (left === 0) throw e;
    }
  }
  const inSight = () =>
    widget.getByRole('option').evaluateAll((rows) =>
      rows.map((row) => ({
        name: row.querySelector('.label-name')?.textContent ?? '',
        place: Number(row.getAttribute('aria-posinset')),
        count: Number(row.getAttribute('aria-setsize')),
      })),
    );
  const namesOf = (rows) => rows.map(({ name }) => name).join('\n');
  // The palette waits for a pause in typing, and says nothing when done: until it rests.
  let rows = await inSight();
  for (let rests = 0; rests < 3;) {
    await page.waitForTimeout(500);
    const now = await inSight();
    rests = namesOf(now) === namesOf(rows) ? rests + 1 : 0;
    rows = now;
  }
  // Only what is in sight is in the page.
  const names = new Map();
  const end = Date.now() + patienceMs;
  for (;;) {
    for (const { name, place } of rows) names.set(place, name);
    const count = rows[0]?.count ?? 0;
    if (names.size >= count) break;
    if (Date.now() > end) throw new Error(`${names.size} of ${count} lines of the palette`);
    await page.keyboard.press('PageDown');
    await page.waitForTimeout(50);
    rows = await inSight();
  }
  await page.keyboard.press('Escape');
  await widget.waitFor({ state: 'hidden' });
  return [...names.values()].filter((name) => name.startsWith(text)).sort();
}

/** A file of the explorer; `level` 1: of the workspace's own folder. */
export const explorerItem = (page, name, level) =>
  page
    .locator('.explorer-folders-view')
    .getByRole('treeitem', { name, exact: true, ...(level ? { level } : {}) });

export const tab = (page, name) => page.locator('.tabs-container .tab').filter({ hasText: name });

export const dirtyTab = (page) => page.locator('.tabs-container .tab.dirty');

/** Waits for the text of a notification (not under the smoke test driver: it shows no toasts). */
export const seeToast = (page, text) =>
  page.locator('.notification-toast').filter({ hasText: text }).first().waitFor();

/** Picks a line of an open quick pick, of which only the lines in sight are there: type first. */
export async function pick(page, text) {
  const widget = page.locator('.quick-input-widget');
  await widget.locator('input[type="text"]').first().fill(text);
  await widget.getByRole('option').filter({ hasText: text }).first().click();
}

/**
 * Answers an open or save dialog with a path. In the web workbench it is a quick input ("simple
 * dialog"): it first fills in a folder by itself, and overwrites what is typed before that.
 */
export async function fileDialog(page, path) {
  const widget = page.locator('.quick-input-widget');
  const input = widget.locator('input[type="text"]').first();
  await input.waitFor();
  await page.waitForFunction((i) => i.value.startsWith('/'), await input.elementHandle());
  const name = path.slice(path.lastIndexOf('/') + 1);
  const end = Date.now() + patienceMs;
  while (Date.now() < end && (await widget.isVisible())) {
    await input.fill(path.slice(0, -1));
    await input.press('End');
    await input.pressSequentially(path.slice(-1)); // it listens to typing and reads the folder
    const row = widget.getByRole('option').filter({ hasText: name }).first();
    await row.waitFor({ timeout: 2500 }).catch(() => {}); // none in a save dialog
    await input.press('Enter');
    await widget.waitFor({ state: 'hidden', timeout: 2500 }).catch(() => {});
  }
  await widget.waitFor({ state: 'hidden' });
}

/**
 * Chooses from a context menu, which is DOM (in an open shadow root, which Playwright pierces). The
 * menu has what is registered when it opens, so open it again until the entry of ours is there.
 */
export async function contextMenu(page, target, label) {
  const end = Date.now() + patienceMs;
  for (;;) {
    await target.click({ button: 'right' });
    const item = page.getByRole('menuitem', { name: label });
    try {
      await item.hover({ timeout: 4000 });
    } catch (e) {
      if (Date.now() > end) throw new Error(`no "${label}" in the menu`, { cause: e });
      await page.keyboard.press('Escape');
      continue;
    }
    await page.waitForTimeout(200); // a menu ignores the mouse for its first 100 ms
    await item.click();
    await item.waitFor({ state: 'hidden' });
    return;
  }
}
