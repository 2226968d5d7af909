/**
 * npm run bench [NAME ...]: runs test/bench/*.bench.ts one after the other; figures are ratios in
 * one run. Those called *.slow.bench.ts take minutes, and run when they are named.
 */
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const wanted = process.argv.slice(2);
const files = readdirSync('test/bench').filter((name) => name.endsWith('.bench.ts'));
for (const file of files) {
  const isNamed = wanted.some((name) => file.startsWith(name));
  if (!isNamed && (wanted.length > 0 || file.includes('.slow.'))) continue;
  console.log(`\n${file}`);
  // Bundled as the product is: what a loader costs is not what is measured.
  const outfile = join('.cache/bench', file.replace(/\.ts$/, '.cjs'));
  await build({
    entryPoints: [join('test/bench', file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
    external: ['onnxruntime-node', 'esbuild'],
    // As in build.mjs: h5wasm asks where it is.
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: {
      js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    },
  });
  const run = spawnSync(process.execPath, [outfile], { stdio: 'inherit' });
  if (run.status !== 0) process.exitCode = 1;
}
