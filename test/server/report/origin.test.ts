import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { htmlComparison } from '../../../server/report/htmlComparison.ts';
import { htmlReport } from '../../../server/report/htmlReport.ts';
import { comparisonJson } from '../../../server/report/comparisonData.ts';
import { jsonReport } from '../../../server/report/jsonReport.ts';
import { filesOf, localTime, originLine, originOf } from '../../../server/report/origin.ts';
import { noJob } from '../../../server/core/job.ts';
import { attribute, HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';
import { checkedReport } from '../../kit/reportSchema.ts';
import { comparisonInput } from './comparisonInputs.ts';
import { reportInput } from './reportInputs.ts';

const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
const hash = '0123456789abcdef'.repeat(4);

describe('which bytes a report is of', () => {
  let folder: ModelFolder;
  beforeEach(() => (folder = new ModelFolder()));
  afterEach(() => folder.remove());
  const state = { isUnsaved: false, isChangedOnDisk: false };

  it('is told by size and SHA-256 of each file, read whole, and of one that is gone by its name', async () => {
    const large = new Uint8Array(3_000_001).fill(7);
    const siblings = [folder.file(large, 'w.bin'), folder.at('gone.bin')];
    const path = folder.file(new TextEncoder().encode('abc'), 'net.onnx');
    const now = new Date('2026-11-22T09:03:12Z');
    const files = [...filesOf({ path, siblings }), ...filesOf({ path }, 'again')];
    assert.deepEqual(await originOf(files, state, noJob, now), {
      madeAt: localTime(now),
      files: [
        {
          name: 'net.onnx',
          role: 'model',
          sizeBytes: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
        {
          name: 'w.bin',
          role: 'weights',
          sizeBytes: large.length,
          sha256: createHash('sha256').update(large).digest('hex'),
        },
        { name: 'gone.bin', role: 'weights' },
      ],
      ...state,
    });
  });

  it('can be stopped between the pieces of a file', async () => {
    const path = folder.file(new Uint8Array(3_000_001), 'net.onnx');
    let pieces = 0;
    const job = {
      checkpoint: () => (++pieces === 2 ? Promise.reject(new Error('stopped')) : Promise.resolve()),
    };
    await assert.rejects(originOf(filesOf({ path }), state, job), /stopped/);
    assert.equal(pieces, 2);
  });

  it('is told with the day and the distance from UTC', () => {
    const at = new Date('2026-11-22T09:03:12Z');
    const told = localTime(at);
    assert.match(told, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    assert.equal(new Date(told).getTime(), at.getTime());
  });

  it('says what no file has, and that the file is another one by now', () => {
    const { origin } = reportInput();
    assert.equal(
      originLine({ ...origin!, isChangedOnDisk: true }),
      '2026-11-22 10:03:12 +01:00 · SHA-256 0123456789ab… · with changes not saved · the file has changed since it was opened',
    );
  });

  for (const [what, text] of [
    ['a report', htmlReport(reportInput())],
    ['a comparison', htmlComparison(comparisonInput())],
  ] as const) {
    it(`stands in the head of ${what}, and in full under its settings`, () => {
      const page = new HtmlPage(text);
      const [line] = page.all('p').filter((one) => attribute(one, 'class') === 'dim origin');
      assert.equal(
        words(textOf(line!)),
        '2026-11-22 10:03:12 +01:00 · SHA-256 0123456789ab… · with changes not saved · Rangefinder 1.2.3',
      );
      const values = page.all('dd').map((one) => words(textOf(one)));
      assert.ok(values.some((value) => value.endsWith(`2.0 kB, SHA-256 ${hash}`)));
      assert.ok(values.includes('w.bin, not there any more'));
      assert.ok(values.includes('2026-11-22 10:03:12 +01:00'));
    });
  }

  it('is in both as data', () => {
    const { origin } = reportInput();
    for (const text of [jsonReport(reportInput()), comparisonJson(comparisonInput())]) {
      assert.deepEqual(checkedReport<{ origin: object }>(text).origin, origin);
    }
  });
});
