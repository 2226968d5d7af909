import assert from 'node:assert/strict';
import { resizePicture } from '../../../../server/data/images/resize.ts';
import { greyPicture, pillow, rgbPicture } from '../../../kit/pictures.ts';

describe('resizePicture', () => {
  for (const { mode, filter, width, height, pixels } of pillow.resized) {
    it(`is Pillow's ${filter} of ${mode} to ${width}×${height}, to the bit`, () => {
      const picture = mode === 'L' ? greyPicture : rgbPicture;
      const made = resizePicture(picture, width, height, filter, true);
      assert.equal(made.width, width);
      assert.equal(made.height, height);
      assert.deepEqual(Buffer.from(made.pixels), Buffer.from(pixels, 'base64'));
    });
  }

  for (const { filter, width, height, pixels } of pillow.floating) {
    it(`is Pillow's ${filter} of floats to ${width}×${height}`, () => {
      const floats = Float32Array.from(greyPicture.pixels, (value) => Math.fround(value / 7));
      const made = resizePicture({ ...greyPicture, pixels: floats }, width, height, filter, true);
      const expected = new Float32Array(Uint8Array.from(Buffer.from(pixels, 'base64')).buffer);
      // Both sum in double and store float32: the last bit of values up to 37 may differ.
      const lastBit = 37 * 2 ** -23;
      for (const [at, value] of expected.entries()) {
        assert.ok(Math.abs((made.pixels[at] ?? NaN) - value) <= lastBit, `${at}: ${value}`);
      }
    });
  }

  it('takes the two nearest pixels only without antialias', () => {
    const row = {
      width: 8,
      height: 1,
      channels: 1,
      pixels: Uint8Array.of(0, 8, 0, 8, 80, 16, 0, 0),
    } as const;
    // Half-pixel centres of 2 over 8: 1.5 and 5.5 lie midway between 1 and 2, and between 5 and 6.
    assert.deepEqual(resizePicture(row, 2, 1, 'bilinear', false).pixels, Uint8Array.of(4, 8));
    // With it, a tent of 8 pixels about each centre, cut off at the edge: weights 5 7 7 5 3 1 of 28
    // for the first 6: (7*8 + 5*8 + 3*80 + 1*16) / 28 = 12.6.
    assert.equal(resizePicture(row, 2, 1, 'bilinear', true).pixels[0], 13);
  });
});
