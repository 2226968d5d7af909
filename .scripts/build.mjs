/** Bundles everything into dist/: extension, language server, engine process, command line, panels. */
import { build, context } from 'esbuild';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundles, copied } from './bundles.mjs';

const isWatch = process.argv.includes('--watch');
mkdirSync('dist', { recursive: true });
// Parts of the server are named by what is in them: those of a build before would stay.
for (const name of readdirSync('dist')) if (name.endsWith('.mjs')) rmSync(join('dist', name));
for (const [name, file] of Object.entries(copied)) {
  copyFileSync(join('node_modules', file), join('dist', name));
}
for (const job of bundles({ isDev: isWatch || process.argv.includes('--dev') })) {
  if (isWatch) await (await context(job)).watch();
  else await build(job);
}
// What package.json names as the command is run as a program.
if (!isWatch) chmodSync('dist/cli.js', 0o755);
if (isWatch) process.stdout.write('watching\n');
