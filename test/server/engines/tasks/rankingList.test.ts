import assert from 'node:assert/strict';
import { RankingList } from '../../../../server/engines/tasks/rankingList.ts';

const rankingOf = (dims: number[], values: number[], top: number): number[] => {
  const list = new RankingList(top);
  list.add(4, { type: 'float32', dims, values: Float32Array.from(values) });
  assert.deepEqual([...list.result().index], [4]);
  return [...(list.result().ranking[0] ?? [])];
};

describe('RankingList', () => {
  for (const [what, dims, values, top, expected] of [
    ['the largest first', [1, 4], [0.1, 0.7, 0.2, 0.5], 3, [1, 3, 2]],
    ['the lower index of equal ones', [1, 5], [1, 3, 3, 1, 3], 4, [1, 2, 4, 0]],
    ['each row by itself', [2, 2], [1, 2, 4, 3], 1, [1, 0]],
    ['one row where there is no batch axis', [3], [1, 2, 3], 2, [2, 1]],
    ['no more than there are', [1, 2], [5, 6], 5, [1, 0, -1, -1, -1]],
    ['NaN last', [1, 3], [NaN, -2, 1], 3, [2, 1, 0]],
  ] as const) {
    it(`gives ${what}`, () => {
      assert.deepEqual(rankingOf([...dims], [...values], top), expected);
    });
  }

  it('keeps rows apart where there are fewer than asked for', () => {
    const values = [1, 2, 4, 3, 0, 9];
    assert.deepEqual(rankingOf([3, 2], values, 3), [1, 0, -1, 0, 1, -1, 1, 0, -1]);
  });

  for (const [dims, isFlat] of [
    [[1, 3], true],
    [[2, 3], true],
    [[3], true],
    [[1, 3, 1, 1], true],
    [[1, 4, 2], false],
    [[1, 1], false],
    [[5, 1], false],
  ] as const) {
    it(`${isFlat ? 'takes' : 'does not take'} ${dims.join('×')} for scores of classes`, () => {
      const list = new RankingList(2);
      const count = dims.reduce((a: number, b: number) => a * b, 1);
      list.add(0, { type: 'float32', dims: [...dims], values: new Float32Array(count) });
      assert.equal(list.result().isFlat, isFlat);
    });
  }

  it('agrees with a stable sort of many values', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 97);
    const expected = values
      .map((_, i) => i)
      .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    assert.deepEqual(rankingOf([1, 1000], values, 50), expected.slice(0, 50));
  });
});
