/**
 * Packages the extension, installs the .vsix into a real VS Code server and drives it in a real
 * browser. Each step is counted. `RANGEFINDER_RESULTS` takes one JSON line for each.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageExtension } from '../../../.scripts/package.mjs';
import {
  cli,
  makeArea,
  openBrowser,
  patienceMs,
  root,
  startServer,
  waitWorkbench,
  workbenchUrl,
} from './host.mjs';
import { undoAll } from './keyboard.mjs';
import { walkTheLoop } from './keyboardLoopSteps.mjs';
import { walkByKeyboard } from './keyboardSteps.mjs';
import { readModel, relativeChange, runModel } from './model.mjs';
import { walkAsNewcomer } from './newcomerSteps.mjs';
import { walkSaving } from './savingSteps.mjs';
import { walkUntrusted } from './trustSteps.mjs';
import { command, contextMenu, dirtyTab, explorerItem, tab, webview } from './workbench.mjs';

/** The float outputs may move by rounding of float32 only (issue 3, "Proof"). */
const floatTolerance = 1e-4;

const area = makeArea();
const out = process.env.RANGEFINDER_OUT ?? join(root, 'test/out/vsix');
mkdirSync(out, { recursive: true });
const onDisk = (name) => readFileSync(join(area.ws, name));
const emit = (event) => {
  if (process.env.RANGEFINDER_RESULTS) {
    appendFileSync(process.env.RANGEFINDER_RESULTS, `${JSON.stringify(event)}\n`);
  }
};
let failed = 0;
let server;
let ui;

/** Runs one step; those after a failed one are not tried, since each stands on the one before. */
async function step(title, work) {
  if (failed > 0) return emit({ event: 'fail', title, stack: 'not reached' });
  const began = Date.now();
  try {
    await work();
    const ms = Date.now() - began;
    emit({ event: 'pass', title, ms });
  } catch (thrown) {
    failed++;
    emit({ event: 'fail', title, stack: thrown.stack });
    await ui?.page.screenshot({ path: join(out, 'failure.png') }).catch(() => {});
    if (process.env.RANGEFINDER_VERBOSE) console.error(server?.log());
  }
}

const picture = (page, name) => page.screenshot({ path: join(out, `${name}.png`) });
const shot = (name) => picture(ui.page, name);
const seen = async (text) => (await webview(ui.page)).getByText(text).first().waitFor();
const clean = () => dirtyTab(ui.page).waitFor({ state: 'detached' });
const dirty = () => dirtyTab(ui.page).first().waitFor();
const problems = [];

/** Waits until VS Code has written the backup of a file: it does so some time after the edit. */
async function backedUp(name) {
  const folder = join(area.userData, 'User/Backups');
  const isThere = () =>
    readdirSync(folder, { recursive: true })
      .filter((file) => file.includes('vscode-custom-editor/'))
      .some((file) => readFileSync(join(folder, file), 'utf8').includes(`/${name}`));
  const end = Date.now() + patienceMs;
  while (!existsSync(folder) || !isThere()) {
    assert.ok(Date.now() < end, `no backup of ${name}`);
    await ui.page.waitForTimeout(100);
  }
}

