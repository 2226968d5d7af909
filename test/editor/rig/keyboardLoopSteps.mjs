/**
 * The whole loop on the bundled sample by keyboard alone: open, target, samples, findings, repair,
 * graph, compare, proof, report, undo, redo, save.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  chooseByKeys,
  commandByKeys,
  dialogByKeys,
  fileByKeys,
  pressUntil,
  tabTo,
  undoAll,
  unsaved,
  untilFocused,
  untilKept,
} from './keyboard.mjs';
import { readModel, runModel } from './model.mjs';
import { checkReport } from './report.mjs';
import { tab, webview } from './workbench.mjs';

/** What the sample takes. */
const image = [1, 1, 32, 32];
const chosenTab = '[role=tab][aria-selected=true]';

/** Steps of the sample that lies in `folder` of the workspace. */
export async function walkTheLoop({ step, page, folder, shot, dirty, clean }) {
  const press = (key) => page.keyboard.press(key);
  const path = join(folder, 'sample.onnx');
  let before;
  let files;
  let outputs;
  let view;
  /** The verdict has figures, and those of the layers are there too: nothing moves any more. */
  const measured = async (text) => {
    const verdict = view.locator('.verdict').filter({ hasText: text });
    await verdict.filter({ hasNotText: 'before the last change' }).waitFor();
    await view.locator('.progress').waitFor({ state: 'detached' });
  };
  const rail = (name) => view.locator(`button[aria-label="${name}"]`);
  const goToTab = async (name) => {
    await tabTo(page, view, chosenTab, 'Shift+Tab');
    const tabs = await view.locator('[role=tab]').count();
    for (let i = 0; i < tabs; i++) {
      const now = await view.locator(`${chosenTab}:focus`).getAttribute('id');
      if (now === `tab-${name}`) return;
      await press('ArrowRight');
      await view.locator(`${chosenTab}:focus:not(#${now})`).waitFor();
    }
    assert.fail(`no tab ${name}`);
  };

  await step('loop by keyboard: opens the sample', async () => {
    await chooseByKeys(page, () => press('Control+p'), 'sample.onnx', 'sample.onnx');
    await tab(page, 'sample.onnx').waitFor();
    view = await webview(page);
    await view.locator('.rows .row.current').waitFor();
    before = readFileSync(path);
    files = readdirSync(folder);
    outputs = await runModel(path, image);
    const { weights } = readModel(path);
    const of = (name) => weights.get(`block5_dw${name}`);
    const folded = rangesOf(of('.weight')).map(
      (range, c) => (range * Math.abs(of('_bn.gamma')[c])) / Math.sqrt(of('_bn.var')[c] + 1e-5),
    );
    assert.ok(spread(folded) > 50, 'folded, its channels are far from alike');
  });
  await step('loop by keyboard: chooses the target', async () => {
    const target = 'Generic int8, per tensor';
    await tabTo(page, view, '#target');
    await chooseByKeys(page, () => press('Enter'), target, target);
    await view.locator('#target').filter({ hasText: 'per tensor' }).waitFor();
    await untilFocused(view, '#target');
  });
  await step('loop by keyboard: chooses samples, and they are measured', async () => {
    await tabTo(page, view, '#data');
    await chooseByKeys(page, () => press('Enter'), 'File', 'File…');
    await fileByKeys(page, join(folder, 'samples.npz'));
    await view.locator('#data').filter({ hasText: 'samples.npz' }).waitFor();
    await measured(/, quantized [\d.]+ %/);
    await untilFocused(view, '#data');
  });
  await step('loop by keyboard: reads the findings, and goes to a layer', async () => {
    await goToTab('findings');
    const finding = view.locator('.finding').first();
    await finding.locator('h2').waitFor();
    await tabTo(page, view, '.finding a[title="What this finding means"]');
    await press('Tab');
    const name = await view.locator('.finding a:focus').getAttribute('title');
    await press('Enter');
    await untilFocused(view, '.table[aria-label=Layers]');
    await view.locator('.rows .row.current').filter({ hasText: name }).waitFor();
    await shot('loop-finding');
  });
  await step('loop by keyboard: previews the repair, and applies it', async () => {
    await commandByKeys(page, 'Quantization: Preview repair');
    await view.getByText('Nothing has changed yet').first().waitFor();
    await untilKept(view);
    assert.deepEqual(readFileSync(path), before);
    await press('Control+Enter');
    await dirty();
    await rail('Changes: Correct').waitFor();
    await measured(/quantized now/);
    await untilKept(view);
    await shot('loop-repaired');
  });
  await step('loop by keyboard: moves in the graph, and opens the layer of a box', async () => {
    const box = view.locator('#graph-line');
    const graph = '.graph-stage canvas';
    await goToTab('graph');
    await tabTo(page, view, graph);
    const first = await box.innerText();
    await press('ArrowUp');
    const moved = box.filter({ hasNotText: first });
    await moved.waitFor();
    await shot('loop-graph');
    const name = await view.locator('.graph-side h2 .dim').first().getAttribute('title');
    await press('Enter');
    await untilFocused(view, '.table[aria-label=Layers]');
    await view.locator('.rows .row.current').filter({ hasText: name }).waitFor();
  });
  await step('loop by keyboard: compares with the float model', async () => {
    await goToTab('compare');
    await tabTo(page, view, '#compare-0');
    await press('Enter');
    await untilFocused(view, '[role=menuitem]');
    await press('Home');
    await press('Enter');
    await view.locator('#compare-0').filter({ hasText: 'Float' }).waitFor();
    await untilFocused(view, '#compare-0');
    await view.locator('.progress').waitFor({ state: 'detached' });
    await shot('loop-compare');
  });
  await step('loop by keyboard: sees the proof, and exports a report', async () => {
    await goToTab('proof');
    await view.getByText('Float still computes the same').first().waitFor();
    await tabTo(page, view, '.panel button:has-text("Export report")');
    const report = join(folder, 'sample.report.html');
    await press('Enter');
    await fileByKeys(page, report, { isProposed: true });
    const said = view.locator('.steps li').filter({ hasText: 'Absorb' }).locator('.what p').first();
    const refused = Number.parseInt(await said.innerText(), 10);
    await checkReport({ context: page.context(), path: report, refused, shot });
    assert.deepEqual(readdirSync(folder).sort(), [...files, 'sample.report.html'].sort());
    await untilKept(view);
  });
  await step('loop by keyboard: undoes, redoes and saves: the bytes on disk', async () => {
    const count = await undoAll(page, view);
    assert.equal(count, 3, 'folding, equalizing and correcting are undone one by one');
    await clean();
    for (let done = 1; done <= count; done++)
      await pressUntil(page, 'Control+y', unsaved(view, done));
    await dirty();
    assert.deepEqual(readFileSync(path), before);
    // Biases are corrected for one grid: that is asked once, and nothing is saved before.
    await press('Control+s');
    await page.locator('.monaco-dialog-box').getByText('over the float model?').waitFor();
    await shot('loop-first-save');
    await press('Escape');
    await page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    await dirty();
    assert.deepEqual(readFileSync(path), before);
    await untilKept(view);
    await press('Control+s');
    await dialogByKeys(page, 'Save anyway');
    await clean();
    const { operators, weights, notes } = readModel(path);
    assert.ok(!operators.includes('BatchNormalization'));
    assert.match(notes.get('rangefinder.changes'), /fold 12 batch norms/i);
    // The layer that suffered most: one scale is shared by channels that are alike now.
    const kernels = weights.get('block5_dw.weight');
    assert.ok(spread(rangesOf(kernels)) < 8, 'its channels are scaled');
    const best = (values) => values.indexOf(Math.max(...values));
    assert.equal(best(await runModel(path, image)), best(outputs));
  });
}

/** The largest weight of each 3×3 kernel. */
const rangesOf = (kernels) =>
  Array.from({ length: kernels.length / 9 }, (_, c) =>
    Math.max(...kernels.slice(9 * c, 9 * c + 9).map(Math.abs)),
  );

/** Widest over median, of channels that are not dead. */
function spread(ranges) {
  const alive = ranges.filter((range) => range > 0).sort((a, b) => a - b);
  return alive.at(-1) / alive[alive.length >> 1];
}
