/** Type-checks each room with its own library list. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rooms } from './rooms.mjs';

const wanted = process.argv.length > 2 ? process.argv.slice(2) : rooms;
let failed = 0;
for (const room of wanted) {
  if (!existsSync(`${room}/tsconfig.json`)) continue;
  const run = spawnSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', room], {
    stdio: 'inherit',
  });
  if (run.status !== 0) failed++;
}
process.exit(failed > 0 ? 1 : 0);
