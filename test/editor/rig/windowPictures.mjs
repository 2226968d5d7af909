/**
 * The whole window, side bar, Problems and status bar with it, from a real VS Code in a real browser
 * on a model that was repaired: the counterpart of the design's picture 12, into test/out/window.
 * `node .scripts/screenshots.mjs window [dark light hc-dark hc-light]`; with `readme` the one of the
 * README, of the bundled sample, into media/screenshots.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  makeArea,
  openBrowser,
  remoteUri,
  root,
  startServer,
  waitWorkbench,
  workbenchUrl,
} from './host.mjs';
import { withPalette } from '../../webview/palette.ts';
import { command, contextMenu, explorerItem, webview } from './workbench.mjs';

/** What each theme is called in the list of themes, and what a page is told that it is. */
const themes = {
  dark: { label: 'Dark Modern', kind: 'vscode-dark', isLight: false },
  light: { label: 'Light Modern', kind: 'vscode-light', isLight: true },
  'hc-dark': { label: 'Dark High Contrast', kind: 'vscode-high-contrast', isLight: false },
  'hc-light': { label: 'Light High Contrast', kind: 'vscode-high-contrast-light', isLight: true },
};
const isForReadme = process.argv.includes('readme');
const out = join(root, 'test/out/window');
const models = resolve(root, process.env.RANGEFINDER_MODELS ?? '../shared/models');
const data = resolve(root, process.env.RANGEFINDER_DATA ?? '../shared/data');

/** The model of the design's pictures with its samples, where they are; else the bundled sample. */
function fillWorkspace(ws) {
  const keras = join(models, 'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5');
  const pictures = join(data, 'imagenet-a/data.u8');
  if (isForReadme || !existsSync(keras) || !existsSync(pictures)) {
    cpSync(join(root, 'media/sample'), ws, { recursive: true });
    // Without a choice of the user's, samples open where a file beside the model names them.
    writeFileSync(join(ws, 'rangefinder.json'), JSON.stringify({ data: 'samples.npz' }));
    return 'sample.onnx';
  }
  const name = 'mobilenet_v1_0.25_224.onnx';
  const cli = ['dist/cli.js', 'export', keras, '--to', 'onnx', '-o', join(ws, name), '--quiet'];
  execFileSync(process.execPath, cli, { cwd: root });
  cpSync(pictures, join(ws, 'imagenet-a.u8'));
  const labels = new Uint16Array(
    new Uint8Array(execFileSync('cat', [join(data, 'imagenet-a/labels.u16')])).buffer,
  );
  writeFileSync(join(ws, 'imagenet-a.txt'), [...labels].join('\n'));
  const settings = {
    data: 'imagenet-a.u8',
    labels: 'imagenet-a.txt',
    preprocess: { scale: 1 / 127.5, mean: 1 },
    calibration: '0..12',
    correction: '12..24',
    judge: '24..64',
  };
  writeFileSync(join(ws, 'rangefinder.json'), JSON.stringify(settings, null, 2));
  for (const other of [
    'ultralight-rfb320/version-RFB-320.onnx',
    'micro-kws-m/micro_kws_m_static_qdq.onnx',
  ])
    cpSync(join(models, other), join(ws, other.slice(other.indexOf('/') + 1)));
  return name;
}

/** The panel at the bottom as low as it has room for its lines: the editor is what is looked at. */
async function lowerPanel(page) {
  const box = await page.locator('.part.panel').boundingBox();
  if (!box) return;
  // The border that is dragged lies a few pixels above: parts stand apart from each other.
  const sashes = await page.locator('.monaco-sash.horizontal').all();
  const boxes = (await Promise.all(sashes.map((sash) => sash.boundingBox()))).filter(Boolean);
  const distance = ({ y, height }) => Math.abs(y + height / 2 - box.y);
  const [border] = boxes
    .filter(({ x }) => x >= box.x - 20)
    .sort((a, b) => distance(a) - distance(b));
  if (!border) throw new Error('the panel has no border to drag');
  await page.mouse.move(box.x + box.width / 2, border.y + border.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 150, { steps: 8 });
  await page.mouse.up();
}

