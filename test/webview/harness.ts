import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { FromPanel, ToPanel } from '../../server/protocol/panel.ts';
import { panelPage } from '../../src/editor/html.ts';
import { bodyClasses, themeNames, themeStyle, type ThemeName } from './themes.ts';

const root = join(import.meta.dirname, '../..');
const outFolder = join(root, 'test/out/webview');

/** Where a Chromium is on this machine; undefined: there is none, and browser tests are skipped. */
export const chromiumPath = [
  process.env['RANGEFINDER_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));

/** How many times slower than this machine the pages are to be: shows what a test does not wait for. */
const slowdown = Number(process.env['RANGEFINDER_SLOWDOWN'] ?? 1);

/** A panel in a browser, with the host that VS Code would be played by the test. */
export interface OpenPanel {
  readonly page: Page;
  /** Console errors, script errors and violations of the content security policy. */
  readonly faults: readonly string[];
  /** Hands a message over; done when what it says is drawn. */
  send(message: ToPanel): Promise<void>;
  /** All messages of the page, also those that it holds back for a moment. */
  posted(): Promise<readonly FromPanel[]>;
  /** Done when everything that was done before is drawn and told, however slow the machine is. */
  settle(): Promise<void>;
  /** Gives the page another size; done when it is drawn in that. */
  resize(size: { readonly width: number; readonly height: number }): Promise<void>;
  close(): Promise<void>;
}

/** Bundles the page, serves it as the extension host would, and opens browsers on it. */
export class Harness {
  private constructor(
    private readonly browser: Browser,
    private readonly origin: string,
    private readonly stop: () => void,
  ) {}

  static async start(): Promise<Harness> {
    await build({
      entryPoints: { model: join(root, 'webview/panels/model/main.ts') },
      outdir: outFolder,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'chrome120',
      logLevel: 'warning',
    });
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      void answer(url).then(
        ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox'],
    });
    return new Harness(browser, `http://127.0.0.1:${port}`, () => server.close());
  }

  async open(
    options: { width?: number; height?: number; theme?: ThemeName; kept?: unknown } = {},
  ): Promise<OpenPanel> {
    const { width = 1400, height = 900, theme = 'dark', kept } = options;
    const context = await this.browser.newContext({
      viewport: { width, height },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    if (slowdown > 1) {
      const session = await context.newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    }
    await page.addInitScript({ content: stub(JSON.stringify(kept ?? null)) });
    await page.goto(`${this.origin}/?theme=${theme}`);
    await page.waitForSelector('#root *', { state: 'attached' });
    const inPage = <T>(name: string, argument: unknown): Promise<T> =>
      page.evaluate(
        ([what, given]) => (Reflect.get(window, what) as (given: unknown) => Promise<T>)(given),
        [name, argument] as const,
      );
    const settle = (): Promise<void> => inPage('settled', restMs);
    return {
      page,
      faults,
      settle,
      send: (message) => inPage('receive', message),
      async posted() {
        await settle();
        return page.evaluate(() => Reflect.get(window, 'posted') as FromPanel[]);
      },
      async resize(size) {
        await page.setViewportSize(size);
        await page.waitForFunction(
          ({ width, height }) => innerWidth === width && innerHeight === height,
          size,
        );
        await settle();
      },
      close: () => context.close(),
    };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.stop();
  }
}

/** Longer than any time after which the page does something by itself: timers end in the order of their times. */
const restMs = 60;

/**
 * What VS Code gives a webview, as source text: `posted` and `keptState` are for the test to look
 * at. `settled` waits for the timers of the page, and for three frames: the next one draws, and
 * what is measured or scrolled then is drawn with those after.
 */
const stub = (kept: string): string => `{
  const posted = [];
  let state = ${kept};
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const settled = async (ms) => {
    await new Promise((done) => setTimeout(done, ms));
    for (let i = 0; i < 3; i++) await frame();
  };
  Object.assign(window, {
    posted,
    settled,
    // The page listens since it was opened: it has the message before the listener that is added here.
    receive: (message) => new Promise((done) => {
      addEventListener('message', () => done(settled(0)), { once: true });
      postMessage(message, '*');
    }),
    keptState: () => state,
    acquireVsCodeApi: () => ({
      postMessage: (message) => posted.push(structuredClone(message)),
      getState: () => state,
      setState: (next) => { state = structuredClone(next); },
    }),
  });
}`;

interface Answer {
  readonly type: string;
  readonly body: Buffer | string;
}

async function answer(url: URL): Promise<Answer> {
  if (url.pathname === '/model.js')
    return { type: 'text/javascript', body: await readFile(join(outFolder, 'model.js')) };
  if (url.pathname === '/model.css')
    return { type: 'text/css', body: await readFile(join(outFolder, 'model.css')) };
  if (url.pathname !== '/') throw new Error(`nothing at ${url.pathname}`);
  const theme = themeNames.find((name) => name === url.searchParams.get('theme')) ?? 'dark';
  return { type: 'text/html', body: pageHtml(theme) };
}

/** The page of the extension itself, with what VS Code adds to it: theme variables and classes. */
const pageHtml = (theme: ThemeName): string =>
  panelPage({
    title: 'Panel',
    script: '/model.js',
    style: '/model.css',
    source: "'self'",
    nonce: 'dGVzdA==',
  })
    .replace(
      '<html lang="en">',
      `<html lang="en" style="${themeStyle(theme).replaceAll('"', "'")}">`,
    )
    .replace(
      '<body>',
      `<body class="${bodyClasses[theme]}" data-vscode-theme-kind="${bodyClasses[theme].split(' ')[0] ?? ''}">`,
    )
    .replace('<head>', '<head><link rel="icon" href="data:,">');
