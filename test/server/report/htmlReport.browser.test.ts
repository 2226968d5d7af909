import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { htmlReport } from '../../../server/report/htmlReport.ts';
import { addAxe, violations } from '../../webview/a11y/axe.ts';
import { chromiumPath } from '../../webview/harness.ts';
import { reportInput } from './reportInputs.ts';

describe('a report in a browser', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-report-'));
  const path = join(folder, 'net.report.html');
  let browser: Browser;

  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    const [first, ...others] = reportInput().layers;
    const many = Array.from({ length: 40 }, (_, id) => ({
      ...first!,
      id: 10 + id,
      name: `model/block${id}/a-very-long-name-of-a-layer/depthwise_convolution`,
    }));
    const issues = [{ code: 'note', severity: 'info', message: 'Something was dropped.' }];
    const input = reportInput({ layers: [first!, ...others, ...many], issues });
    writeFileSync(path, htmlReport(input));
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (
    width: number,
    colorScheme: 'light' | 'dark',
    javaScriptEnabled = true,
  ): Promise<Page> => {
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      colorScheme,
      javaScriptEnabled,
    });
    await page.goto(pathToFileURL(path).toString());
    return page;
  };

  for (const scheme of ['light', 'dark'] as const) {
    it(`can be read by everybody, ${scheme}`, async () => {
      const page = await open(1280, scheme);
      await addAxe(page);
      assert.deepEqual(await violations(page), []);
      await page.close();
    });
  }

  it('is as the reader has it, light or dark, and always light on paper', async () => {
    const paper = (page: Page): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await open(800, 'light');
    const dark = await open(800, 'dark');
    assert.equal(await paper(light), 'rgb(255, 255, 255)');
    assert.notEqual(await paper(dark), await paper(light));
    await dark.emulateMedia({ media: 'print' });
    assert.equal(await paper(dark), 'rgb(255, 255, 255)');
    assert.equal(await dark.locator('nav').isVisible(), false);
    await light.close();
    await dark.close();
  });

  for (const width of [380, 1280]) {
    it(`keeps within ${width} pixels, without scripts`, async () => {
      const page = await open(width, 'light', false);
      assert.match(await page.innerText('body'), /Layers, worst first/);
      await page.close();
      const measured = await open(width, 'light');
      const wide = await measured.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels`);
      await measured.close();
    });
  }

  it('prints without cutting the table off', async () => {
    const page = await open(1280, 'light');
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    await page.emulateMedia({ media: 'print' });
    // A4 within the margins of the page, at 96 pixels an inch.
    await page.setViewportSize({ width: Math.floor(((210 - 28) / 25.4) * 96), height: 900 });
    const cut = await page.evaluate(() =>
      Array.from(document.querySelectorAll('table'))
        .map((table) => table.getBoundingClientRect().right)
        .filter((right) => right > innerWidth),
    );
    assert.deepEqual(cut, []);
    await page.close();
  });
});