/** Chooses a theme by its command: this host does not read settings that are written beside it. */
async function chooseTheme(page, view, { label, kind, isLight }) {
  await command(page, 'Preferences: Color Theme');
  const list = page.locator('.quick-input-widget');
  await list.locator('input').fill(label);
  await list.getByRole('option', { name: label }).first().click();
  await view.locator(`body[data-vscode-theme-kind="${kind}"]`).waitFor();
  const colours = [
    await page.locator('.part.editor').evaluate(backgroundOf),
    await view.locator('body').evaluate(backgroundOf),
  ];
  for (const colour of colours) {
    const [red, green, blue] = (colour.match(/\d+/g) ?? []).map(Number);
    const lightness = (red + green + blue) / 3 / 255;
    if (lightness > 0.5 !== isLight) throw new Error(`${label} has the background ${colour}`);
  }
}

/** Of the element, or of the nearest around it that has one. */
function backgroundOf(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)') return colour;
  }
  return 'none';
}

/** Chooses the first layer of the table, and waits until it is explained with its row in sight. */
async function explainFirst(view) {
  const row = view.locator('.rows .row').first();
  await row.click();
  const name = await row.locator('.name').getAttribute('title');
  await view.locator('.cockpit').getByText(name).first().waitFor();
  const current = view.locator('.rows .row.current').filter({ hasText: name });
  await current.scrollIntoViewIfNeeded();
  if (!(await current.isVisible())) throw new Error(`the row of ${name} is not in sight`);
}

const wanted = isForReadme ? ['dark'] : process.argv.slice(2).filter((theme) => theme in themes);
mkdirSync(out, { recursive: true });
const area = makeArea({
  settings: {
    'rangefinder.target.granularity': 'tensor',
    // The README's is at the target that its text names.
    ...(isForReadme
      ? {}
      : {
          'rangefinder.target.symmetry': 'strict',
          'rangefinder.target.activationRange': 'minmax',
        }),
  },
});
const model = fillWorkspace(area.ws);
const server = await startServer(area);
const ui = await openBrowser({ viewport: { width: 1400, height: 900 } });
try {
  const { page } = ui;
  page.setDefaultTimeout(60_000);
  await page.goto(
    workbenchUrl(server, {
      folder: area.ws,
      payload: [['extensionDevelopmentPath', remoteUri(server, root)]],
    }),
  );
  await waitWorkbench(page);
  await contextMenu(page, explorerItem(page, model), 'Open quantization diagnostics');
  const view = await webview(page);
  await view.getByRole('button', { name: 'Apply: Fold' }).waitFor();
  await command(page, 'Quantization: Repair');
  // Low windows have no buttons: the mark of the step says that it is done.
  await view
    .locator('.steps li.done')
    .filter({ hasText: /layers corrected/ })
    .waitFor({ timeout: 300_000 });
  await command(page, 'Quantization: Measure sensitivity');
  await view
    .locator('.verdict')
    .filter({ hasText: /quantized now/ })
    .waitFor({ timeout: 180_000 });
  await view.getByText('Alone, dB').waitFor({ timeout: 180_000 });
  await view
    .locator('.strip', { hasText: 'Measuring' })
    .waitFor({ state: 'hidden', timeout: 600_000 });
  await page.getByRole('tab', { name: 'Rangefinder' }).click();
  await command(page, 'Problems: Focus on Problems View');
  await lowerPanel(page);
  await explainFirst(view);
  for (const [theme, one] of Object.entries(themes)) {
    if (wanted.length > 0 && !wanted.includes(theme)) continue;
    await chooseTheme(page, view, one);
    // What is drawn anew in the new colours is a frame or two behind them.
    await page.waitForTimeout(1000);
    const picture = await page.screenshot();
    const path = isForReadme
      ? join(root, 'media/screenshots/window.png')
      : join(out, `12-window-${theme}-1400.png`);
    writeFileSync(path, isForReadme ? withPalette(picture) : picture);
    console.log(path);
  }
} catch (thrown) {
  await ui.page.screenshot({ path: join(out, 'failure.png') });
  throw thrown;
} finally {
  await ui.browser.close();
  await server.stop();
  area.remove();
}
