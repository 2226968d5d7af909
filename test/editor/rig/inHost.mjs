/** Runs one extensionTestsPath inside the real extension host of a fresh code-server. */
import { cpSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { format } from 'node:util';
import { openBrowser, remoteUri, startServer, workbenchUrl } from './host.mjs';
import { slowness } from './slowness.mjs';
import { contextMenu, explorerItem, fileDialog, paletteList, pick, webview } from './workbench.mjs';

/** The list of notices, open: under the smoke test driver there are no toasts. */
async function notices(page) {
  const centre = page.locator('.notifications-center');
  if (!(await centre.isVisible())) await page.locator('#status\\.notifications').click();
  return centre;
}

/** Lets tests in the extension host act on the page: POST /<op> with JSON arguments. */
async function startBridge(getPage, out) {
  const ops = {
    click: async ({ role, name, pattern }) => {
      const named = pattern === undefined ? name : new RegExp(pattern);
      await (await webview(getPage())).getByRole(role, { name: named }).first().click();
    },
    // Of the window itself, not of the page in it: a quick pick, a notice.
    'see.window': async ({ text }) => {
      await getPage().getByText(text).first().waitFor();
    },
    'click.window': async ({ role, name }) => {
      await getPage().getByRole(role, { name }).first().click();
    },
    'press.notice': async ({ text }) => {
      const centre = await notices(getPage());
      await centre.getByRole('button', { name: text }).first().click();
    },
    // What all notices say.
    notices: async () => {
      const centre = await notices(getPage());
      return centre.locator('.notification-list-item-message').allTextContents();
    },
    // Waits: a message from the extension to the page may arrive after the tab turned dirty.
    see: async ({ text, nth = 0 }) => {
      const view = await webview(getPage(), { nth });
      await view.getByText(text).first().waitFor();
    },
    // What stands beside a layer comes after the page has told which layers are selected.
    'see.layer': async ({ name }) => {
      const cockpit = (await webview(getPage())).locator('.cockpit', { hasText: name });
      await cockpit.locator('.save-chart').waitFor({ state: 'attached' });
    },
    slowness: async () => slowness(),
    // Selects files of the explorer and chooses from the menu of the last one.
    explorer: async ({ names, label }) => {
      const items = names.map((name) => explorerItem(getPage(), name, 1));
      await items[0].click();
      for (const item of items.slice(1)) await item.click({ modifiers: ['Control'] });
      await contextMenu(getPage(), items.at(-1), label);
    },
    pick: async ({ text }) => pick(getPage(), text),
    palette: async ({ text }) => paletteList(getPage(), text),
    'dialog.path': async ({ path }) => fileDialog(getPage(), path),
    keyboard: async ({ press, times = 1 }) => {
      for (let i = 0; i < times; i++) await getPage().keyboard.press(press);
    },
    screenshot: async ({ name }) => {
      await getPage().screenshot({ path: join(out, name) });
    },
  };
  const bridge = createServer((req, res) => {
    let body = '';
    req.on('data', (d) => (body += d));
    req.on('end', async () => {
      let reply;
      try {
        reply = { ok: true, value: (await ops[req.url.slice(1)](JSON.parse(body))) ?? null };
      } catch (e) {
        reply = { ok: false, error: String(e) };
        await getPage()
          .screenshot({ path: join(out, 'bridge-error.png') })
          .catch(() => {});
      }
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(reply));
    });
  });
  await new Promise((r) => bridge.listen(0, '127.0.0.1', r));
  return bridge;
}

/** Gives 0 only if the suite said so and the extension host ended on its own. */
export async function runInHost({ area, folder, devPaths, testsPath, env, out, limit, onConsole }) {
  let page, server, ui;
  const bridge = await startBridge(() => page, out);
  try {
    const testEnv = { ...env, RANGEFINDER_BRIDGE: `http://127.0.0.1:${bridge.address().port}` };
    server = await startServer(area, { env: testEnv });
    ui = await openBrowser();
    page = ui.page;
    const exit = new Promise((ok, no) => {
      void page.exposeFunction('codeAutomationExit', (n) => ok(n));
      page.on('crash', () => no(new Error('the page crashed')));
      page.on('close', () => no(new Error('the page closed')));
      setTimeout(() => no(new Error(`no result in ${limit} ms`)), limit).unref();
    });
    exit.catch(() => {});
    await page.exposeFunction('codeAutomationLog', (type, args) =>
      onConsole(type, format(...args)),
    );
    const payload = [
      ...devPaths.map((p) => ['extensionDevelopmentPath', remoteUri(server, p)]),
      ['extensionTestsPath', remoteUri(server, testsPath)],
      ['extensionEnvironment', JSON.stringify(testEnv)],
      ['skipWelcome', 'true'],
      ['skipReleaseNotes', 'true'],
    ];
    await page.goto(workbenchUrl(server, { folder, payload }));
    let code = await exit;
    // A killed extension host is reported to the page as code 0; the server's log tells the truth.
    const bad = server
      .log()
      .match(/Extension Host Process exited with code: (?!0, signal: null).*/);
    if (bad) {
      console.error(bad[0]);
      code ||= 1;
    }
    if (ui.foreign.length > 0) {
      console.error('wanted the internet:', [...new Set(ui.foreign)]);
      code ||= 1;
    }
    return code;
  } catch (e) {
    console.error(e);
    if (page) await page.screenshot({ path: join(out, 'failure.png') }).catch(() => {});
    const logs = join(area.userData, 'logs');
    if (existsSync(logs)) cpSync(logs, join(out, 'logs'), { recursive: true });
    console.error(server?.log());
    return 1;
  } finally {
    await ui?.browser.close();
    await server?.stop();
    bridge.close();
    bridge.closeAllConnections();
  }
}
