/** Pictures of the panels in four themes and three widths, into test/out/screens: `node .scripts/screenshots.mjs [scene ...]`. */
import { spawnSync } from 'node:child_process';

const wanted = process.argv.slice(2);
// The whole window of a real VS Code: the counterpart of the design's picture 12.
const script =
  wanted[0] === 'window'
    ? ['--import', 'tsx', 'test/editor/rig/windowPictures.mjs', ...wanted.slice(1)]
    : ['--import', 'tsx', 'test/webview/screenshots.ts', ...wanted];
const run = spawnSync(process.execPath, script, { stdio: 'inherit' });
process.exit(run.status ?? 1);
