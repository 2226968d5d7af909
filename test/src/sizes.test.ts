import assert from 'node:assert/strict';
import { bytesText as inServer } from '../../server/core/reports/words.ts';
import { bytesText as inHost } from '../../src/report.ts';
import { bytes as inPage } from '../../webview/kit/numbers.ts';

describe('sizes of files', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [147_600, '147.6 kB'],
    [1_920_000, '1.92 MB'],
    [3.5e9, '3.50 GB'],
  ];
  for (const [size, text] of cases) {
    it(`are ${text} in reports, in the editor and on the page`, () => {
      for (const write of [inServer, inHost, inPage]) assert.equal(write(size), text);
    });
  }
});
