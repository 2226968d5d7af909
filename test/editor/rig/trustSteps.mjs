/** A folder that nobody trusts: its models are shown, and nothing that lies beside them is obeyed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cli,
  makeArea,
  openBrowser,
  root,
  startServer,
  waitWorkbench,
  workbenchUrl,
} from './host.mjs';
import { explorerItem, webview } from './workbench.mjs';

const settings = { data: 'synthetic:5', problems: { ignore: ['unfolded-batch-norm'] } };

/** Steps in a window of its own, since the others trust everything. */
export async function walkUntrusted({ step, vsix, shot }) {
  const area = makeArea({
    settings: {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
    },
  });
  let server;
  let ui;
  let view;
  const rail = (name) => ui.page.locator(`.activitybar .action-label[aria-label*="${name}"]`);
  const data = () => view.locator('#data');
  const noted = () => ui.page.locator('#status\\.problems');

  await step('untrusted: shows weights, obeys no rangefinder.json, and says so', async () => {
    execFileSync(process.execPath, ['--import', 'tsx', 'test/editor/makeModels.ts', area.ws], {
      cwd: root,
    });
    writeFileSync(join(area.ws, 'rangefinder.json'), JSON.stringify(settings));
    await cli(area, ['--install-extension', vsix]);
    server = await startServer(area, { smoke: false, trust: true });
    ui = await openBrowser();
    await ui.page.goto(workbenchUrl(server, { folder: area.ws }));
    await waitWorkbench(ui.page);
    await rail('Rangefinder').waitFor();
    // Before the extension is there, VS Code opens the file by itself: then once more.
    for (let left = 6; view === undefined; left--) {
      await explorerItem(ui.page, 'net.onnx').dblclick();
      view = await webview(ui.page, { timeout: 15_000 }).catch((thrown) => {
        if (left === 0) throw thrown;
      });
    }
    await view.getByText('depthwise').first().waitFor();
    await view.getByText('Restricted mode:').waitFor();
    assert.match(await data().innerText(), /none/);
    await noted().getByText('1').first().waitFor();
    await shot('untrusted', ui.page);
  });
  await step('untrusted: obeys it as soon as the folder is trusted', async () => {
    const { page } = ui;
    await view.getByText('Manage trust').click();
    await page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await page.getByText('You trust this folder').waitFor();
    await page.locator('.monaco-modal-editor-block .codicon-close').first().click();
    view = await webview(page);
    await data().filter({ hasText: 'synthetic, seed 5' }).waitFor();
    assert.equal(await view.getByText('Restricted mode:').count(), 0);
    await shot('trusted', ui.page);
  });
  await step('takes samples that are dragged from the explorer onto Data', async () => {
    const { page } = ui;
    await explorerItem(page, 'sample').click();
    await explorerItem(page, 'sample.onnx').dblclick();
    view = await webview(page);
    await view.getByText('block1_dw').first().waitFor();
    const centre = async (found) => {
      const { x, y, width, height } = await found.boundingBox();
      return [x + Math.min(width, 80) / 2, y + height / 2];
    };
    await rail('Rangefinder').click();
    // The first is that of the model that was opened before.
    const row = page.getByRole('treeitem', { name: /^Data/ }).last();
    await row.waitFor();
    await rail('Explorer').click();
    await page.mouse.move(...(await centre(explorerItem(page, 'samples.npz'))));
    await page.mouse.down();
    // A drag that rests on the icon of a container opens it.
    await page.mouse.move(...(await centre(rail('Rangefinder'))), { steps: 10 });
    for (let i = 0; i < 200 && !(await row.isVisible()); i++) {
      await page.mouse.move(...(await centre(rail('Rangefinder'))));
      await page.waitForTimeout(200);
    }
    await page.mouse.move(...(await centre(row)), { steps: 10 });
    await page.locator('.monaco-list-row.drop-target').waitFor();
    await page.mouse.up();
    await data().filter({ hasText: 'samples.npz' }).waitFor();
    await shot('dropped', ui.page);
  });
  await ui?.browser.close();
  await server?.stop();
  area.remove();
}
