import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { loadedWith } from './kit/loadedWith.ts';

const root = join(import.meta.dirname, '..');

/** What `.scripts/bundles.mjs` exports, which is no TypeScript. */
interface Bundles {
  readonly bundles: () => { readonly entryPoints: Readonly<Record<string, string>> }[];
  readonly copied: Readonly<Record<string, string>>;
}

/** A file of the package, and what it is made of. */
interface Part {
  readonly bytes: number;
  /** About what it takes in the package, which is compressed too. */
  readonly compressed: number;
  readonly inputs: readonly string[];
  readonly contents: Uint8Array;
}

const partOf = (contents: Uint8Array, inputs: readonly string[] = []): Part => ({
  contents,
  bytes: contents.length,
  compressed: gzipSync(contents).length,
  inputs,
});

/** Every file below a folder that is packaged. */
const filesIn = (folder: string, isTaken: (path: string) => boolean = () => true): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isTaken);

describe('what is packaged', () => {
  const parts = new Map<string, Part>();
  let copied: readonly string[] = [];
  const part = (name: string): Part => {
    const found = parts.get(name);
    assert.ok(found, name);
    return found;
  };

  before(async () => {
    const script = pathToFileURL(join(root, '.scripts/bundles.mjs')).href;
    const made = (await import(script)) as Bundles;
    copied = Object.values(made.copied);
    for (const job of made.bundles()) {
      const { outputFiles, metafile } = await build({
        ...job,
        absWorkingDir: root,
        metafile: true,
        write: false,
      });
      for (const { path, contents } of outputFiles) {
        const made = Object.entries(metafile.outputs).find(([name]) => path.endsWith(`/${name}`));
        parts.set(basename(path), partOf(contents, Object.keys(made?.[1].inputs ?? {})));
      }
    }
  });

  /** Upper limits in kB, with a little room above what is there. */
  const limits: readonly (readonly [file: string, kB: number, compressedKB: number])[] = [
    ['extension.js', 160, 60],
    ['languageClient.js', 480, 115],
    ['model.js', 300, 95],
    ['engine.js', 60, 25],
    ['cli.js', 960, 350],
    // Loaded by the first question for a graph, model of its kind, or sample of its kind.
    ['graphLayout.js', 100, 40],
    ['graphviz.wasm', 1650, 660],
    ['hdf5.js', 5800, 1100],
    ['tfjs.js', 1500, 400],
    ['png.js', 45, 15],
    ['jpeg.js', 30, 12],
    ['webp.js', 30, 12],
    ['resvg.js', 20, 6],
  ];
  for (const [file, kB, compressedKB] of limits) {
    it(`${file} has at most ${kB} kB, ${compressedKB} kB compressed`, () => {
      const { bytes, compressed } = part(file);
      assert.ok(bytes <= 1e3 * kB, `${bytes} bytes`);
      assert.ok(compressed <= 1e3 * compressedKB, `${compressed} bytes compressed`);
    });
  }

  /** The language server, without what it loads later. */
  const server = (): readonly string[] =>
    loadedWith('server.mjs', (name) => Buffer.from(part(name).contents).toString());

  it('loads less than 600 kB, compressed, for the first ONNX model', () => {
    const loaded = ['extension.js', 'languageClient.js', ...server(), 'model.js', 'model.css'];
    const sum = loaded.reduce((all, name) => all + part(name).compressed, 0);
    assert.ok(sum < 600e3, `${sum} bytes`);
  });

  it('loads readers of Keras, reports and what knows about texts when they are needed', () => {
    const inputs = server().flatMap((name) => part(name).inputs);
    assert.ok(inputs.includes('server/formats/onnx/onnxFormat.ts'));
    for (const late of ['formats/keras/document', 'report/htmlReport', 'text/providers']) {
      assert.ok(!inputs.includes(`server/${late}.ts`), late);
      assert.ok(
        [...parts.values()].some((one) => one.inputs.includes(`server/${late}.ts`)),
        late,
      );
    }
  });

  it('has less than 6 MB without the native part of ONNX Runtime', () => {
    const isCode = (path: string): boolean => /\.(js|json)$/.test(path);
    const others = [
      ...copied.map((file) => join(root, 'node_modules', file)),
      ...['onnxruntime-node/dist', 'onnxruntime-common/dist/cjs'].flatMap((folder) =>
        filesIn(join('node_modules', folder), isCode),
      ),
      ...['docs', 'media', 'schemas'].flatMap((folder) => filesIn(folder)),
      ...['README.md', 'CHANGELOG.md', 'package.json', 'package.nls.json'].map((file) =>
        join(root, file),
      ),
    ].map((file) => partOf(readFileSync(file)));
    const all = [...parts.values(), ...others];
    const sum = all.reduce((total, { compressed }) => total + compressed, 0);
    assert.ok(sum < 6e6, `${sum} bytes`);
  });

  const lazy = [
    ...['wasm-graphviz', 'h5wasm', '@jsquash', 'fast-png', '@resvg'],
    'vscode-languageclient',
  ];
  for (const library of lazy) {
    it(`loads ${library} only when it is needed`, () => {
      for (const name of ['extension.js', ...server(), 'cli.js']) {
        const found = part(name).inputs.filter((path) => path.includes(`node_modules/${library}`));
        assert.deepEqual(found, [], name);
      }
    });
  }
});
