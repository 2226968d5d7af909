/** Looks for what the scripts need and installs what is missing. Uses Node's built-ins only. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** A program on the PATH. */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && existsSync(file) && statSync(file).isFile()) return file;
  }
  return undefined;
}

const run = (program, args, env = {}) =>
  spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
    .status === 0;

/** Stops with a sentence that says what to do. */
export function giveUp(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Installs the packages of the lock file where they are missing or older than it. */
export function ensureModules() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && isSame(lock, installed)) return;
  process.stdout.write('Installing packages (npm ci) ...\n');
  // Errors only: npm's warnings about engines and scripts of packages are nothing a user can act on.
  // The native parts for GPUs are not needed; the CPU part is in the package.
  const isDone = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  });
  if (!isDone)
    giveUp('npm ci failed: see above. Check the connection to the npm registry and try again.');
}

/** True when every package that the lock names for this platform is installed in that version. */
function isSame(lock, installed) {
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (there[path] ? there[path].version === version : optional === true),
  );
}

/** A Chromium that is on this machine. */
export function findChromium() {
  if (process.env.RANGEFINDER_CHROMIUM) return process.env.RANGEFINDER_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return names.map(which).find((path) => path !== undefined);
}

/** Installs packages of the system where this user may. */
function installPackages(names) {
  const apt = which('apt-get');
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : [];
  if (!apt || (!isRoot && sudo.length === 0)) return;
  process.stdout.write(`Installing ${names.join(', ')} ...\n`);
  const [program, ...first] = [...sudo, apt];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run(program, [...first, 'update'], env);
  run(program, [...first, 'install', '-y', '--no-install-recommends', ...names], env);
}

/** A Chromium, installed from the system's packages where there is none. */
export function ensureChromium() {
  if (!findChromium()) installPackages(['chromium']);
  const advice = 'Install chromium or google-chrome, or set RANGEFINDER_CHROMIUM to one.';
  return findChromium() ?? giveUp(`No Chromium found, and none could be installed. ${advice}`);
}

/** The VS Code host of the editor tests, installed into the user's cache where it is missing. */
export function ensureHost() {
  const script = join(root, '.scripts/installHost.sh');
  const folder = execFileSync('sh', [script, '--where'], { encoding: 'utf8' }).trim();
  if (existsSync(join(folder, 'complete'))) return folder;
  const missing = ['g++', 'make', 'python3'].filter((tool) => !which(tool));
  if (missing.length > 0) installPackages(missing);
  process.stdout.write('Installing the VS Code host of the editor tests (once, 810 MB) ...\n');
  const isDone = run('sh', [script]);
  return isDone ? folder : giveUp('The VS Code host could not be installed: see above.');
}
