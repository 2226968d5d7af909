/** Pictures of the README and the walkthrough, from the built product and the bundled sample, into media/screenshots and media/walkthrough. */
import { spawnSync } from 'node:child_process';

const steps = [
  ['.scripts/build.mjs'],
  ['--import', 'tsx', 'test/webview/pictures.ts'],
  ['--import', 'tsx', 'test/webview/walkthroughPictures.ts'],
  // The whole window, in the VS Code that the editor tests install.
  ['--import', 'tsx', 'test/editor/rig/windowPictures.mjs', 'readme'],
];
for (const step of steps) {
  const run = spawnSync(process.execPath, step, { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
