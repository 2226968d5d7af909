import assert from 'node:assert/strict';
import {
  bytes,
  count,
  decibels,
  percent,
  plural,
  range,
  times,
} from '../../../webview/kit/numbers.ts';

/** Expected texts are those of panels.md, section 2. */
describe('numbers', () => {
  const cases: readonly (readonly [what: string, made: string, wanted: string])[] = [
    ['decibels have one decimal', decibels(14.25), '14.3'],
    ['a negative has a true minus', decibels(-0.2), '−0.2'],
    ['no negative zero', decibels(-0.04), '0.0'],
    ['infinite SQNR is exact', decibels('inf'), 'exact'],
    ['not measured is a dash', decibels('nan'), '–'],
    ['absent is a dash', decibels(undefined), '–'],
    ['three significant digits', range(0.0686), '0.0686'],
    ['trailing zeros stay', range(11), '11.0'],
    ['thousands in full', range(1242), '1,240'],
    ['rounded up to thousands', range(-999.7), '−1,000'],
    ['just at the border', range(0.001), '0.00100'],
    ['below it as a power', range(0.0000012), '1.2e−6'],
    ['negative small', range(-0.0000012), '−1.2e−6'],
    ['large as a power', range(123_456), '1.2e5'],
    ['zero', range(0), '0'],
    ['times with a decimal', times(9.42), '9.4×'],
    ['times without from 100 on', times(171.3), '171×'],
    ['times with a comma', times(1234.5), '1,235×'],
    ['times of an infinite spread', times('inf'), '∞'],
    ['a share', percent(0.132), '13.2 %'],
    ['no share is not negative', percent(-0.00001), '0.0 %'],
    ['a count', count(475_546), '475,546'],
    ['kilobytes', bytes(47_600), '47.6 kB'],
    ['megabytes', bytes(1_920_000), '1.92 MB'],
    ['gigabytes', bytes(2_200_000_000), '2.20 GB'],
    ['one', plural(1, 'layer'), '1 layer'],
    ['many', plural(1200, 'layer'), '1,200 layers'],
  ];
  for (const [what, made, wanted] of cases)
    it(`${what}: ${wanted}`, () => assert.equal(made, wanted));
});
