import assert from 'node:assert/strict';
import { minimatch } from 'minimatch';
import { searchFolder, type SearchedFolder } from '../../../src/views/modelSearch.ts';

/** A folder with these files that has been set up so; `looks`: every file that was read. */
function folder(
  files: Readonly<Record<string, string>>,
  set: Partial<SearchedFolder> = {},
): SearchedFolder & { readonly looks: string[] } {
  const looks: string[] = [];
  const hidden = set.hidden ?? [];
  return {
    looks,
    obeysIgnore: true,
    excluded: [],
    ...set,
    hidden,
    find: (pattern, excluded, most) => {
      const is = (path: string, glob: string): boolean =>
        minimatch(path, glob) || minimatch(path, `${glob}/**`);
      const found = Object.keys(files).filter(
        (path) =>
          is(path, pattern) && !is(path, excluded) && !hidden.some((glob) => is(path, glob)),
      );
      return Promise.resolve(found.slice(0, most));
    },
    read: (path) => {
      looks.push(path);
      return Promise.resolve(files[path]);
    },
  };
}

/** What is found, in order. */
async function found(of: SearchedFolder): Promise<{ models: string[]; ignored: number }> {
  const { models, ignored } = await searchFolder(of);
  return { models: [...models].sort(), ignored };
}

const layersModel = '{"modelTopology":{},"weightsManifest":[]}';

describe('a search for models', () => {
  it('finds them however their ending is written', async () => {
    const names = ['a/NET.H5', 'b.Onnx', 'c/Model.Keras', 'd.hdf5', 'e.onnx'];
    const files = Object.fromEntries([...names, 'notes.txt', 'f.onnx.txt'].map((at) => [at, '']));
    assert.deepEqual(await found(folder(files)), {
      models: ['a/NET.H5', ...names.slice(1)],
      ignored: 0,
    });
  });

  it('takes a model.json only where TensorFlow.js wrote it', async () => {
    const files = {
      'model.json': layersModel,
      'app/model.json': '{}',
      'my-model.json': layersModel,
    };
    assert.deepEqual(await found(folder(files)), { models: ['model.json'], ignored: 0 });
  });

  const nested = {
    'a.onnx': '',
    'g/x/bad/a.onnx': '',
    'g/x/good.onnx': '',
    'g/.gitignore': 'bad/',
  };
  for (const glob of ['**/.gitignore', '**/.git*', '**/.*', '{**/.gitignore,**/*.md}']) {
    for (const by of ['hidden', 'excluded'] as const)
      it(`obeys a .gitignore that ${glob} leaves out (${by})`, async () => {
        const { models } = await found(folder(nested, { [by]: [glob] }));
        assert.deepEqual(models, ['a.onnx', 'g/x/good.onnx']);
      });
  }

  it('reads no folder for a .gitignore where none is left out by the settings', async () => {
    const plain = folder(nested, { hidden: ['**/.DS_Store', 'out/**'] });
    await searchFolder(plain);
    assert.deepEqual(plain.looks, ['.gitignore', 'g/.gitignore']);
  });

  it('counts what is ignored, in folders that are ignored too where there is nothing else', async () => {
    const files = { '.gitignore': '/models\n*.h5\n', 'models/a.onnx': '', 'models/b/c.onnx': '' };
    assert.deepEqual(await found(folder(files)), { models: [], ignored: 2 });
    const others = { ...files, 'node_modules/x/d.onnx': '', 'app/model.json': '{}' };
    assert.deepEqual(await found(folder(others)), { models: [], ignored: 2 });
    const loose = { ...files, 'net.h5': '' };
    assert.deepEqual(await found(folder(loose)), { models: [], ignored: 3 });
    const some = { ...files, 'net.h5': '', 'net.onnx': '' };
    assert.deepEqual(await found(folder(some)), { models: ['net.onnx'], ignored: 1 });
    const all = await found(folder(files, { obeysIgnore: false }));
    assert.deepEqual(all, { models: ['models/a.onnx', 'models/b/c.onnx'], ignored: 0 });
  });
});
