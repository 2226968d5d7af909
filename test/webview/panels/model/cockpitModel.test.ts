import assert from 'node:assert/strict';
import type { CockpitSet, CockpitState, Strip } from '../../../../server/protocol/cockpit.ts';
import {
  aloneInWords,
  channelName,
  estimateInWords,
  keptPin,
  nowInWords,
  pinnedAt,
  readChannel,
  readingInWords,
  setKey,
  stripExtremes,
  stripsFoot,
} from '../../../../webview/panels/model/cockpitModel.ts';
import { reasonOf } from '../../../../webview/panels/model/tabs/graphModel.ts';
import { measuredModel } from '../../fixtureData.ts';
import { estimatedModel, openedModel } from '../../fixtures.ts';
import { cockpitFor } from '../../fixtureStates.ts';
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

  it('says what is estimated of it where there are no samples', () => {
    const [row] = estimatedModel().layers;
    assert.ok(row);
    const now = { ...row.now, estimated: -1.8 };
    const said = (more: object): string =>
      estimateInWords({ ...row, now, ...more })
        .map(({ text }) => text)
        .join('');
    assert.equal(said({}), ' Its output with only its weights rounded keeps about −1.8 dB.');
    assert.match(said({ before: { ...now, estimated: 3 } }), /about −1\.8 dB, kept 3\.0 dB\.$/);
    assert.match(reasonOf({ ...row, now }), /the median\. Alone about −1\.8 dB\.$/);
    const measured = measuredModel(true).layers.find(({ data }) => data !== undefined);
    assert.deepEqual(estimateInWords({ ...measured!, now }), []);
    assert.deepEqual(estimateInWords(openedModel().layers[0]!), []);
  });
});

describe('codes of findings in a cell', () => {
  it('names the first and counts the others', () => {
    assert.equal(codesInShort([]), '');
    assert.equal(codesInShort(['uneven-channels']), 'uneven-channels');
    assert.equal(codesInShort(['uneven-channels', 'dead-channels', 'x']), 'uneven-channels +2');
  });
});

describe('channels and strips of the cockpit', () => {
  const strips: CockpitState['sets'][number]['strips'] = [
    {
      kind: 'range',
      layer: 1,
      name: 'a',
      role: 'makes',
      now: [0.9, 0.002, 0],
      before: [4.26, 0.1, 0],
      halfStep: 0.01,
      dead: [2],
    },
    { kind: 'factor', name: 'scale factor 1', factor: [0.0686, 1.06, 1], isApplied: true },
  ] satisfies Strip[];
  it('reads one channel in all strips', () => {
    assert.deepEqual(readChannel(strips, 0), ['4.26 → 0.900', '0.0686×']);
    assert.deepEqual(readChannel(strips, 1), ['0.100 → 0.00200, rounds to 0', '1.06×']);
    assert.deepEqual(readChannel(strips, 2), ['dead', '1.00×']);
    assert.equal(readingInWords(strips, 2), 'a dead, scale factor 1 1.00×');
  });
  it('else says the extremes', () => {
    assert.deepEqual(stripExtremes(strips), [
      'makes them · widest 4.26 → 0.900',
      '0.0686× … 1.06×',
    ]);
  });
  it('says how many channels, and when four share a bar', () => {
    const set = (channels: number, isBinned: boolean): CockpitSet => ({
      ...{ title: 'Set 1', strips, channels, isBinned },
    });
    assert.equal(stripsFoot(set(256, false), false), '256 channels, widest first');
    assert.equal(stripsFoot(set(2002, true), true), '2,002 channels in bins of 4, by index');
    assert.equal(channelName(17, set(256, false)), 'channel 17');
    assert.equal(channelName(17, set(2002, true)), 'channels 68–71');
    assert.equal(channelName(500, set(2002, true)), 'channels 2000–2001');
    assert.equal(channelName(500, set(2001, true)), 'channel 2000');
  });
  it('says how many inputs hold a channel', () => {
    const [first] = strips;
    assert.ok(first?.kind === 'range');
    const reads = [{ ...first, role: 'reads' as const, inputsEach: 16 }];
    assert.deepEqual(stripExtremes(reads), ['reads them, 16 inputs each · widest 4.26 → 0.900']);
  });
  it('keeps a pin at its channel in any order, and drops it with its set', () => {
    const set: CockpitSet = { title: 'Set 1', strips, channels: 3, isBinned: false };
    const pin = { channel: 1, set: setKey(set) };
    assert.equal(pinnedAt(pin, set, [0, 1, 2]), 1);
    assert.equal(pinnedAt(pin, set, [1, 2, 0]), 0);
    // the sets are numbered anew as others come and go
    assert.equal(pinnedAt(pin, { ...set, title: 'Set 2' }, [1, 2, 0]), 0);
    const [first] = strips;
    assert.ok(first?.kind === 'range');
    const other: CockpitSet = { ...set, strips: [...strips, { ...first, layer: 9 }] };
    assert.equal(pinnedAt(pin, other, [0, 1, 2]), undefined);
    const cockpit = cockpitFor(25, 3, true);
    assert.equal(keptPin(pin, { ...cockpit, sets: [other, set] }), pin);
    assert.equal(keptPin(pin, { ...cockpit, sets: [other] }), undefined);
  });
});
