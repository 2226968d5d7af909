import assert from 'node:assert/strict';
import { measuredModel } from '../../fixtureData.ts';
import { aloneInWords, nowInWords } from '../../../../webview/panels/model/cockpitModel.ts';
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

  it('says what the outputs keep with only the layer quantized, where that was measured twice', () => {
    const row = measuredModel(true).layers.find(({ data }) => data?.before?.alone !== undefined);
    assert.ok(row?.data);
    const { now: is, before: was } = row.data;
    const measured = {
      data: { ...row.data, now: { ...is, alone: 36.96 }, before: { ...was!, alone: 6.6 } },
    };
    const textOf = (judged: 'logits' | 'outputs'): string =>
      aloneInWords(measured, judged)
        .map(({ text }) => text)
        .join('');
    assert.equal(
      textOf('outputs'),
      ' Outputs with only this layer quantized 37.0 dB, were 6.6 dB.',
    );
    assert.equal(textOf('logits'), ' Logits with only this layer quantized 37.0 dB, were 6.6 dB.');
    assert.deepEqual(aloneInWords({}, 'logits'), []);
  });
});

describe('codes of findings in a cell', () => {
  it('names the first and counts the others', () => {
    assert.equal(codesInShort([]), '');
    assert.equal(codesInShort(['uneven-channels']), 'uneven-channels');
    assert.equal(codesInShort(['uneven-channels', 'dead-channels', 'x']), 'uneven-channels +2');
  });
});
