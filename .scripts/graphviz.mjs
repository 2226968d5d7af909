/**
 * The layout library has its WebAssembly packed into a text, which takes a third of the time to the
 * first picture to unpack. Here it is unpacked while building, into a file beside the bundle.
 */
import { readFileSync } from 'node:fs';

const name = 'graphviz.wasm';

/** Where the library unpacks: `bytes ??= unzip(fromText(text))`. */
const unpacking = /([\w$]+\?\?=)[\w$]+\([\w$]+\([\w$]+\)\)/g;

/** The bytes that the library makes a module of; nothing else does so here meanwhile. */
async function bytesOf(path) {
  const { instantiate } = WebAssembly;
  let found;
  WebAssembly.instantiate = (bytes, ...rest) => {
    found = bytes;
    return instantiate(bytes, ...rest);
  };
  try {
    const { Graphviz } = await import(path);
    await Graphviz.load();
    Graphviz.unload();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  if (!found) throw new Error(`${path} makes no WebAssembly module of bytes`);
  return found;
}

/** Gives the library its WebAssembly as a file. */
export const unpacked = {
  name: 'unpacked',
  setup({ onLoad, onResolve }) {
    let library = '';
    onResolve({ filter: /^graphviz-bytes$/ }, () => ({ path: name, namespace: 'graphviz' }));
    onLoad({ filter: /wasm-graphviz[\\/]dist[\\/]index\.js$/ }, ({ path }) => {
      library = path;
      const text = readFileSync(path, 'utf8');
      if (text.match(unpacking)?.length !== 1) throw new Error(`${path} unpacks in another way`);
      const head = [
        "import { readFileSync as readGraphviz } from 'node:fs';",
        "import { join as joinGraphviz } from 'node:path';",
        "import graphvizFile from 'graphviz-bytes';",
      ].join('');
      const read = 'readGraphviz(joinGraphviz(__dirname, graphvizFile))';
      return { contents: head + text.replace(unpacking, `$1${read}`), loader: 'js' };
    });
    onLoad({ filter: /./, namespace: 'graphviz' }, async () => ({
      contents: await bytesOf(library),
      loader: 'file',
    }));
  },
};
