import assert from 'node:assert/strict';
import {
  changeText,
  countText,
  decibelText,
  nounText,
  rangeText,
  timesText,
  withUnit,
} from '../../../../server/core/reports/words.ts';
import { quartilesOf } from '../../../../server/core/reports/quartiles.ts';

describe('words', () => {
  // panels.md, section 2
  const cases: readonly (readonly [string, string])[] = [
    [decibelText(22.72), '22.7'],
    [decibelText(-0.24), '−0.2'],
    [decibelText(-0.04), '0.0'],
    [decibelText(Infinity), 'exact'],
    [decibelText(NaN), '–'],
    [withUnit(31.24), '31.2 dB'],
    [withUnit(Infinity), 'exact'],
    [changeText(27.46, 31), '27.5 → 31.0 dB'],
    [changeText(34.61, 34.64), '34.6 dB, no gain'],
    [changeText(27.46, Infinity), '27.5 dB → exact'],
    [changeText(Infinity, Infinity), 'exact'],
    [timesText(9.44), '9.4×'],
    [timesText(170.6), '171×'],
    [timesText(12345.6), '12,346×'],
    [rangeText(0), '0'],
    [rangeText(0.5373), '0.537'],
    [rangeText(-68.25), '−68.3'],
    [rangeText(1242), '1,240'],
    [rangeText(-999.7), '−1,000'],
    [rangeText(0.0000012), '1.2e−6'],
    [rangeText(3e15), '3.0e15'],
    [countText(1234567), '1,234,567'],
    [nounText(1, 'layer'), '1 layer'],
    [nounText(1024, 'layer'), '1,024 layers'],
    [nounText(2, 'layer loses', 'layers lose'), '2 layers lose'],
  ];
  for (const [made, expected] of cases) {
    it(expected, () => assert.equal(made, expected));
  }
});

describe('quartilesOf', () => {
  it('interpolates between neighbours', () => {
    // of four values the quartiles lie at places 0.75, 1.5 and 2.25
    assert.deepEqual(quartilesOf([4, 1, 3, 2]), {
      min: 1,
      q1: 1.75,
      median: 2.5,
      q3: 3.25,
      max: 4,
    });
  });

  it('takes one value for all, and nothing for zeros', () => {
    assert.deepEqual(quartilesOf([7]), { min: 7, q1: 7, median: 7, q3: 7, max: 7 });
    assert.deepEqual(quartilesOf([]), { min: 0, q1: 0, median: 0, q3: 0, max: 0 });
  });
});
