/** One line of a `.gitignore`. */
export interface IgnoreRule {
  /** Of a path from the folder of the file on, without a slash at its end. */
  readonly matches: (path: string) => boolean;
  readonly isNegated: boolean;
  readonly isFolderOnly: boolean;
  /** As a glob of VS Code from that folder on; undefined where it has none. */
  readonly glob: string | undefined;
}

/** The rules of a `.gitignore`, in order (git-scm.com/docs/gitignore, "Pattern format"). */
export function parseIgnore(text: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.replace(/(?<!\\)\s+$/, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const isNegated = trimmed.startsWith('!');
    const said = trimmed.slice(isNegated ? 1 : 0).replace(/^\\(?=[!#])/, '');
    const isFolderOnly = said.endsWith('/');
    const path = said.replace(/\/$/, '');
    if (path === '') return [];
    // A slash within ties it to the folder of the file; else it holds at any depth.
    const whole = path.includes('/') ? path.replace(/^\//, '') : `**/${path}`;
    const pattern = toRegExp(whole);
    if (!pattern) return [];
    const glob = /[\\{},]/.test(whole) ? undefined : whole;
    const matches = (one: string): boolean => pattern.test(one);
    return [{ matches, isNegated, isFolderOnly, glob }];
  });
}

/**
 * The rules of a folder above, for paths from this folder on; `way` leads from there to here. That
 * the folder itself is ignored is passed over: somebody opened it.
 */
export const rulesFromAbove = (rules: readonly IgnoreRule[], way: string): IgnoreRule[] =>
  rules.flatMap((rule) => {
    const { glob, matches } = rule;
    const fromHere = (path: string): boolean => matches(`${way}/${path}`);
    if (glob === undefined || glob.startsWith('**/')) return [{ ...rule, matches: fromHere }];
    if (glob.startsWith(`${way}/`))
      return [{ ...rule, matches: fromHere, glob: glob.slice(way.length + 1) }];
    // Without a wildcard it names something else.
    return /[*?[]/.test(glob) ? [{ ...rule, matches: fromHere, glob: undefined }] : [];
  });

/** More globs than these make a search slower than what they save. */
const mostPruned = 500;

/**
 * Folders that need not be looked into, as globs from the root on, by the rules of each folder. git
 * brings nothing back out of a folder that is ignored: only a rule that may name the folder itself
 * keeps it from being pruned.
 */
export function prunedBy(rulesOf: ReadonlyMap<string, readonly IgnoreRule[]>): string[] {
  const backs = [...rulesOf].flatMap(([folder, rules]) =>
    rules.flatMap(({ isNegated, glob }, at) => (isNegated ? { folder, glob, at } : [])),
  );
  const globs = [...rulesOf].flatMap(([folder, rules]) => {
    if (/[\\{}[\]*?,]/.test(folder)) return [];
    const from = folder === '' ? '' : `${folder}/`;
    const deeper = backs.filter((back) => back.folder !== folder && back.folder.startsWith(from));
    const own = backs.filter((back) => back.folder === folder);
    return rules.flatMap(({ glob, isNegated }, at) => {
      if (glob === undefined || isNegated) return [];
      const later = [...own.filter((back) => back.at > at), ...deeper];
      return later.some((back) => mayMeet(glob, back.glob)) ? [] : [`${from}${glob}/**`];
    });
  });
  return globs.slice(0, mostPruned);
}

/** False where no path can be named by both: they end in plain names, and in other ones. */
function mayMeet(glob: string, other: string | undefined): boolean {
  const [last, otherLast] = [glob, other].map((one) => one?.split('/').at(-1) ?? '*');
  const arePlain = ![last, otherLast].some((name = '*') => /[*?[]/.test(name));
  return !arePlain || last === otherLast;
}

/**
 * Whether a file is ignored; `path` and the folders of the rules are from one root on, with slashes.
 * A folder that is ignored is so with all that is in it, whatever is said of that.
 */
export function isIgnored(
  path: string,
  rulesOf: ReadonlyMap<string, readonly IgnoreRule[]>,
): boolean {
  const parts = path.split('/');
  return parts.some((_, at) => {
    const isFolder = at < parts.length - 1;
    return isOneIgnored(parts.slice(0, at + 1), isFolder, rulesOf);
  });
}

/** The last rule that matches decides; those of deeper files come later. */
function isOneIgnored(
  parts: readonly string[],
  isFolder: boolean,
  rulesOf: ReadonlyMap<string, readonly IgnoreRule[]>,
): boolean {
  let ignored = false;
  for (let depth = 0; depth < parts.length; depth++) {
    const rules = rulesOf.get(parts.slice(0, depth).join('/'));
    if (!rules) continue;
    const rest = parts.slice(depth).join('/');
    for (const { matches, isNegated, isFolderOnly } of rules) {
      if ((isFolder || !isFolderOnly) && matches(rest)) ignored = !isNegated;
    }
  }
  return ignored;
}

/** `**`, `*`, `?`, `[...]` and `\`, as git has them; undefined for what is no pattern. */
function toRegExp(glob: string): RegExp | undefined {
  const source = glob.replace(
    /\/\*\*\/|^\*\*\/|\/\*\*$|\*+|\?|\\(.)|\[(!|\^)?(\]?[^\]]*)\]|[.+^${}()|[\]\\/]/g,
    (found, escaped?: string, negation?: string, inner?: string) => {
      if (found === '/**/') return '/(?:.*/)?';
      if (found === '**/') return '(?:.*/)?';
      if (found === '/**') return '/.*';
      if (found.startsWith('*')) return '[^/]*';
      if (found === '?') return '[^/]';
      if (escaped !== undefined) return literal(escaped);
      if (inner !== undefined) return `[${negation ? '^' : ''}${inner.replace(/[\\\]]/g, '\\$&')}]`;
      return literal(found);
    },
  );
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined; // such as a range that runs backwards: git matches nothing by it either
  }
}

const literal = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