await step('packages for this platform, with its native part alone', () => {
  const vsix = packageExtension(undefined, join(area.dir, 'rangefinder.vsix'));
  const listing = execFileSync('python3', ['-m', 'zipfile', '-l', vsix], { encoding: 'utf8' });
  const native = listing.split('\n').filter((line) => line.includes('napi-v6/'));
  assert.ok(native.length > 0);
  assert.ok(native.every((line) => line.includes(`/${process.platform}/${process.arch}/`)));
  area.vsix = vsix;
});
await step('installs', async () => {
  execFileSync(process.execPath, ['--import', 'tsx', 'test/editor/makeModels.ts', area.ws], {
    cwd: root,
  });
  await cli(area, ['--install-extension', area.vsix]);
  server = await startServer(area, { smoke: false });
  ui = await openBrowser();
  ui.page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) problems.push(message.text());
  });
  ui.page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  await ui.page.goto(workbenchUrl(server, { folder: area.ws }));
  await waitWorkbench(ui.page);
  await explorerItem(ui.page, 'net.onnx').waitFor();
});
await step('opens by right-click in the explorer', async () => {
  const before = (area.before = onDisk('net.onnx'));
  await contextMenu(ui.page, explorerItem(ui.page, 'net.onnx'), 'Open quantization diagnostics');
  await seen('depthwise');
  await shot('opened');
  assert.deepEqual(onDisk('net.onnx'), before);
  area.outputs = await runModel(join(area.ws, 'net.onnx'));
});
await step('leads from the code of a problem to its page, as it is read', async () => {
  const { page } = ui;
  await command(page, 'Problems: Focus on Problems View');
  await page.locator('.markers-panel a', { hasText: 'unfolded-batch-norm' }).first().click();
  await tab(page, 'unfolded-batch-norm.md').waitFor();
  await page.locator('iframe.webview').first().waitFor({ state: 'attached' });
  assert.equal(await page.locator('.editor-instance .monaco-editor').count(), 0, 'no source');
  await shot('page-of-a-code');
  await command(page, 'View: Close Editor');
  await command(page, 'View: Hide Panel');
});
await step('folds by the button of the page', async () => {
  const view = await webview(ui.page);
  await view.getByRole('button', { name: 'Apply: Fold' }).click();
  await dirty();
  await view.getByRole('button', { name: 'Changes: Fold' }).waitFor();
  assert.deepEqual(onDisk('net.onnx'), area.before);
});
await step('equalizes by the palette', async () => {
  await command(ui.page, 'Quantization: Equalize layers');
  const view = await webview(ui.page);
  await view.getByRole('button', { name: 'Changes: Equalize' }).waitFor();
  await shot('equalized');
});
await step('undoes and redoes by keyboard', async () => {
  const { page } = ui;
  const view = await webview(page);
  const done = (name) => view.getByRole('button', { name: `Changes: ${name}` });
  await view.locator('body').press('Control+z');
  await done('Equalize').waitFor({ state: 'detached' });
  await done('Fold').waitFor();
  await view.locator('body').press('Control+z');
  await done('Fold').waitFor({ state: 'detached' });
  await clean();
  await view.locator('body').press('Control+y');
  await done('Fold').waitFor();
  await view.locator('body').press('Control+y');
  await done('Equalize').waitFor();
  await dirty();
});
await step('saves by keyboard: the bytes on disk are the corrected model', async () => {
  await (await webview(ui.page)).locator('body').press('Control+s');
  await clean();
  const { operators, weights } = readModel(join(area.ws, 'net.onnx'));
  assert.ok(!operators.includes('BatchNormalization'));
  const widest = (name, count) => {
    const w = weights.get(name);
    const per = w.length / count;
    return Array.from({ length: count }, (_, c) =>
      Math.max(...w.slice(c * per, (c + 1) * per).map(Math.abs)),
    );
  };
  const ranges = widest('depthwise.weight', 8);
  // As made, channel 1 is 2^7 times as wide as channel 8; equalized channels are near each other.
  assert.ok(Math.max(...ranges) / Math.min(...ranges) < 8, `ranges ${ranges}`);
});
await step('the saved model computes the same in ONNX Runtime', async () => {
  const outputs = await runModel(join(area.ws, 'net.onnx'));
  assert.ok(relativeChange(outputs, area.outputs) < floatTolerance);
});
await step('undoes across the save, and saves the first model again', async () => {
  const view = await webview(ui.page);
  await view.locator('body').press('Control+z');
  await dirty();
  // VS Code takes no second undo while the first one runs.
  await view.getByRole('button', { name: 'Apply: Equalize' }).waitFor();
  await view.locator('body').press('Control+z');
  await view.getByRole('button', { name: 'Apply: Fold' }).waitFor();
  await view.locator('body').press('Control+s');
  await clean();
  const { operators } = readModel(join(area.ws, 'net.onnx'));
  assert.equal(operators.filter((name) => name === 'BatchNormalization').length, 3);
});
await step('previews, and discards with Escape', async () => {
  await command(ui.page, 'Quantization: Preview folding batch norms');
  await seen(/Nothing has changed yet/);
  await shot('preview');
  assert.equal(await dirtyTab(ui.page).count(), 0);
  await (await webview(ui.page)).locator('body').press('Escape');
  await (
    await webview(ui.page)
  )
    .getByText(/Nothing has changed yet/)
    .waitFor({ state: 'detached' });
});
await step('lists models, layers and corrections in the side bar', async () => {
  const { page } = ui;
  await command(page, 'Quantization: Fold batch norms');
  await dirty();
  await page.getByRole('tab', { name: 'Rangefinder' }).click();
  await page.getByRole('treeitem', { name: /^net\.onnx, open, unsaved/ }).waitFor();
  await page.getByRole('treeitem', { name: /^depthwise, / }).waitFor();
  // "exact": it was proved with the package's own copy of ONNX Runtime.
  await page.getByRole('treeitem', { name: /^Fold 3 batch norms, applied, exact/ }).waitFor();
  await page
    .locator('.statusbar')
    .getByText(/^W8 A8 per channel: /)
    .waitFor();
  await shot('sidebar');
  await page.getByRole('treeitem', { name: /^depthwise, / }).click();
  await seen('depthwise');
});
await step('comes back with unsaved corrections after the window is loaded again', async () => {
  const { page } = ui;
  const before = onDisk('net.onnx');
  await backedUp('net.onnx');
  await Promise.all([page.waitForEvent('load'), command(page, 'Developer: Reload Window')]);
  await waitWorkbench(page);
  await dirty();
  const view = await webview(page);
  await view.getByRole('button', { name: 'Changes: Fold' }).waitFor();
  assert.deepEqual(onDisk('net.onnx'), before);
  await shot('restored');
});
await step('undoes what was restored', async () => {
  const view = await webview(ui.page);
  await view.locator('body').press('Control+z');
  await clean();
  await view.getByRole('button', { name: 'Apply: Fold' }).waitFor();
});
await step('closes without saving', async () => {
  const { page } = ui;
  await command(page, 'Quantization: Fold batch norms');
  await dirty();
  const before = onDisk('net.onnx');
  await command(page, 'View: Close Editor');
  await page
    .locator('.monaco-dialog-box')
    .getByRole('button', { name: /^Don.t Save$/ })
    .click();
  await tab(page, 'net.onnx').waitFor({ state: 'detached' });
  assert.deepEqual(onDisk('net.onnx'), before);
});
await walkByKeyboard({
  step,
  page: ui?.page,
  path: join(area.ws, 'other.onnx'),
  name: 'other.onnx',
  dirty,
  clean,
});
await walkTheLoop({
  step,
  page: ui?.page,
  folder: join(area.ws, 'sample'),
  shot: (name, page = ui.page) => picture(page, name),
  dirty,
  clean,
});
await step('says what is wrong with a truncated file, and where', async () => {
  const { page } = ui;
  await page.getByRole('tab', { name: /^Explorer/ }).click();
  await explorerItem(page, 'truncated.onnx').dblclick();
  await seen('Open as text');
  await shot('unreadable');
  assert.equal(onDisk('truncated.onnx').length, 1000);
});
await walkSaving({ step, page: ui?.page, folder: area.ws, backedUp, clean });
await step(
  'opens the sample, repairs it, and proves that the float model stays the same',
  async () => {
    const { page } = ui;
    await command(page, 'Quantization: Open the sample');
    await tab(page, 'sample.onnx').waitFor();
    const view = await webview(page);
    await view.getByRole('button', { name: 'Repair' }).click();
    await dirty();
    await view.getByRole('button', { name: 'Changes: Equalize' }).waitFor();
    await shot('sample');
    await command(page, 'Quantization: Show proof');
    await view.getByText('Float still computes the same').first().waitFor();
    await shot('proof');
    await undoAll(page, view);
    await clean();
  },
);
await step('opens a window with nothing in it', async () => {
  mkdirSync(join(area.dir, 'empty'));
  await ui.page.goto(workbenchUrl(server, { folder: join(area.dir, 'empty') }));
  await waitWorkbench(ui.page);
});
await walkAsNewcomer({
  step,
  page: ui?.page,
  figures: join(out, 'newcomer.json'),
  shot,
});
await walkUntrusted({ step, vsix: area.vsix, shot: (name, page) => picture(page, name) });
await step('breaks no content policy and throws nothing', () => {
  // Not of ours: the workbench, and the page that VS Code's own Markdown preview stands in.
  const others = /vsda|web worker extension host|extensionId=vscode\./;
  const ours = problems.filter((text) => !others.test(text));
  assert.deepEqual(ours, []);
});
await step('asks nothing of the internet', () => assert.deepEqual(ui.foreign, []));

await ui?.browser.close();
await server?.stop();
if (process.env.RANGEFINDER_KEEP) console.log(area.dir);
else area.remove();
emit({ event: 'end', failures: failed });
process.exit(failed > 0 ? 1 : 0);
