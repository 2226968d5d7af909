/**
 * Compiles .scripts/kernels/*.ts into the files below. Needed only when the kernels change: tests
 * compare the hashes. The compiler is fetched then; it is 100 MB.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const targets = {
  statistics: { sources: ['statistics'], target: 'server/engines/tasks/statisticsWasm.ts' },
  weights: { sources: ['weights', 'channels'], target: 'server/core/kernels/weightsWasm.ts' },
};

mkdirSync('.cache/kernels', { recursive: true });
const asc = ['--yes', '--package=assemblyscript@0.28.20', 'asc'];
for (const [name, { sources, target }] of Object.entries(targets)) {
  const files = sources.map((source) => `.scripts/kernels/${source}.ts`);
  const binary = `.cache/kernels/${name}.wasm`;
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '-o', binary];
  execFileSync('npx', [...asc, ...files, ...flags], { stdio: 'inherit' });
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const lines = readFileSync(binary)
    .toString('base64')
    .match(/.{1,92}/g)
    .map((line) => `  '${line}',`);
  writeFileSync(
    target,
    `/** Made by .scripts/makeKernels.mjs from ${files.join(' and ')}: do not edit. */
export const ${name}Wasm = [
${lines.join('\n')}
].join('');

/** SHA-256 of the source that it was made from. */
export const ${name}Source = '${hash.digest('hex')}';
`,
  );
}
