import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';
import { htmlComparison } from '../../../server/report/htmlComparison.ts';
import { htmlReport } from '../../../server/report/htmlReport.ts';
import { addAxe, colourViolations, violations } from '../../webview/a11y/axe.ts';
import { chromiumPath } from '../../webview/harness.ts';
import { comparisonInput } from './comparisonInputs.ts';
import { reportInput } from './reportInputs.ts';

const sizes = [
  { width: 1400, height: 900 },
  { width: 480, height: 800 },
] as const;

const pages = [
  ['the report', htmlReport(reportInput())],
  ['the comparison', htmlComparison(comparisonInput())],
] as const;

for (const [name, text] of pages) {
  describe(`${name} in a browser`, () => inBrowser(text));
}

function inBrowser(text: string): void {
  let browser: Browser;
  let page: Page;
  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    page = await browser.newPage();
    await page.setContent(text);
    await addAxe(page);
  });
  after(async () => browser?.close());

  for (const size of sizes) {
    it(`is accessible, light and dark, at ${size.width} px`, async () => {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: 'light' });
      assert.deepEqual(await violations(page), [], 'light');
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.deepEqual(await colourViolations(page), [], 'dark');
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.notEqual(paper, light, 'there are two looks');
    });

    it(`does not spill over at ${size.width} px`, async () => {
      await page.setViewportSize(size);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(over <= 0, `${over} px`);
    });
  }
}
