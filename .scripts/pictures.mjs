/** Pictures of the README, from the built product and the bundled sample, into media/screenshots. */
import { spawnSync } from 'node:child_process';

const steps = [['.scripts/build.mjs'], ['--import', 'tsx', 'test/webview/pictures.ts']];
for (const step of steps) {
  const run = spawnSync(process.execPath, step, { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
