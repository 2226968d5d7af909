import assert from 'node:assert/strict';
import { previewSample } from '../../../server/data/previewSample.ts';
import { elementBytes, npyBytes } from '../../kit/npy.ts';
import { pictureFile, pillow } from '../../kit/pictures.ts';
import { input, opened, SampleFolder } from '../../kit/samples.ts';

describe('previewSample', () => {
  const folder = new SampleFolder();
  const rgb = [...Buffer.from(pillow.rgb, 'base64')];

  it('shows a picture as it was, whatever was done to its values', async () => {
    folder.write('cat/a.png', pictureFile('rgb.png'));
    folder.write('dog/b.png', pictureFile('grey.png'));
    const preprocess = {
      size: [17, 23],
      resize: 'none',
      colour: 'BGR',
      scale: 1 / 255,
      mean: [0.4, 0.5, 0.6],
      std: 0.2,
    };
    const samples = await opened(folder.path, [input('x', [1, 3, 17, 23])], { preprocess });
    const shown = await previewSample(samples, 0);
    assert.deepEqual([shown.name, shown.label, shown.className], ['cat/a.png', 0, 'cat']);
    assert.deepEqual([shown.thumbnail?.width, shown.thumbnail?.height], [23, 17]);
    const rgba = [...Buffer.from(shown.thumbnail?.rgba ?? '', 'base64')];
    assert.deepEqual(
      rgba.filter((_, at) => at % 4 !== 3),
      rgb,
    );
    assert.ok(rgba.every((value, at) => at % 4 !== 3 || value === 255));
    const blue = rgb.filter((_, at) => at % 3 === 2);
    const mean = (blue.reduce((a, b) => a + b) / blue.length / 255 - 0.4) / 0.2;
    // float32 values of up to 3, summed in double.
    const rounding = 3 * 2 ** -23;
    assert.ok(Math.abs((shown.channels[0]?.mean ?? NaN) - mean) < rounding);
    assert.ok(
      Math.abs((shown.channels[0]?.max ?? NaN) - (Math.max(...blue) / 255 - 0.4) / 0.2) < rounding,
    );
    const small = await previewSample(samples, 0, 'x', 10);
    assert.deepEqual([small.thumbnail?.width, small.thumbnail?.height], [10, 7]);
  });

  it('stretches an array of pictures, and only sums up other arrays', async () => {
    const values = elementBytes(Float32Array.of(-1, 0, 1, 3));
    const path = folder.write('a.npy', npyBytes('<f4', [1, 1, 2, 2], values));
    const shown = await previewSample(await opened(path, [input('x', [1, 1, 2, 2])]), 0);
    assert.equal(shown.name, '#0');
    const rgba = [...Buffer.from(shown.thumbnail?.rgba ?? '', 'base64')];
    // (value + 1) / 4 of 255: 0, 63.75, 127.5, 255.
    assert.deepEqual(
      rgba.filter((_, at) => at % 4 === 0),
      [0, 64, 128, 255],
    );
    assert.deepEqual(shown.channels, [{ min: -1, max: 3, mean: 0.75 }]);
    const row = folder.write('b.npy', npyBytes('<f4', [1, 4], values));
    const flat = await previewSample(await opened(row, [input('x', [1, 4])]), 0);
    assert.equal(flat.thumbnail, undefined);
    assert.deepEqual(flat.channels, [{ min: -1, max: 3, mean: 0.75 }]);
  });
});
