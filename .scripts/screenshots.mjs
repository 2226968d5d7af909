/** Pictures of the panels in four themes and three widths, into test/out/screens: `node .scripts/screenshots.mjs [scene ...]`. */
import { spawnSync } from 'node:child_process';

const run = spawnSync(
  process.execPath,
  ['--import', 'tsx', 'test/webview/screenshots.ts', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(run.status ?? 1);
