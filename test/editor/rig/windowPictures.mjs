/**
 * The whole window, side bar, Problems and status bar with it, from a real VS Code in a real browser
 * on a model that was repaired: the counterpart of the design's picture 12, into test/out/window.
 * `node .scripts/screenshots.mjs window [dark light hc-dark hc-light]`
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeArea,
  openBrowser,
  remoteUri,
  root,
  startServer,
  waitWorkbench,
  workbenchUrl,
} from './host.mjs';
import { command, contextMenu, explorerItem, webview } from './workbench.mjs';

const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'hc-dark': 'Default High Contrast',
  'hc-light': 'Default High Contrast Light',
};
const out = join(root, 'test/out/window');
const models = join(root, process.env.RANGEFINDER_MODELS ?? '../shared/models');
const data = join(root, process.env.RANGEFINDER_DATA ?? '../shared/data');

/** The model of the design's pictures with its samples, where they are; else the bundled sample. */
function fillWorkspace(ws) {
  const keras = join(models, 'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5');
  const pictures = join(data, 'imagenet-a/data.u8');
  if (!existsSync(keras) || !existsSync(pictures)) {
    cpSync(join(root, 'media/sample'), ws, { recursive: true });
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
  await page.mouse.move(box.x + box.width / 2, box.y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 150, { steps: 8 });
  await page.mouse.up();
}

const wanted = process.argv.slice(2).filter((theme) => theme in themes);
mkdirSync(out, { recursive: true });
const area = makeArea({
  settings: {
    'rangefinder.target.granularity': 'tensor',
    'rangefinder.target.symmetry': 'strict',
    'rangefinder.target.activationRange': 'minmax',
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
  await contextMenu(page, explorerItem(page, model), 'Open Quantization Diagnostics');
  const view = await webview(page);
  await view.getByRole('button', { name: 'Apply: Fold' }).waitFor();
  for (const [title, name] of [
    ['Fold Batch Norms', 'Fold'],
    ['Equalize Layers', 'Equalize'],
    ['Correct Biases', 'Correct'],
  ]) {
    await command(page, `Quantization: ${title}`);
    // Low windows have no buttons: the mark of the step says that it is done.
    await view.locator('.steps li.done').filter({ hasText: name }).waitFor({ timeout: 120_000 });
  }
  await command(page, 'Quantization: Measure Sensitivity');
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
  // As in the design: a layer that is explained, in sight in the table above.
  await view
    .getByRole('row', { name: /conv_dw_13/ })
    .first()
    .click()
    .catch(() => undefined);
  await page.waitForTimeout(3000);
  for (const [theme, title] of Object.entries(themes)) {
    if (wanted.length > 0 && !wanted.includes(theme)) continue;
    const settings = join(area.userData, 'User/settings.json');
    const now = JSON.parse(execFileSync('cat', [settings], { encoding: 'utf8' }));
    writeFileSync(settings, JSON.stringify({ ...now, 'workbench.colorTheme': title }));
    await page.waitForTimeout(3000);
    await page.screenshot({ path: join(out, `12-window-${theme}-1400.png`) });
    console.log(theme);
  }
} catch (thrown) {
  await ui.page.screenshot({ path: join(out, 'failure.png') });
  throw thrown;
} finally {
  await ui.browser.close();
  await server.stop();
  area.remove();
}
