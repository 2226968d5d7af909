import assert from 'node:assert/strict';
import { messageOf, placesOf } from '../../kit/editorTexts.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { textsBeside } from '../../kit/textsBeside.ts';

const entries = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `unheard.${i}`,
    output_dtype: 'int8',
    y_scale: 1,
  }));

describe('large files of encodings in an editor', () => {
  const beside = textsBeside(() => smallMobileNet());
  const pathOf = (): string => beside.folder.at('net.encodings');

  it('are not read at every key, which is said with what reads them', async () => {
    const text = JSON.stringify({ version: '2.0.0', encodings: entries(3), note: 'x'.repeat(9e6) });
    const found = await beside.texts.open(pathOf(), text);
    assert.deepEqual(placesOf(found), [['too-large', 1, 1]]);
    assert.match(messageOf(found[0]), /Run: rangefinder encodings MODEL --check net\.encodings$/);
    assert.equal(await beside.texts.hover(pathOf(), text, 'unheard.1'), null);
    const after = await beside.texts.replace(pathOf(), text, 'x'.repeat(9e6), 'x');
    assert.ok(after.length > 2);
    assert.ok(!after.some(({ code }) => code === 'too-large'));
  });

  it('have as many problems as an editor lists, the gravest', async () => {
    const text = JSON.stringify({ version: '2.0.0', encodings: entries(1500) });
    const found = await beside.texts.open(pathOf(), text);
    assert.equal(found.length, 1000);
    const codes = found.map(({ code }) => code);
    assert.ok(codes.includes('other-model'));
    assert.ok(codes.every((code) => code === 'other-model' || code === 'unknown-tensor'));
  });
});
