import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { decodeImage } from '../../../../server/data/images/decodeImage.ts';
import { BadImage, toColour } from '../../../../server/data/images/picture.ts';
import { pictureFile, pillow, png } from '../../../kit/pictures.ts';

describe('decodeImage', () => {
  for (const [name, expected] of Object.entries(pillow.decoded)) {
    it(`gives the pixels that Pillow gives of ${name}`, async () => {
      const picture = toColour(await decodeImage(pictureFile(name)));
      assert.equal(picture.width, expected.width);
      assert.equal(picture.height, expected.height);
      assert.deepEqual(Buffer.from(picture.pixels), Buffer.from(expected.rgb, 'base64'));
    });
  }

  const bad: readonly (readonly [name: string, bytes: () => Uint8Array, says: RegExp])[] = [
    ['an empty file', () => new Uint8Array(0), /^is empty$/],
    ['text', () => Buffer.from('label,file\n'), /no JPEG, PNG, BMP or WebP/],
    ['a JPEG that is cut off', () => pictureFile('cut.jpg'), /Premature end/],
    ['a PNG that is cut off', () => pictureFile('cut.png'), /cannot be decoded/],
    ['a WebP that is cut off', () => pictureFile('cut.webp'), /cannot be decoded/],
    ['a CMYK JPEG', () => pictureFile('cmyk.jpg'), /is a CMYK JPEG; save it as RGB/],
    [
      'a JPEG of two bytes more than its mark',
      () => Uint8Array.of(255, 216, 255, 224),
      /frame header/,
    ],
    ['a PNG of 100,000 x 100,000', () => png(100_000, 100_000), /100000×100000 pixels, more than/],
    ['a PNG without pixels', () => png(0, 5), /is 0×5 pixels/],
    ['a BMP header', () => Buffer.from('BM12345678901234567890123456'), /header is cut off/],
    ['a BMP that is cut off', () => pictureFile('rgb.bmp').subarray(0, 600), /pixels are cut off/],
  ];
  for (const [name, bytes, says] of bad) {
    it(`says what is wrong with ${name}`, async () => {
      await assert.rejects(decodeImage(bytes()), (thrown) => {
        assert.ok(thrown instanceof BadImage, String(thrown));
        assert.match(thrown.message, says);
        return true;
      });
    });
  }

  it('goes on with the next picture after a damaged one', async () => {
    await assert.rejects(decodeImage(pictureFile('cut.jpg')));
    const picture = await decodeImage(pictureFile('baseline.jpg'));
    const expected = pillow.decoded['baseline.jpg']?.rgb ?? '';
    assert.deepEqual(Buffer.from(picture.pixels), Buffer.from(expected, 'base64'));
  });

  it('refuses a PNG in which one byte was changed', async () => {
    const bytes = Uint8Array.from(readFileSync('test/fixtures/pictures/rgb.png'));
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await assert.rejects(decodeImage(bytes), BadImage);
  });
});
