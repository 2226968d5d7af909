import type { Uri } from 'vscode';
import type { GitApi, GitCommit, GitRepository } from './gitApi.ts';
import { t } from './l10n.ts';
import { Refused } from './server/answers.ts';

/** One commit, as it is picked and named. */
export interface Revision {
  readonly ref: string;
  /** First line of its message. */
  readonly subject: string;
  readonly author: string;
  readonly date: Date | undefined;
}

/** Earlier states of files. Each refuses with a sentence where there is none. */
export interface Revisions {
  /** The last commit of the repository that a file is in. */
  last(file: Uri): Promise<Revision>;
  /** The commits that changed a file, newest first. */
  list(file: Uri): Promise<readonly Revision[]>;
  /** The bytes of a file at a commit. */
  read(file: Uri, ref: string): Promise<Uint8Array>;
}

/** So many commits of a file are offered. */
const mostCommits = 200;

/** What Git LFS puts in the place of a file. */
const pointer = 'version https://git-lfs.github.com/spec/';

/** Revisions by VS Code's git extension, which is asked for only when it is needed. */
export class GitRevisions implements Revisions {
  constructor(
    private readonly git: () => Promise<GitApi | undefined>,
    private readonly isTrusted: () => boolean,
  ) {}

  async last(file: Uri): Promise<Revision> {
    const repository = await this.#repositoryOf(file);
    return revisionOf(await headOf(repository, file));
  }

  async list(file: Uri): Promise<readonly Revision[]> {
    const repository = await this.#repositoryOf(file);
    await headOf(repository, file);
    const commits = await repository.log({ maxEntries: mostCommits, path: file.fsPath });
    if (commits.length === 0) throw notCommitted(file);
    return commits.map(revisionOf);
  }

  async read(file: Uri, ref: string): Promise<Uint8Array> {
    const repository = await this.#repositoryOf(file);
    let bytes: Uint8Array;
    try {
      bytes = await repository.buffer(ref, file.fsPath);
    } catch {
      throw notThere(file, ref);
    }
    const head = new TextDecoder('latin1').decode(bytes.subarray(0, pointer.length));
    if (head === pointer) throw isPointer(file, ref);
    return bytes;
  }

  async #repositoryOf(file: Uri): Promise<GitRepository> {
    const git = await this.git();
    if (!git) throw this.isTrusted() ? noGit() : notTrusted();
    await initialized(git);
    const folder = file.with({ path: file.path.slice(0, file.path.lastIndexOf('/')) || '/' });
    const known = git.getRepository(file);
    const found = known ?? (await git.openRepository?.(folder).catch(() => null));
    if (found) return found;
    throw new Refused({
      code: 'not-in-git',
      message: t('{0} is in no git repository, so it has no earlier revision.', nameOf(file)),
      where: file.fsPath,
      remedy: t('Compare it with a file instead.'),
    });
  }
}

/** `3f2a1bc`, or a name as it is. */
export const shortRef = (ref: string): string =>
  /^[0-9a-f]{40,64}$/.test(ref) ? ref.slice(0, 7) : ref === '' ? t('the index') : ref;

const revisionOf = ({
  hash,
  message,
  authorName,
  authorDate,
  commitDate,
}: GitCommit): Revision => ({
  ref: hash,
  subject: message.split('\n')[0] ?? '',
  author: authorName ?? '',
  date: commitDate ?? authorDate,
});

async function headOf(repository: GitRepository, file: Uri): Promise<GitCommit> {
  try {
    return await repository.getCommit('HEAD');
  } catch {
    throw new Refused({
      code: 'no-commits',
      message: t('{0} is in a git repository that has no commit yet.', nameOf(file)),
      remedy: t('Commit the model first, or compare it with a file.'),
    });
  }
}

/** The extension looks for repositories after it was started. */
async function initialized(git: GitApi): Promise<void> {
  if (git.state === 'initialized') return;
  await new Promise<void>((resolve) => {
    const listening = git.onDidChangeState((state) => {
      if (state !== 'initialized') return;
      listening.dispose();
      clearTimeout(timer);
      resolve();
    });
    const timer = setTimeout(() => {
      listening.dispose();
      resolve();
    }, waitMs);
  });
}

const waitMs = 10_000;

const noGit = (): Refused =>
  new Refused({
    code: 'no-git',
    message: t('VS Code’s git extension is not there or switched off, and revisions come from it.'),
    remedy: t('Enable the built-in extension “Git” and the setting git.enabled.'),
  });

/** In restricted mode VS Code starts no git, whatever the settings say. */
const notTrusted = (): Refused =>
  new Refused({
    code: 'no-git',
    message: t('VS Code runs no git in a folder that is not trusted, and revisions come from it.'),
    remedy: t(
      'Trust the folder (“Workspaces: Manage Workspace Trust”), or compare the model with a file.',
    ),
  });

const notCommitted = (file: Uri): Refused =>
  new Refused({
    code: 'not-in-revision',
    message: t('No commit has {0}: it is new, or ignored.', nameOf(file)),
    where: file.fsPath,
    remedy: t('Commit it first, or compare it with a file.'),
  });

const notThere = (file: Uri, ref: string): Refused =>
  new Refused({
    code: 'not-in-revision',
    message: t(
      '{0} is not in {1}: it is newer, or had another name there.',
      nameOf(file),
      shortRef(ref),
    ),
    where: file.fsPath,
    remedy: t('Choose another revision, or compare it with a file.'),
  });

const isPointer = (file: Uri, ref: string): Refused =>
  new Refused({
    code: 'git-lfs-pointer',
    message: t(
      'What git has of {0} in {1} is not the model itself but a pointer of Git LFS to it.',
      nameOf(file),
      shortRef(ref),
    ),
    where: file.fsPath,
    remedy: t('Check that revision out elsewhere with “git lfs pull”, and compare with the file.'),
  });

const nameOf = ({ path }: Uri): string => path.slice(path.lastIndexOf('/') + 1);
