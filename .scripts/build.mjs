/** Bundles everything into dist/: extension, language server, engine process, command line, panels. */
import { build, context } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const isWatch = process.argv.includes('--watch');
const isDev = isWatch || process.argv.includes('--dev');
const there = (file) => existsSync(file);
const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: isDev,
  minify: !isDev,
  keepNames: true,
  logLevel: 'warning',
  legalComments: 'none',
  external: ['vscode', 'onnxruntime-node', 'onnxruntime-common'],
};
const page = {
  bundle: true,
  platform: 'browser',
  target: 'chrome120',
  format: 'esm',
  sourcemap: isDev,
  minify: !isDev,
  logLevel: 'warning',
  legalComments: 'none',
};
// h5wasm is an ES module that asks where it is; a bundle in CommonJS has to be told.
const hdf5 = {
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
};

const entries = {
  extension: 'src/extension.ts',
  server: 'server/main.ts',
  engine: 'server/engines/onnxruntime/child.ts',
  tfjs: 'server/engines/tfjs/child.ts',
  graphLayout: 'server/graphView/layoutThread.ts',
};
// TensorFlow.js loads its WebAssembly from beside the bundle; threads do not work under Node.
const wasm = [
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  '@jsquash/webp/codec/dec/webp_dec.wasm',
];
const jobs = [];
for (const [name, file] of Object.entries(entries)) {
  if (there(file))
    jobs.push({
      ...node,
      define: hdf5.define,
      banner: { js: hdf5.banner },
      entryPoints: { [name]: file },
      outdir: 'dist',
    });
}
if (there('server/cli.ts')) {
  jobs.push({
    ...node,
    entryPoints: { cli: 'server/cli.ts' },
    outdir: 'dist',
    define: hdf5.define,
    banner: { js: `#!/usr/bin/env node\n${hdf5.banner}` },
  });
}
// A panel is found, not listed: every folder of webview/panels with a main.ts.
const panels = there('webview/panels') ? readdirSync('webview/panels') : [];
for (const panel of panels) {
  const main = join('webview/panels', panel, 'main.ts');
  if (there(main))
    jobs.push({
      ...page,
      entryPoints: { [panel]: main },
      outdir: 'dist/webview',
      loader: { '.ttf': 'file', '.svg': 'text' },
      assetNames: '[name]',
    });
}
mkdirSync('dist', { recursive: true });
for (const file of wasm) {
  copyFileSync(join('node_modules', file), join('dist', basename(file)));
}
for (const job of jobs) {
  if (isWatch) await (await context(job)).watch();
  else await build(job);
}
if (isWatch) process.stdout.write('watching\n');
