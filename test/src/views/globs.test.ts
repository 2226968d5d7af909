import assert from 'node:assert/strict';
import { withoutBraces } from '../../../src/views/globs.ts';

describe('globs without braces', () => {
  const cases: readonly (readonly [glob: string, globs: readonly string[]])[] = [
    ['**/out', ['**/out']],
    ['**/{out,build}', ['**/out', '**/build']],
    ['{a,b{c,d}}/{e,f}', ['a/e', 'a/f', 'bc/e', 'bd/e', 'bc/f', 'bd/f']],
    ['a,b', ['a?b']],
    ['a{b', []],
  ];
  for (const [glob, globs] of cases) {
    it(glob, () => assert.deepEqual(withoutBraces(glob).sort(), [...globs].sort()));
  }

  it('are not made without end', () => {
    assert.deepEqual(withoutBraces('{a,b}'.repeat(30)), []);
  });
});
