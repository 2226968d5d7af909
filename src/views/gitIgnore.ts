/** One line of a `.gitignore`. */
export interface IgnoreRule {
  /** Of a path from the folder of the file on, without a slash at its end. */
  readonly matches: RegExp;
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
    const pattern = trimmed.slice(isNegated ? 1 : 0).replace(/^\\(?=[!#])/, '');
    const isFolderOnly = pattern.endsWith('/');
    const path = pattern.replace(/\/$/, '');
    if (path === '') return [];
    // A slash within ties it to the folder of the file; else it holds at any depth.
    const whole = path.includes('/') ? path.replace(/^\//, '') : `**/${path}`;
    const matches = toRegExp(whole);
    if (!matches) return [];
    const glob = /[\\{},]/.test(whole) ? undefined : whole;
    return [{ matches, isNegated, isFolderOnly, glob }];
  });
}

/**
 * Folders that need not be looked into, as globs; none where a rule brings something back, since a
 * glob cannot say which.
 */
export const prunedBy = (rules: readonly IgnoreRule[]): string[] =>
  rules.some(({ isNegated }) => isNegated)
    ? []
    : rules.flatMap(({ glob }) => (glob === undefined ? [] : [`${glob}/**`]));

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
      if ((isFolder || !isFolderOnly) && matches.test(rest)) ignored = !isNegated;
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
