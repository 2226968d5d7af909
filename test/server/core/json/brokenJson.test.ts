import assert from 'node:assert/strict';
import { readBrokenJson } from '../../../../server/core/json/brokenJson.ts';
import { parseJsonTree } from '../../../../server/core/json/jsonTree.ts';
import { valueOf } from '../../../../server/core/json/wholeJson.ts';
import { Random } from '../../../kit/random.ts';

const cases: readonly [what: string, text: string, value: unknown][] = [
  ['nothing', '', null],
  ['a string that ends nowhere', '{"a": ["b", "c\n], "d": 1}', { a: ['b', 'c'], d: 1 }],
  ['a name without a value', '{"a", "b": , "c"}', { a: null, b: null, c: null }],
  [
    'commas too many and too few',
    '{"a": [1,, 2 3,],, "b": 4 "c": 5,}',
    { a: [1, 2, 3], b: 4, c: 5 },
  ],
  ['a list that is open', '{"a": ["x", "y"\n "b": 1}', { a: ['x', 'y'], b: 1 }],
  ['brackets that cross', '{"a": {"b": [1, 2}, "c": 3]}', { a: { b: [1, 2] }, c: 3 }],
  ['an end that is missing', '{"a": {"b": [1, {"c": 2', { a: { b: [1, { c: 2 }] } }],
  ['words that are none', '{"a": tru, "b": false, "c": -1e2}', { a: null, b: false, c: -100 }],
];

describe('readBrokenJson', () => {
  for (const [what, text, value] of cases)
    it(`goes round ${what}`, () => assert.deepEqual(valueOf(readBrokenJson(text)), value));

  it('reads what is JSON as the other reader does, places included', () => {
    const text = '{"a": [1, {"b": "c\\n", "d": [true, null]}, [], {}], "e": {"f": -0.5}}';
    const { root } = parseJsonTree(text) as { root: object };
    assert.deepEqual(readBrokenJson(text), JSON.parse(JSON.stringify(root)));
  });

  it('ends on any text, however deep', () => {
    const random = new Random(7);
    for (let round = 0; round < 300; round++) {
      const text = Array.from(
        random.uniform(60, 0, 12),
        (one) => '{}[]",: \n1a\\'[Math.floor(one)],
      );
      readBrokenJson(text.join(''));
    }
    readBrokenJson('[{"a":'.repeat(50_000));
  });
});
