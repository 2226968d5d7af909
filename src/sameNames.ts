/** Those of the paths whose file name another path has too. */
export function sameNames(paths: readonly string[]): ReadonlySet<string> {
  const seen = new Map<string, string[]>();
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    seen.set(name, [...(seen.get(name) ?? []), path]);
  }
  return new Set([...seen.values()].filter(({ length }) => length > 1).flat());
}

/** The folder of a path within the workspace; `.` for the workspace itself. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : path.slice(0, end);
}
