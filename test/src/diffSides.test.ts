import assert from 'node:assert/strict';
import { URI } from 'vscode-uri';
import { diffSidesOf } from '../../src/diffSides.ts';

describe('the sides of a diff of two models', () => {
  const [old, now] = [URI.file('/nets/old.onnx'), URI.file('/nets/now.onnx')];
  /** What is found, whichever of the two was opened first. */
  const found = (first: URI, second: URI, label: string, primary?: URI): unknown[] =>
    [
      [first, second],
      [second, first],
    ].map((seen) => {
      const sides = diffSidesOf(seen, label, primary);
      return sides && [sides.original.path, sides.modified.path, sides.isGuess ?? false];
    });
  const both = (...sides: readonly [string, string, boolean]): unknown[] => [sides, sides];

  it('are told by the one that the menus are about, before all else', () => {
    const expected = both('/nets/now.onnx', '/nets/old.onnx', false);
    assert.deepEqual(found(old, now, 'old.onnx ↔ now.onnx', old), expected);
  });

  it('are told by the one that is on disk', () => {
    const past = now.with({ scheme: 'git', path: '/nets/past.onnx' });
    const expected = both('/nets/past.onnx', '/nets/now.onnx', false);
    assert.deepEqual(found(past, now, 'now.onnx (Working Tree)'), expected);
  });

  it('are told by the label of the tab, not by which was opened first', () => {
    const expected = both('/nets/old.onnx', '/nets/now.onnx', false);
    assert.deepEqual(found(old, now, 'old.onnx ↔ now.onnx'), expected);
    assert.deepEqual(found(now, old, 'old.onnx ↔ now.onnx'), expected);
  });

  it('are a guess where the label says nothing', () => {
    const twin = URI.file('/other/old.onnx');
    for (const [first, second, label] of [
      [old, twin, 'old.onnx ↔ old.onnx'],
      [old, now, 'Two models'],
    ] as const) {
      const isGuess = diffSidesOf([first, second], label)?.isGuess;
      assert.equal(isGuess, true, label);
    }
  });

  it('are none where there are not two', () => {
    assert.equal(diffSidesOf([old], 'old.onnx'), undefined);
    assert.equal(diffSidesOf([], ''), undefined);
  });
});
