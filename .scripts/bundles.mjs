/** What is bundled, and how: esbuild's options for each file of dist/. Run from the root of the sources. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpacked } from './graphviz.mjs';

// Libraries that few need are files of their own beside the bundles, loaded by the first `import()`:
// most models are no HDF5 (5.6 MB), most samples no JPEG, and most charts no PNG. Server and command line share them.
const libraries = {
  hdf5: 'h5wasm/node',
  png: 'fast-png',
  jpeg: '@jsquash/jpeg/codec/dec/mozjpeg_dec.js',
  webp: '@jsquash/webp/codec/dec/webp_dec.js',
  resvg: '@resvg/resvg-wasm',
  languageClient: 'vscode-languageclient/node',
};
const apart = {
  name: 'apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      const [name] = Object.entries(libraries).find(([, library]) => library === path) ?? [];
      const isApart = name !== undefined && kind === 'dynamic-import';
      return isApart ? { path: `./${name}.js`, external: true } : undefined;
    });
    // Of our manifest only the version is read.
    onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      if (dirname(path) !== process.cwd()) return undefined;
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** The same for a bundle of ES modules, which cannot `require`: what is apart is CommonJS. */
const required = {
  name: 'required',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      const [name] = Object.entries(libraries).find(([, library]) => library === path) ?? [];
      const isApart = name !== undefined && kind === 'dynamic-import';
      return isApart ? { path: name, namespace: 'required' } : undefined;
    });
    onResolve({ filter: /./, namespace: 'required' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'required' }, async ({ path }) => {
      const names = Object.keys(await import(libraries[path])).filter((name) => /^\w+$/.test(name));
      const named = names.filter(
        (name) => !['default', '__esModule', 'module.exports'].includes(name),
      );
      const contents = [
        `const library = require('./${path}.js');`,
        'export default library.default ?? library;',
        `export const { ${named.join(', ')} } = library;`,
      ];
      return { contents: contents.join('') };
    });
  },
};

const entries = {
  extension: 'src/extension.ts',
  engine: 'server/engines/onnxruntime/child.ts',
  tfjs: 'server/engines/tfjs/child.ts',
  graphLayout: 'server/graphView/layoutThread.ts',
  cli: 'server/cli.ts',
  ...libraries,
};

// An ES module that asks where it is; a bundle in CommonJS has to be told.
const located = "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;";

const inModules = [
  "import { createRequire } from 'node:module';",
  "import { dirname as __directoryOf } from 'node:path';",
  "import { fileURLToPath as __pathOf } from 'node:url';",
  'const require = createRequire(import.meta.url);',
  'const __filename = __pathOf(import.meta.url);',
  'const __dirname = __directoryOf(__filename);',
].join('');

/** Files of libraries that are copied beside the bundles, which load them from there. */
export const copied = {
  'tfjs-backend-wasm.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  'mozjpeg_dec.wasm': '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  'webp_dec.wasm': '@jsquash/webp/codec/dec/webp_dec.wasm',
  'resvg.wasm': '@resvg/resvg-wasm/index_bg.wasm',
  'Inter-Regular.woff2': 'inter-ui/web/Inter-Regular.woff2',
  'Inter-SemiBold.woff2': 'inter-ui/web/Inter-SemiBold.woff2',
  // The licence of a typeface goes with it.
  'Inter.LICENSE.txt': 'inter-ui/LICENSE.txt',
};

/** TensorFlow.js and h5wasm ask what their classes are called. Elsewhere names are 5 % of a bundle. */
const named = new Set(['tfjs', 'hdf5']);

/** One set of options for each bundle. */
export function bundles({ isDev = false } = {}) {
  const common = {
    bundle: true,
    sourcemap: isDev,
    minify: !isDev,
    logLevel: 'warning',
    legalComments: 'none',
  };
  const node = {
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outdir: 'dist',
    external: ['vscode', 'onnxruntime-node', 'onnxruntime-common'],
    define: { 'import.meta.url': '__importMetaUrl' },
    plugins: [apart, unpacked],
    assetNames: '[name]',
    // `import()` becomes `require`, which the extension host answers for what VS Code gives.
    supported: { 'dynamic-import': false },
  };
  // The server is split: what the first ONNX model does not need is loaded by the first `import()` of it,
  // and shares its classes with what is there already.
  const server = {
    ...node,
    format: 'esm',
    splitting: true,
    entryPoints: { server: 'server/main.ts' },
    outExtension: { '.js': '.mjs' },
    chunkNames: 'server-[name]-[hash]',
    define: {},
    plugins: [required, ...node.plugins],
    banner: { js: inModules },
    supported: {},
  };
  const page = { ...common, platform: 'browser', target: 'chrome120', format: 'esm' };
  const ofNode = Object.entries(entries).map(([name, file]) => ({
    ...node,
    keepNames: named.has(name),
    entryPoints: { [name]: file },
    banner: { js: name === 'cli' ? `#!/usr/bin/env node\n${located}` : located },
  }));
  // A panel is found, not listed: every folder of webview/panels with a main.ts.
  const panels = readdirSync('webview/panels')
    .map((name) => [name, join('webview/panels', name, 'main.ts')])
    .filter(([, main]) => existsSync(main))
    .map(([name, main]) => ({
      ...page,
      entryPoints: { [name]: main },
      outdir: 'dist/webview',
      loader: { '.ttf': 'file', '.svg': 'text' },
      assetNames: '[name]',
    }));
  return [...ofNode, server, ...panels];
}
