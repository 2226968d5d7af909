/**
 * Compiles .scripts/kernels/statistics.ts into server/engines/tasks/statisticsWasm.ts. Needed only
 * when the kernels change: a test compares the hash. The compiler is fetched then; it is 100 MB.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const source = '.scripts/kernels/statistics.ts';
const target = 'server/engines/tasks/statisticsWasm.ts';
const binary = '.cache/kernels/statistics.wasm';

mkdirSync('.cache/kernels', { recursive: true });
const asc = ['--yes', '--package=assemblyscript@0.28.20', 'asc'];
const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '-o', binary];
execFileSync('npx', [...asc, source, ...flags], { stdio: 'inherit' });
const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
const lines = readFileSync(binary)
  .toString('base64')
  .match(/.{1,92}/g)
  .map((line) => `  '${line}',`);
writeFileSync(
  target,
  `/** Made by .scripts/makeKernels.mjs from .scripts/kernels/statistics.ts: do not edit. */
export const statisticsWasm = [
${lines.join('\n')}
].join('');

/** SHA-256 of the source that it was made from. */
export const statisticsSource = '${hash}';
`,
);
