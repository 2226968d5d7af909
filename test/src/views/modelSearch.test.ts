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
    root: '/src/repo/net',
    obeysIgnore: true,
    excluded: [],
    ...set,
    hidden,
    find: (pattern, excluded, most) => {
      const is = (path: string, glob: string): boolean =>
        minimatch(path, glob) || minimatch(path, `${glob}/**`);
      const found = Object.keys(files).filter(
        (path) =>
          !path.startsWith('../') &&
          is(path, pattern) &&
          !is(path, excluded) &&
          !hidden.some((glob) => is(path, glob)),
      );
      return Promise.resolve(found.slice(0, most));
    },
    exists: (path) =>
      Promise.resolve(Object.keys(files).some((one) => one === path || one.startsWith(`${path}/`))),
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

  const above = {
    'a.onnx': '',
    'old/a.onnx': '',
    'keep.h5': '',
    'b.h5': '',
    'out/c.onnx': '',
    'in/d.keras': '',
  };

  it('obeys .gitignore of the folders above, up to the root of the repository', async () => {
    const files = {
      ...above,
      '.gitignore': '!keep.h5\n',
      '../.gitignore': 'old/\n!b.keras\n/net/out\n/other/in\n',
      '../../.gitignore': '*.h5\nsrc\n/repo/*/in/*\n',
      '../../.git/HEAD': '',
      '../../../.gitignore': '*.onnx\n',
    };
    assert.deepEqual(await found(folder(files)), { models: ['a.onnx', 'keep.h5'], ignored: 2 });
    const elsewhere = folder(files, { root: '/src/repo/other' });
    assert.deepEqual((await found(elsewhere)).models, ['a.onnx', 'keep.h5', 'out/c.onnx']);
  });

  it('obeys no .gitignore above where there is no repository, or it begins here', async () => {
    const files = { ...above, '../.gitignore': '*.onnx\n' };
    assert.equal((await found(folder(files))).models.length, 6);
    const own = { ...files, '.git/HEAD': '', '.git/info/exclude': 'old\n' };
    const { models } = await found(folder(own));
    assert.deepEqual(models, ['a.onnx', 'b.h5', 'in/d.keras', 'keep.h5', 'out/c.onnx']);
  });

  for (const [what, pointer, at] of [
    [
      'a worktree',
      'gitdir: /src/main/.git/worktrees/repo\n',
      '../../../src/main/.git/worktrees/repo',
    ],
    ['a worktree on Windows', 'gitdir: C:\\main\\.git\\worktrees\\r\n', undefined],
    ['a submodule', 'gitdir: ../.git/modules/repo\n', undefined],
  ] as const)
    it(`obeys info/exclude of ${what}, whose .git is a file`, async () => {
      const own = {
        'a worktree': {
          '../../../src/main/.git/info/exclude': 'old\n',
          [`${at}/commondir`]: '../..\n',
        },
        'a worktree on Windows': {
          '../../../C:/main/.git/worktrees/r/commondir': '../..\n',
          '../../../C:/main/.git/info/exclude': 'old\n',
        },
        'a submodule': { '../../.git/modules/repo/info/exclude': 'old\n' },
      }[what];
      const { models } = await found(folder({ ...above, '../.git': pointer, ...own }));
      assert.deepEqual(models, ['a.onnx', 'b.h5', 'in/d.keras', 'keep.h5', 'out/c.onnx']);
    });

  it('does without where a file called .git names nothing that is there', async () => {
    for (const pointer of ['', 'gitdir: ../gone\n', 'gitdir:', 'something else'])
      assert.equal((await found(folder({ ...above, '../.git': pointer }))).models.length, 6);
  });

  it('shows what is in a folder that is ignored itself, as somebody opened it', async () => {
    const files = { 'a.onnx': '', '../.gitignore': 'net/\n', '../.git/HEAD': '' };
    assert.deepEqual(await found(folder(files)), { models: ['a.onnx'], ignored: 0 });
  });

  it('does not look into what is ignored from above', async () => {
    const files = {
      'a.onnx': '',
      'out/b.onnx': '',
      'deep/raw/c.onnx': '',
      '../.gitignore': '/net/out/\nraw/\n',
      '../.git/HEAD': '',
    };
    let pruned = '';
    const of = folder(files);
    const spied = {
      ...of,
      find: (pattern: string, excluded: string, most: number) => {
        pruned = excluded;
        return of.find(pattern, excluded, most);
      },
    };
    assert.deepEqual((await found(spied)).models, ['a.onnx']);
    assert.match(pruned, /,out\/\*\*,\*\*\/raw\/\*\*\}$/);
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
