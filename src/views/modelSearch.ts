import { posix } from 'node:path';
import { isLayersModel, layersModelPattern, modelPatterns } from '../modelFiles.ts';
import { isIgnored, parseIgnore, prunedBy, rulesFromAbove, type IgnoreRule } from './gitIgnore.ts';
import { withoutBraces } from './globs.ts';

/** Folders that hold other people's files, in which nobody looks for a model of theirs. */
const othersFolders = ['node_modules', '.git', '.venv', 'venv', '__pycache__', 'site-packages'];
/** A `model.json` above this is not read to find out whether it is a model. */
const largestJsonBytes = 16e6;
/** So many files called `model.json` are looked into. */
const mostTexts = 1000;
/** So many files are read at a time. */
const readAtOnce = 16;
/** What is found beyond these is not listed. */
export const mostModels = 20_000;

/** A folder in which models are looked for; all paths are from it on, with slashes. */
export interface SearchedFolder {
  /** Where it is on its disk. */
  readonly root: string;
  /** What `.gitignore` names is left out. */
  readonly obeysIgnore: boolean;
  /** Globs of `files.exclude`, which `find` leaves out by itself. */
  readonly hidden: readonly string[];
  /** Globs of `search.exclude`, which it does not. */
  readonly excluded: readonly string[];
  find(pattern: string, excluded: string, most: number): PromiseLike<readonly string[]>;
  /** Of a file or folder, which may lie above this one (`../.git`). */
  exists(path: string): Promise<boolean>;
  /** The text of a file; undefined where it is not there, too large or not for us to read. */
  read(path: string, mostBytes: number): Promise<string | undefined>;
}

/** What a look into a folder found. */
export interface FoundPaths {
  readonly models: readonly string[];
  /** Models that are there and are left out, since `.gitignore` names them. */
  readonly ignored: number;
  /** There are more, which were not looked for. */
  readonly isCut: boolean;
}

type Rules = Map<string, readonly IgnoreRule[]>;

/**
 * Models of a folder; what its settings or `.gitignore` exclude is not looked into. Only where
 * no model is left, those in the folders that `.gitignore` excludes are counted too.
 */
export async function searchFolder(folder: SearchedFolder): Promise<FoundPaths> {
  const rules: Rules = new Map();
  const search = (pattern: string, pruned: readonly string[]): PromiseLike<readonly string[]> =>
    folder.find(pattern, excludedIn(folder, pruned), mostModels);
  if (folder.obeysIgnore) {
    const [around, text] = [await rulesAround(folder), await folder.read('.gitignore', Infinity)];
    if (around.length > 0 || text !== undefined)
      rules.set('', [...around, ...parseIgnore(text ?? '')]);
    // The rules of deeper folders save the second search what they leave out.
    await readRules(folder, (await search('**/.gitignore', prunedBy(rules))).map(folderOf), rules);
  }
  const look = async (pruned: readonly string[]): Promise<FoundPaths> => {
    const all = await search(searched, pruned);
    const texts = all.filter(isText);
    const paths = [...all.filter((path) => !isText(path)), ...(await modelTexts(folder, texts))];
    if (folder.obeysIgnore && hidesIgnoreFiles(folder))
      await readRules(folder, foldersOf(paths), rules);
    const models = paths.filter((path) => !isIgnored(path, rules));
    const isCut = all.length >= mostModels || texts.length > mostTexts;
    return { models, ignored: paths.length - models.length, isCut };
  };
  const pruned = prunedBy(rules);
  const found = await look(pruned);
  return found.models.length === 0 && pruned.length > 0 ? look([]) : found;
}

/** One search for all: it costs the walk through the folders, not the patterns. */
const searched = `{${[...modelPatterns, layersModelPattern].join(',')}}`;

/** What `find` does not leave out by itself. */
function excludedIn({ excluded }: SearchedFolder, pruned: readonly string[]): string {
  const bySettings = excluded.flatMap(withoutBraces).flatMap((one) => [one, `${one}/**`]);
  const others = othersFolders.map((name) => `**/${name}/**`);
  return `{${[...others, ...bySettings, ...pruned].join(',')}}`;
}

