/** npm run make:sample: see sample/make.ts. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(import.meta.dirname, 'sample/make.ts');
process.exit(
  spawnSync(process.execPath, ['--import', 'tsx', script], { stdio: 'inherit' }).status ?? 1,
);
