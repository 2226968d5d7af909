import assert from 'node:assert/strict';
import type { GitApi, GitCommit, GitRepository } from '../../src/gitApi.ts';
import { GitRevisions, shortRef } from '../../src/gitRevisions.ts';
import { Refused } from '../../src/server/answers.ts';
import { fileUri } from './fileUri.ts';

const file = fileUri('/home/ada/models/net.onnx');
const head: GitCommit = {
  hash: '3f2a1bc'.padEnd(40, '0'),
  message: 'Fold batch norms\n\nAll of them.',
  authorName: 'Ada',
  commitDate: new Date(5000),
};

const repository = (more: Partial<GitRepository> = {}): GitRepository => ({
  rootUri: fileUri('/project'),
  getCommit: () => Promise.resolve(head),
  log: () => Promise.resolve([head]),
  buffer: (ref, path) => Promise.resolve(new TextEncoder().encode(`${ref}:${path}`)),
  ...more,
});

const api = (found: GitRepository | null, more: Partial<GitApi> = {}): GitApi => ({
  state: 'initialized',
  onDidChangeState: () => ({ dispose: () => undefined }),
  getRepository: () => found,
  ...more,
});

const revisions = (git: GitApi | undefined, isTrusted = true): GitRevisions =>
  new GitRevisions(
    () => Promise.resolve(git),
    () => isTrusted,
  );

async function codeOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (thrown) {
    assert.ok(thrown instanceof Refused);
    assert.ok(thrown.fault.remedy, 'says what to do');
    return `${thrown.fault.code}: ${thrown.fault.message}`;
  }
  throw new Error('was not refused');
}

describe('GitRevisions', () => {
  it('names commits, and reads a file at one', async () => {
    const git = revisions(api(repository()));
    const revision = {
      ref: head.hash,
      subject: 'Fold batch norms',
      author: 'Ada',
      date: new Date(5000),
    };
    assert.deepEqual(await git.last(file), revision);
    assert.deepEqual(await git.list(file), [revision]);
    const bytes = await git.read(file, head.hash);
    assert.equal(new TextDecoder().decode(bytes), `${head.hash}:/home/ada/models/net.onnx`);
    assert.deepEqual([head.hash, 'main', ''].map(shortRef), ['3f2a1bc', 'main', 'the index']);
  });

  it('opens a repository that the extension has not looked at, once it is ready', async () => {
    let tell: (state: 'initialized') => void = () => undefined;
    const opened: string[] = [];
    const git = api(null, {
      state: 'uninitialized',
      onDidChangeState: (listener) => {
        tell = listener;
        return { dispose: () => opened.push('listened') };
      },
      openRepository: (folder) => {
        opened.push(folder.path);
        return Promise.resolve(repository());
      },
    });
    const asked = revisions(git).last(file);
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(opened, []);
    tell('initialized');
    assert.equal((await asked).subject, 'Fold batch norms');
    assert.deepEqual(opened, ['listened', '/home/ada/models']);
  });

  const no = (): Promise<never> => Promise.reject(new Error('fatal'));
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n';
  const refusals: readonly (readonly [
    what: string,
    git: GitApi | undefined,
    ask: (git: GitRevisions) => Promise<unknown>,
    said: RegExp,
  ])[] = [
    ['no git extension', undefined, (git) => git.last(file), /^no-git: .* switched off/],
    ['no repository', api(null), (git) => git.last(file), /^not-in-git: net\.onnx is in no git/],
    [
      'no commit',
      api(repository({ getCommit: no })),
      (git) => git.list(file),
      /^no-commits: net\.onnx is in a git repository that has no commit yet\.$/,
    ],
    [
      'a file that no commit has',
      api(repository({ log: () => Promise.resolve([]) })),
      (git) => git.list(file),
      /^not-in-revision: No commit has net\.onnx/,
    ],
    [
      'a file that is newer',
      api(repository({ buffer: no })),
      (git) => git.read(file, head.hash),
      /^not-in-revision: net\.onnx is not in 3f2a1bc/,
    ],
    [
      'a pointer of Git LFS',
      api(repository({ buffer: () => Promise.resolve(new TextEncoder().encode(pointer)) })),
      (git) => git.read(file, head.hash),
      /^git-lfs-pointer: .* a pointer of Git LFS/,
    ],
  ];
  it('says of a folder that is not trusted that this is why there is no git, and no setting', async () => {
    const asked = revisions(undefined, false).last(file);
    const said = await asked.catch((thrown: unknown) => thrown);
    assert.ok(said instanceof Refused);
    assert.equal(said.fault.code, 'no-git');
    assert.match(said.fault.message, /not trusted/);
    assert.match(said.fault.remedy ?? '', /^Trust the folder/);
    assert.doesNotMatch(JSON.stringify(said.fault), /git\.enabled/);
  });

  for (const [what, git, ask, said] of refusals) {
    it(`refuses ${what}`, async () => {
      assert.match(await codeOf(ask(revisions(git))), said);
    });
  }
});