/**
 * True where the settings leave out files called `.gitignore`, so that `find` gives none. What
 * leaves out all that is in a folder leaves out its models too.
 */
const hidesIgnoreFiles = ({ hidden, excluded }: SearchedFolder): boolean =>
  [...hidden, ...excluded].flatMap(withoutBraces).some((glob) => {
    const name = glob.slice(glob.lastIndexOf('/') + 1);
    return name !== '**' && parseIgnore(name).some(({ matches }) => matches('.gitignore'));
  });

/**
 * What git leaves out besides, the later the more it counts: `info/exclude` of the repository that
 * the folder is in, and `.gitignore` of the folders above up to its root.
 */
async function rulesAround(folder: SearchedFolder): Promise<readonly IgnoreRule[]> {
  const names = folder.root.split('/').filter((name) => name !== '');
  const isRoot = (up: number): Promise<boolean> => folder.exists(`${'../'.repeat(up)}.git`);
  let top = 0;
  while (top <= names.length && !(await isRoot(top))) top++;
  if (top > names.length) return []; // it is in no repository
  const read = async (up: number, name: string): Promise<readonly IgnoreRule[]> => {
    const rules = parseIgnore((await folder.read(`${'../'.repeat(up)}${name}`, Infinity)) ?? '');
    return up === 0 ? rules : rulesFromAbove(rules, names.slice(-up).join('/'));
  };
  const above = Array.from({ length: top }, (_, i) => read(top - i, '.gitignore'));
  const exclude = excludeOf(folder, '../'.repeat(top), names.length).then((name) =>
    read(top, name),
  );
  return (await Promise.all([exclude, ...above])).flat();
}

/** A file that says where another one is has a line. */
const mostPointerBytes = 4096;

/**
 * Where git keeps `info/exclude`, from the root of the repository on. Of a worktree or a submodule
 * `.git` is a file that says where; all worktrees share that of the first.
 */
async function excludeOf(folder: SearchedFolder, root: string, depth: number): Promise<string> {
  const line = async (path: string): Promise<string | undefined> =>
    (await folder.read(path, mostPointerBytes))?.trim();
  const own = /^gitdir:\s*(.+)$/.exec((await line(`${root}.git`)) ?? '')?.[1];
  if (own === undefined) return '.git/info/exclude';
  const toTop = '../'.repeat(depth - root.length / 3);
  const placed = (base: string, path: string): string => {
    const isWhole = /^([a-z]:)?[\\/]/i.test(path);
    const parts = path.replaceAll('\\', '/').replace(/^\//, '');
    return posix.join(isWhole ? toTop : base, parts);
  };
  const kept = placed('', own);
  const common = await line(`${root}${kept}/commondir`);
  return posix.join(common === undefined ? kept : placed(kept, common), 'info/exclude');
}

/** Those of `.gitignore` in each of the folders below that has one. */
async function readRules(
  folder: SearchedFolder,
  paths: Iterable<string>,
  rules: Rules,
): Promise<void> {
  await forEach(paths, async (path) => {
    if (path === '' || rules.has(path)) return;
    const text = await folder.read(`${path}/.gitignore`, Infinity);
    if (text !== undefined) rules.set(path, parseIgnore(text));
  });
}

const isText = (path: string): boolean => /(^|\/)model\.json$/.test(path);

/** Empty for what lies in the folder itself. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The folders that the files lie in, and those around them. */
function foldersOf(files: readonly string[]): Set<string> {
  const folders = new Set<string>();
  for (const file of files)
    for (let at = folderOf(file); at !== '' && !folders.has(at); at = folderOf(at)) folders.add(at);
  return folders;
}

/** Those of the files called `model.json` that TensorFlow.js wrote. */
async function modelTexts(folder: SearchedFolder, all: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  await forEach(all.slice(0, mostTexts), async (path) => {
    const text = await folder.read(path, largestJsonBytes);
    if (text !== undefined && isLayersModel(text)) found.push(path);
  });
  return found;
}

/** Does something with each, a few at a time. */
async function forEach(paths: Iterable<string>, work: (path: string) => Promise<void>) {
  const left = [...paths];
  const workOff = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await work(path);
  };
  await Promise.all(Array.from({ length: readAtOnce }, workOff));
}
