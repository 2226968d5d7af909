import assert from 'node:assert/strict';
import { nowInWords } from '../../../../webview/panels/model/cockpitModel.ts';
import { codesInShort } from '../../../../webview/panels/model/layersModel.ts';

describe('what the cockpit says of now', () => {
  const now = [
    { text: 'Now: spread 2.5×, weights ' },
    { text: '37.0 dB', tone: 'strong' },
  ] as const;

  it('says what would be while that is only a preview', () => {
    assert.deepEqual(nowInWords(now, true), [{ text: 'Would be: spread 2.5×, weights ' }, now[1]]);
    assert.equal(nowInWords(now, false), now);
    assert.deepEqual(nowInWords([], true), []);
  });
});

describe('codes of findings in a cell', () => {
  it('names the first and counts the others', () => {
    assert.equal(codesInShort([]), '');
    assert.equal(codesInShort(['uneven-channels']), 'uneven-channels');
    assert.equal(codesInShort(['uneven-channels', 'dead-channels', 'x']), 'uneven-channels +2');
  });
});
