/** More globs than these are not made of one. */
const mostGlobs = 200;

/**
 * A glob without braces for each of its alternatives, so that it can stand in braces itself: those
 * do not nest. A comma of a name, which would part it there, becomes any character.
 */
export function withoutBraces(glob: string): string[] {
  let globs = [glob];
  while (globs.length <= mostGlobs) {
    const next = globs.flatMap((one) => {
      const [, before = '', inner, after = ''] = /^(.*)\{([^{}]*)\}(.*)$/s.exec(one) ?? [];
      return inner === undefined ? one : inner.split(',').map((part) => before + part + after);
    });
    if (next.every((one, at) => one === globs[at])) break;
    globs = next;
  }
  const plain = globs.filter((one) => !/[{}]/.test(one)).map((one) => one.replaceAll(',', '?'));
  return [...new Set(plain)];
}
