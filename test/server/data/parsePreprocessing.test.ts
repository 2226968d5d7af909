import assert from 'node:assert/strict';
import { parsePreprocessing } from '../../../server/data/parsePreprocessing.ts';
import { defaultPreprocessing, preprocessingText } from '../../../server/data/preprocessing.ts';
import { BadData } from '../../../server/data/samples.ts';

describe('parsePreprocessing', () => {
  it('fills in what is left out', () => {
    assert.deepEqual(parsePreprocessing({}), defaultPreprocessing);
    assert.deepEqual(parsePreprocessing({ size: 96 }).size, [96, 96]);
    const base = { ...defaultPreprocessing, layout: 'NHWC', scale: 2 } as const;
    assert.deepEqual(parsePreprocessing({ scale: 3 }, base), { ...base, scale: 3 });
  });

  const bad: readonly (readonly [given: unknown, says: RegExp])[] = [
    [[], /Preprocessing is \[\], not an object/],
    [{ sizes: 3 }, /no field "sizes"/],
    [{ size: [224] }, /"size" .* not \[height, width\]/],
    [{ size: [224, 0] }, /"size"/],
    [{ size: [224.5, 3] }, /"size"/],
    [{ resize: 'stretch' }, /"stretch", not one of exact, crop, letterbox, none/],
    [{ colour: 'rgb' }, /not one of RGB, BGR, grey/],
    [{ layout: 'CHW' }, /not one of NCHW, NHWC/],
    [{ mean: '0.5' }, /"mean" .* "0.5", not a number/],
    [{ mean: [0.5, 0.5] }, /"mean" has 2 numbers, and RGB has 3 channels/],
    [{ colour: 'grey', std: [1, 2, 3] }, /"std" has 3 numbers, and grey has 1 channels/],
    [{ std: [1, 0, 1] }, /"std" .* different from 0/],
    [{ scale: null }, /"scale" .* null, not a number/],
    [{ crop: { fraction: 1.5 } }, /"crop"/],
    [{ crop: { left: 0, top: 0, width: 3 } }, /"crop"/],
    [{ shorterSide: 256 }, /"shorterSide" goes with "resize": "crop"/],
    [{ resize: 'crop', size: 224, shorterSide: 200 }, /200, smaller than the 224/],
    [{ antialias: 'yes' }, /"antialias" .* not true or false/],
    [{ fill: 300 }, /"fill" .* 0 to 255/],
    [{ type: 'float8' }, /"type" .* not one of float32/],
  ];
  for (const [given, says] of bad) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(
        () => parsePreprocessing(given),
        (thrown) => thrown instanceof BadData && says.test(thrown.message),
      );
    });
  }

  it('is told in words', () => {
    const given = { size: [224, 224], resize: 'crop', shorterSide: 256, scale: 1 / 255, mean: 0.5 };
    assert.equal(
      preprocessingText(parsePreprocessing(given)),
      'shorter side to 256 (bilinear), middle 224×224, RGB, NCHW, pixels × 0.003922 − 0.5',
    );
  });
});
