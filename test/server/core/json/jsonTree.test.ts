import assert from 'node:assert/strict';
import {
  memberOf,
  parseJsonTree,
  positionsOf,
  type JsonNode,
} from '../../../../server/core/json/jsonTree.ts';

function rootOf(text: string): JsonNode {
  const parsed = parseJsonTree(text);
  assert.equal(parsed.fault, undefined);
  return parsed.root;
}

function plain(node: JsonNode): unknown {
  if (node.kind === 'object') {
    return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
  }
  if (node.kind === 'array') return node.items.map(plain);
  return node.kind === 'null' ? null : node.value;
}

describe('parseJsonTree', () => {
  const texts = [
    '{}',
    '[]',
    ' [ 1 , -2.5e-3, 0, 1E+2, "a\\n\\u00e9\\"b", true, false, null, {"a": {"": [[]]}} ] ',
    '{"a":\t1,\r\n"b" : [2, 3]}',
    '"text"',
    '-0',
  ];
  for (const text of texts) {
    it(`reads ${JSON.stringify(text)} as JSON.parse does`, () => {
      assert.deepEqual(plain(rootOf(text)), JSON.parse(text));
    });
  }

  it('reads the numbers that Python writes besides', () => {
    assert.deepEqual(plain(rootOf('[NaN, Infinity, -Infinity]')), [NaN, Infinity, -Infinity]);
  });

  it('knows where every value and name stands', () => {
    const text = '{"ab": [10, "x"]}';
    const root = rootOf(text);
    const list = memberOf(root, 'ab');
    assert.ok(list?.kind === 'array' && root.kind === 'object');
    const texts = [root, ...root.members, list, ...list.items].map((one) =>
      text.slice(one.start, one.end),
    );
    assert.deepEqual(texts, [text, '"ab"', '[10, "x"]', '10', '"x"']);
  });

  it('knows it of lists of flat objects too, which are read at once', () => {
    const text =
      '{"c": [ {"a": 1, "b": "]"},\n {"a": NaN} ], "d": [\n {"a": 1}, {"a": [2]}, {"a": {}}], "e": [{"x": 1},  {"x": null}]}';
    const root = rootOf(text);
    assert.deepEqual(plain(root), {
      c: [{ a: 1, b: ']' }, { a: NaN }],
      d: [{ a: 1 }, { a: [2] }, { a: {} }],
      e: [{ x: 1 }, { x: null }],
    });
    const places = ['c', 'd', 'e'].map((key) => {
      const list = memberOf(root, key);
      assert.ok(list?.kind === 'array');
      return list.items.map(({ start, end }) => text.slice(start, end));
    });
    assert.deepEqual(places, [
      ['{"a": 1, "b": "]"}', '{"a": NaN}'],
      ['{"a": 1}', '{"a": [2]}', '{"a": {}}'],
      ['{"x": 1}', '{"x": null}'],
    ]);
    const list = memberOf(root, 'e');
    assert.ok(list?.kind === 'array' && list.head);
    assert.deepEqual(list.records, [{ x: 1 }, { x: null }]);
    assert.deepEqual(list.head, list.items[0]);
  });

  it('keeps a name that is given twice, and takes the last', () => {
    const root = rootOf('{"a": 1, "a": 2}');
    assert.ok(root.kind === 'object' && root.members.length === 2);
    assert.equal(plain(memberOf(root, 'a') as JsonNode), 2);
  });

  const broken: readonly (readonly [string, RegExp, number])[] = [
    ['', /ends too early/, 0],
    ['{"a": 1,}', /no comma may stand before }/, 8],
    ['[1 2]', /a comma or ]/, 3],
    ['{a: 1}', /name in double quotes/, 1],
    ['{"a" 1}', /colon/, 5],
    ['[1] x', /nothing may follow/, 4],
    ['[1, // one\n 2]', /^JSON has no comments: take it out$/, 4],
    ['{"a": 1 /* one */}', /^JSON has no comments/, 8],
    ['// one\n{}', /^JSON has no comments/, 0],
    ['{"a": /}', /no JSON value/, 6],
    ['["a\nb"]', /no closing quote/, 3],
    ['["abc', /no closing quote/, 5],
    ['["\\q"]', /escape/, 2],
    ['{"a": [1, 2', /a comma or ]/, 11],
    ['[{"a": 1}, {"a": }]', /no JSON value/, 17],
    ['[{"a": 1}, {"a": 1}', /a comma or ]/, 19],
    ['['.repeat(1000), /nested/, 201],
  ];
  for (const [text, message, offset] of broken) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))} at its place`, () => {
      const { fault } = parseJsonTree(text);
      assert.match(fault?.message ?? '', message);
      assert.equal(fault?.offset, offset);
    });
  }
});

describe('positionsOf', () => {
  it('counts lines and columns from 1', () => {
    const position = positionsOf('ab\nc\r\n\nd');
    const at = (offset: number): number[] => [position(offset).line, position(offset).column];
    assert.deepEqual(
      [at(0), at(1), at(2), at(3), at(6), at(7), at(8)],
      [
        [1, 1],
        [1, 2],
        [1, 3],
        [2, 1],
        [3, 1],
        [4, 1],
        [4, 2],
      ],
    );
  });
});
