import assert from 'node:assert/strict';
import { build, type BuildResult } from 'esbuild';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');

/** A bundle as `.scripts/build.mjs` makes it, in memory. */
const bundle = (entry: string): Promise<BuildResult<{ metafile: true; write: false }>> =>
  build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    metafile: true,
    write: false,
    outdir: 'dist',
    logLevel: 'error',
    define: { 'import.meta.url': '""' },
    external: ['vscode', 'onnxruntime-node', 'onnxruntime-common'],
  });

describe('what is packaged', function () {
  this.timeout(60_000);

  it('has the layout of graphs in a file of its own', async () => {
    const { outputFiles, metafile } = await bundle('server/graphView/layoutThread.ts');
    const [file] = outputFiles;
    assert.ok(file);
    // 816 kB, 633 kB compressed; loaded when the Graph tab is opened first, in a thread.
    const compressed = gzipSync(file.contents).length;
    assert.ok(compressed > 500e3 && compressed < 660e3, `${compressed} bytes`);
    assert.ok(Object.keys(metafile.inputs).some((path) => path.includes('wasm-graphviz')));
  });

  it('loads neither with the server nor with the command line', async () => {
    for (const entry of ['server/main.ts', 'server/cli.ts']) {
      const { metafile } = await bundle(entry);
      const bad = Object.keys(metafile.inputs).filter((path) => path.includes('wasm-graphviz'));
      assert.deepEqual(bad, [], entry);
    }
  });
});
