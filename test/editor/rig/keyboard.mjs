/** What steps by keyboard alone are made of: nothing here touches the pointer, or an element by a script. */
import assert from 'node:assert/strict';
import { patienceMs } from './host.mjs';

/** More stops of the Tab key than a page of ours has. */
const mostStops = 80;

/** What has the focus in the page of the model: how it is called, and whether one can see it. */
export const focused = (view) =>
  view.locator('body').evaluate((body) => {
    const element = body.ownerDocument.activeElement;
    const labels = (element?.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean);
    const texts = labels.map((id) => body.ownerDocument.getElementById(id)?.textContent ?? '');
    const name =
      texts.join(' ') ||
      element?.getAttribute('aria-label') ||
      element?.getAttribute('label') || // of vscode-elements, which name what is inside by it
      element?.textContent ||
      element?.getAttribute('title') ||
      '';
    const box = element?.getBoundingClientRect();
    // A table shows where the focus is by its current row.
    const shown = element?.matches('.table') ? element.querySelector('.row.current') : element;
    const hasOutline = (style) =>
      style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    // A select of vscode-elements has its border in the colour of the focus instead.
    const face = shown?.shadowRoot?.querySelector('.select-face');
    const pen = new OffscreenCanvas(1, 1).getContext('2d');
    const plain = (colour) => Object.assign(pen, { fillStyle: colour }).fillStyle;
    const hasBorder = (style) =>
      plain(style.borderTopColor) === plain(style.getPropertyValue('--vscode-focusBorder').trim());
    return {
      isNothing: element === body || element === null,
      name: name.trim(),
      what: `${element?.localName} ${element?.className}`,
      isSeen: (box?.width ?? 0) > 0 && (box?.height ?? 0) > 0,
      hasRing: face
        ? hasBorder(getComputedStyle(face))
        : Boolean(shown) && hasOutline(getComputedStyle(shown)),
    };
  });

/** Waits until something in the page has the focus again: the next key goes there. */
export const untilKept = (view) => view.locator(':focus').first().waitFor();

export const untilFocused = (view, selector) => view.locator(`${selector}:focus`).waitFor();

const has = (view, selector) =>
  view
    .locator(selector)
    .first()
    .evaluate((element) => element === element.ownerDocument.activeElement);

/**
 * Presses Tab until the element has the focus; everything on the way has a name, is in sight, and
 * has a ring around it.
 */
export async function tabTo(page, view, selector, key = 'Tab') {
  await view.locator(selector).first().waitFor();
  for (let i = 0; i < mostStops; i++) {
    if (await has(view, selector)) return;
    await page.keyboard.press(key);
    const { isNothing, name, what, isSeen, hasRing } = await focused(view);
    if (isNothing) continue;
    assert.notEqual(name, '', `${what} has the focus and no name`);
    assert.ok(isSeen, `${what} (${name}) has the focus and is not in sight`);
    assert.ok(hasRing, `${what} (${name}) has the focus and nothing shows it`);
  }
  assert.fail(`${selector} is not reached in ${mostStops} presses of ${key}`);
}

const quickInput = (page) => page.locator('.quick-input-widget');
const typedInto = (page) => quickInput(page).locator('input[type="text"]').first();
/** The line of VS Code's list that Enter takes. */
const activeLine = (page) => quickInput(page).locator('.monaco-list-row.focused');

/** So long a key that was lost is waited for before it is pressed again. */
const lostMs = 10_000;

const isThere = (locator) =>
  locator.waitFor({ timeout: lostMs }).then(
    () => true,
    () => false,
  );

/**
 * Presses a key that opens VS Code's list, types, and presses Enter once the line is the active one.
 * It begins anew where a key was lost, or the list was asked before the extension was there.
 */
export async function chooseByKeys(page, open, text, line) {
  const wanted = activeLine(page).filter({ hasText: line });
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    if (!(await quickInput(page).isVisible())) await open();
    // An editor that opens late takes the focus: what is typed would go there.
    if (await isThere(quickInput(page).locator('input[type="text"]:focus'))) {
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
      if (await isThere(wanted)) return page.keyboard.press('Enter');
    }
    // Not in the page, where it stops what runs.
    if (await quickInput(page).isVisible()) await page.keyboard.press('Escape');
  }
  assert.fail(`"${line}" is not offered for "${text}"`);
}

/** Presses a key, once more where it was lost: VS Code takes no second undo while the first one runs. */
export async function pressUntil(page, key, seen) {
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    await page.keyboard.press(key);
    if (await isThere(seen)) return;
  }
  assert.fail(`${key} does nothing`);
}

/** What the step *Save* says while so many changes are not saved. */
export const unsaved = (view, count) =>
  view
    .locator('.steps .what')
    .getByText(count === 0 ? 'nothing to save' : new RegExp(`^${count} changes? not saved$`));

/** Undoes change by change until the model is as it was opened. Gives how many there were. */
export async function undoAll(page, view) {
  const said = view.locator('.steps .what').getByText(/^\d+ changes? not saved$/);
  const count = Number.parseInt(await said.innerText(), 10);
  for (let left = count - 1; left >= 0; left--)
    await pressUntil(page, 'Control+z', unsaved(view, left));
  return count;
}

/** Runs a command as who types its title into the palette. */
export const commandByKeys = (page, title) =>
  chooseByKeys(page, () => page.keyboard.press('F1'), `>${title}`, title);

/**
 * Answers VS Code's own file dialog, which begins in the model's folder: types the name of a file
 * there, or takes the path that it proposes. It hears nothing before it has read the folder, and
 * completes what is typed by a file that begins so.
 */
export async function fileByKeys(page, path, { isProposed = false } = {}) {
  const widget = quickInput(page);
  await typedInto(page).waitFor();
  const input = await typedInto(page).elementHandle();
  const name = path.slice(path.lastIndexOf('/') + 1);
  const proposed = isProposed ? path : path.slice(0, -name.length);
  await page.waitForFunction(([one, text]) => one.value === text, [input, proposed]);
  await widget.locator('.quick-input-progress.active').waitFor({ state: 'detached' });
  if (!isProposed) {
    await widget.getByRole('option', { name }).first().waitFor();
    await page.keyboard.type(name);
    for (const end = Date.now() + patienceMs; !(await isTaken(page, input, path, name));) {
      assert.ok(Date.now() < end, `the dialog does not take ${path}`);
      await page.keyboard.press('Control+a');
      await page.keyboard.type(path);
    }
  }
  await page.keyboard.press('Enter');
  await widget.waitFor({ state: 'hidden' });
}

/** Whether Enter would take the path: a line that is active comes before what is typed. */
const isTaken = (page, input, path, name) =>
  page
    .waitForFunction(
      ([one, wanted, file]) => {
        const line = document.querySelector('.quick-input-widget .monaco-list-row.focused');
        return one.value === wanted && (line === null || line.textContent.includes(file));
      },
      [input, path, name],
      { timeout: lostMs },
    )
    .then(
      () => true,
      () => false,
    );

/** Presses a button of a dialog, which has the focus and keeps it. */
export async function dialogByKeys(page, button) {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.getByRole('button', { name: button }).waitFor();
  await page.waitForFunction(() => document.activeElement?.closest('.monaco-dialog-box'));
  const focus = () => page.evaluate(() => document.activeElement?.textContent);
  for (let i = 0; i < mostStops; i++) {
    if ((await focus()) === button) {
      await page.keyboard.press('Enter');
      return dialog.waitFor({ state: 'detached' });
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`"${button}" of the dialog is not reached`);
}
