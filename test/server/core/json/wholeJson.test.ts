import assert from 'node:assert/strict';
import { memberOf, positionsOf } from '../../../../server/core/json/jsonTree.ts';
import { readWholeJson, valueOf } from '../../../../server/core/json/wholeJson.ts';

describe('readWholeJson', () => {
  /** `^` stands before each fault, and is no part of the text. */
  const cases: readonly (readonly [marked: string, whole: object | undefined])[] = [
    ['{"a": [1, {"b": null}], "c": "x"}', { a: [1, { b: null }], c: 'x' }],
    ['{"p": {"a": 3, "b": [^weak-layer]}}', { p: { a: 3 } }],
    ['{"p": {"b": [^oops, {"c": 1}], "a": 3}, "d": true}', { p: { a: 3 }, d: true }],
    ['{"a": 1, "b": ^oops, "c": 3}', { a: 1, c: 3 }],
    ['{"a": 1, "b": {"size": ^oops, "x": 1}, "c": 3}', { a: 1, c: 3 }],
    ['{"a": [["x", "y"]], "b": [["x", ^oops], ["z"]], "c": 3}', { a: [['x', 'y']], c: 3 }],
    ['{"a": 1, "b": [1, 2, "c"^: 3}', { a: 1, c: 3 }],
    ['{"a": 1,\n^}', { a: 1 }],
    ['{"a": ["x",^], "b": 2}', { a: ['x'], b: 2 }],
    ['{"a": 1\n ^"b": 2}', { a: 1, b: 2 }],
    ['{"a": "x{,\\"y" ^"b"}', {}],
    ['{"a" ^1, "b": 2}', { b: 2 }],
    ['{^a: 1, "b": 2}', { b: 2 }],
    ['{"a": "x^\n "b": 2, "c": 3}', { b: 2, c: 3 }],
    ['{"b": 2, "a": "x, y^\n}', { b: 2 }],
    ['{"a": 1, "b": 0^1, "c": ^-}', { a: 1 }],
    ['{"a": 1^', { a: 1 }],
    ['{"a": 1, ^', { a: 1 }],
    ['{"a": 1, "b^', { a: 1 }],
    ['{"p": {"a": 1, "b": [1^', { p: { a: 1 } }],
    ['{"a": 1} ^x', { a: 1 }],
    ['{ ^// it is a note\n "a": 1}', { a: 1 }],
    ['^// a note, "b": 1\n{"a": 1, ^/* and\n, another */ "b": 2 ^// the last', { a: 1, b: 2 }],
    ['{"a": [1, ^// {one\n 2], "b": 2}', { a: [1, 2], b: 2 }],
    ['{"a": "http://x", "b": 2, ^/* {"c": 3}', { a: 'http://x', b: 2 }],
    ['^', undefined],
    ['^oops', undefined],
    ['[1, ^oops]', undefined],
  ];
  for (const [marked, whole] of cases) {
    it(`of ${JSON.stringify(marked)}`, () => {
      const parts = marked.split('^');
      const text = parts.join('');
      const offsets = parts.slice(0, -1).map((_, at) => parts.slice(0, at + 1).join('').length);
      const { root, faults } = readWholeJson(text, ['p']);
      assert.deepEqual(root && valueOf(root), whole);
      assert.deepEqual(
        faults.map(({ offset }) => offset),
        offsets,
      );
    });
  }

  it('leaves what is whole at its place, and tells what it left out', () => {
    const text = '{"a": oops,\n "b": 2}';
    const { root, lost } = readWholeJson(text);
    const node = memberOf(root, 'b');
    assert.deepEqual(positionsOf(text)(node?.start ?? 0), { line: 2, column: 7 });
    assert.match(lost, /"a": oops/);
  });

  it('ends with a text of nothing but faults', () => {
    for (const one of ['{', '[', '{"a":', '"', ',', '}', '{"a" ', '{1,']) {
      const { faults } = readWholeJson(one.repeat(300));
      assert.ok(faults.length > 0 && faults.length <= 100, one);
    }
  });
});
