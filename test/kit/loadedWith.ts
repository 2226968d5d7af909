/** An ES module that is loaded with the one that says so; `import()` is for later. */
const staticImport = /(?:\bfrom|\bimport)\s*"\.\/([^"]+\.mjs)"/g;

/** A bundle of ES modules and those of its parts that are loaded with it, by name. */
export function loadedWith(entry: string, contentsOf: (name: string) => string): string[] {
  const found = new Set([entry]);
  for (const name of found) {
    for (const [, part = ''] of contentsOf(name).matchAll(staticImport)) found.add(part);
  }
  return [...found];
}
