import assert from 'node:assert/strict';
import { movedBy, rowsInSight, scrolledTo } from '../../../webview/kit/rowWindow.ts';

describe('rows in sight', () => {
  it('draws what is seen and eight rows more on each side', () => {
    assert.deepEqual(rowsInSight(2400, 480, 10_000), { first: 92, last: 128 });
  });
  it('ends with the rows', () => {
    assert.deepEqual(rowsInSight(0, 480, 5), { first: 0, last: 5 });
    assert.deepEqual(rowsInSight(0, 480, 0), { first: 0, last: 0 });
    assert.deepEqual(rowsInSight(240_000, 480, 5), { first: 5, last: 5 });
  });
  it('scrolls no more than it must', () => {
    assert.equal(scrolledTo(10, 0, 480), 0);
    assert.equal(scrolledTo(20, 0, 480), 24);
    assert.equal(scrolledTo(10, 480, 480), 240);
  });
  it('keys move within the rows', () => {
    const cases = [
      ['ArrowDown', 5, 6],
      ['ArrowUp', 0, 0],
      ['PageDown', 0, 19],
      ['PageUp', 30, 11],
      ['End', 3, 99],
      ['Home', 3, 0],
    ] as const;
    for (const [key, from, to] of cases) assert.equal(movedBy(key, from, 100, 480), to, key);
    assert.equal(movedBy('x', 5, 100, 480), undefined);
    assert.equal(movedBy('ArrowDown', 99, 100, 480), 99);
  });
});
