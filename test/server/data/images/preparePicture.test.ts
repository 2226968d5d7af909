import assert from 'node:assert/strict';
import {
  fitPicture,
  pictureValues,
  type SizedPreprocessing,
} from '../../../../server/data/images/preparePicture.ts';
import { parsePreprocessing } from '../../../../server/data/parsePreprocessing.ts';
import { BadImage, toGrey } from '../../../../server/data/images/picture.ts';
import { greyPicture, pillow, rgbPicture } from '../../../kit/pictures.ts';

const read = (fields: object): SizedPreprocessing =>
  parsePreprocessing(fields) as SizedPreprocessing;

describe('fitPicture', () => {
  for (const { preprocess, rgb } of pillow.fitted) {
    it(`fits by ${JSON.stringify(preprocess)} as Pillow does`, () => {
      const made = fitPicture(rgbPicture, read(preprocess));
      assert.deepEqual(Buffer.from(made.pixels), Buffer.from(rgb, 'base64'));
    });
  }

  it('makes grey by the luma that Pillow takes', () => {
    assert.deepEqual(toGrey(rgbPicture).pixels, greyPicture.pixels);
  });

  it('cuts out the middle fraction', () => {
    // 23 x 17 by 0.5: 12 x 9 (half up), from (5.5 -> 6, 4).
    const made = fitPicture(
      rgbPicture,
      read({ size: [9, 12], resize: 'none', crop: { fraction: 0.5 } }),
    );
    assert.deepEqual([made.width, made.height], [12, 9]);
    assert.equal(made.pixels[0], rgbPicture.pixels[(4 * 23 + 6) * 3]);
  });

  it('covers the size where no shorter side is given', () => {
    const made = fitPicture(rgbPicture, read({ size: [30, 30], resize: 'crop' }));
    assert.deepEqual([made.width, made.height], [30, 30]);
  });

  it('says which sizes do not go together', () => {
    const none = read({ size: [10, 10], resize: 'none' });
    assert.throws(() => fitPicture(rgbPicture, none), /23×17 pixels, and the network takes 10×10/);
    const outside = read({ size: 5, crop: { left: 20, top: 0, width: 5, height: 5 } });
    assert.throws(() => fitPicture(rgbPicture, outside), BadImage);
  });
});

describe('pictureValues', () => {
  // Two pixels: (0, 51, 255) and (102, 153, 204).
  const picture = {
    width: 2,
    height: 1,
    channels: 3,
    pixels: Uint8Array.of(0, 51, 255, 102, 153, 204),
  } as const;
  const fields = { scale: 1 / 255, mean: [0.2, 0.4, 0.6], std: [0.5, 1, 2] };
  const rounded = (list: ArrayLike<number>): number[] =>
    Array.from(list, (v) => Number(v.toFixed(6)));

  it('takes off the mean and divides, channel by channel, channels first', () => {
    const values = pictureValues(picture, parsePreprocessing(fields), 'float32');
    // (0 - 0.2) / 0.5, (0.4 - 0.2) / 0.5; 0.2 - 0.4, 0.6 - 0.4; (1 - 0.6) / 2, (0.8 - 0.6) / 2
    assert.deepEqual(rounded(values as Float32Array), [-0.4, 0.4, -0.2, 0.2, 0.2, 0.1]);
  });

  it('lays channels last, blue first, mean and std in that order', () => {
    const wish = parsePreprocessing({ ...fields, layout: 'NHWC', colour: 'BGR' });
    const values = pictureValues(picture, wish, 'float32');
    // Blue: (1 - 0.2) / 0.5; green: 0.2 - 0.4; red: (0 - 0.6) / 2; then 0.8, 0.6, 0.4.
    assert.deepEqual(rounded(values as Float32Array), [1.6, -0.2, -0.3, 1.2, 0.2, -0.1]);
  });
});
