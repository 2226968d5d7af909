/**
 * From the wish to open a model of 100 MB to the first useful picture, its layers by name and
 * structure: the built server (npm run build) started for it, the page loaded beside that in a real
 * browser. What VS Code itself needs for an editor is not in it; the editor suite measures the
 * activation of the extension.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { OpenRun } from '../webview/openTimes.ts';
import { median, print, verdict } from './print.ts';

const paintLimitMs = 1500;
const file = '.cache/bench/paint.json';

function main(): void {
  if (!existsSync('dist/server.mjs')) {
    return print('  skipped: dist/server.mjs is not there (npm run build)');
  }
  const made = spawnSync(process.execPath, ['--import', 'tsx', 'test/webview/openTimes.ts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (made.status !== 0) {
    process.exitCode = 1;
    return;
  }
  const runs = JSON.parse(made.stdout) as OpenRun[];
  if (runs.length === 0) return print('  skipped: there is no Chromium on this machine');
  mkdirSync('.cache/bench', { recursive: true });
  writeFileSync(file, made.stdout);
  for (const { startedMs, openedMs, paintedMs } of runs) {
    print(
      `       the server answers after ${startedMs.toFixed(0)} ms, the model is open after ${openedMs.toFixed(0)}, painted after ${paintedMs.toFixed(0)}`,
    );
  }
  const painted = median(runs.map(({ paintedMs }) => paintedMs));
  verdict('100 MB: first useful paint', painted, paintLimitMs, 'ms');
}

main();
