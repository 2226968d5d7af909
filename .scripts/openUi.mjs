/**
 * Opens the extension in a real VS Code with the sample: `code` where it is on the PATH, else the
 * prepared host in a browser. `--port N` chooses the host's port. `npm run demo -- --ui` calls it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost, ensureModules, root, which } from './ensure.mjs';

/** Opens the window on a copy of the sample; settles at Ctrl+C, and the copy goes. */
export async function openUi(port = 0) {
  ensureModules();
  process.chdir(root);
  const built = spawnSync(process.execPath, ['.scripts/build.mjs'], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the extension could not be built');
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-demo-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const sample = join(root, 'media/sample');
  if (existsSync(sample)) cpSync(sample, folder, { recursive: true });
  const code = process.env.RANGEFINDER_CODE ?? which('code');
  if (code) await openDesktop(code, folder);
  else await openHost(folder, port);
}

/** `code` may end at once, with its window still open: only Ctrl+C says that the folder may go. */
async function openDesktop(code, folder) {
  const args = [`--extensionDevelopmentPath=${root}`, '--new-window', folder];
  const launched = spawnSync(code, args, { stdio: 'ignore' });
  if (launched.status !== 0) throw new Error(`${code} could not be started`);
  process.stdout.write(
    `VS Code is open on a copy of the sample, ${folder}.\n` +
      'Right-click sample.onnx, Open quantization diagnostics. Ctrl+C ends it and removes the copy.\n',
  );
  await interrupted();
}

/** Settles at Ctrl+C; keeps the process alive until then. */
async function interrupted() {
  const alive = setInterval(() => undefined, 1 << 30);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  clearInterval(alive);
}

async function openHost(folder, port) {
  ensureHost();
  const { cli, makeArea, startServer } = await import('../test/editor/rig/host.mjs');
  const { packageExtension } = await import('./package.mjs');
  const area = makeArea();
  await cli(area, [
    '--install-extension',
    packageExtension(undefined, join(area.dir, 'rangefinder.vsix')),
  ]);
  const server = await startServer(area, { smoke: false, port });
  process.stdout.write(
    `VS Code runs at ${server.url}?folder=${encodeURIComponent(folder)}\n` +
      'Open it in a browser on this machine (through a tunnel: forward the port to 127.0.0.1).\n' +
      'Right-click sample.onnx, Open quantization diagnostics. Ctrl+C ends it and removes the copy.\n',
  );
  await interrupted();
  await server.stop();
  area.remove();
}

if (process.argv[1] === import.meta.filename) {
  const at = process.argv.indexOf('--port');
  await openUi(at > 0 ? Number(process.argv[at + 1]) : 0);
}
