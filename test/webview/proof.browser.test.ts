import assert from 'node:assert/strict';
import { measuredModel } from './fixtureData.ts';
import { recordedModel } from './fixtureRecord.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';

describe('the Proof tab', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (width: number): Promise<void> => {
    panel = await panels.open({ width, height: 1000, theme: 'dark' });
    await panel.send({ type: 'state', state: measuredModel(true), isDirty: true });
    await panel.send({ type: 'showTab', tab: 'proof' });
  };
  const heads = (table: string): Promise<string[]> =>
    panel.page.locator(`[role=table][aria-label="${table}"] [role=columnheader]`).allInnerTexts();

  for (const [width, ticks] of [
    [820, '0 50 100 %'],
    [1020, '0 20 40 60 80 100 %'],
    [1180, '0 20 40 60 80 100 %'],
    [1240, '0 20 40 60 80 100 %'],
    [1400, '0 20 40 60 80 100 %'],
  ] as const) {
    it(`has the chart and every column at ${width} px, and nothing runs out of the page`, async () => {
      await open(width);
      assert.deepEqual(
        (await heads('States')).map((text) => text.replace(/\s+/g, ' ')),
        [
          'State',
          ticks,
          'Top-1',
          '95 % interval',
          'Top-5',
          'Agrees with float',
          'Logits SQNR, dB',
          'Output SQNR, dB',
        ],
      );
      assert.equal(await panel.page.locator('.report.states [role=row] svg[role=img]').count(), 6);
      const tooWide = await panel.page.evaluate(() => {
        const pane = document.querySelector('.pane');
        const cells = [...document.querySelectorAll('.report.states [role=row] > *')];
        return [
          (pane?.scrollWidth ?? 0) > (pane?.clientWidth ?? 0),
          ...cells
            .filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
            .map((cell) => cell.textContent.trim()),
        ];
      });
      assert.deepEqual(tooWide, [false]);
    });
  }

  it('keeps the logits where it is narrow, under the names that they have elsewhere', async () => {
    await open(480);
    assert.deepEqual(await heads('States'), [
      'State',
      'Top-1',
      '95 % interval',
      'Logits SQNR, dB',
      'Output SQNR, dB',
    ]);
    assert.ok((await heads('Steps of the repair')).includes('Logits SQNR, dB'));
    assert.equal(
      await panel.page.evaluate(() => {
        const pane = document.querySelector('.pane');
        return (pane?.scrollWidth ?? 0) > (pane?.clientWidth ?? 0);
      }),
      false,
    );
  });

  it('says which figures are with Correct, and folds the numbers of the samples away', async () => {
    await open(1400);
    const rows = panel.page.locator('[aria-label="Steps of the repair"] [role=row]');
    assert.match(await rows.nth(2).innerText(), /0\.1\s*→\s*14\.2\s+with Correct/);
    assert.doesNotMatch(await rows.nth(4).innerText(), /with Correct/);
    const list = panel.page.locator('.measured-with details');
    assert.match(await panel.page.locator('.measured-with').innerText(), /split as chosen/);
    assert.doesNotMatch(await list.innerText(), /judge/);
    await list.locator('summary').click();
    assert.match(await list.innerText(), /calibrate 0–11; correct 12–23; judge 24–63; no overlap/);
  });

  for (const width of [480, 1400]) {
    it(`shows what a file says was done to it as that, and leads to a measurement, at ${width} px`, async () => {
      panel = await panels.open({ width, height: 1000, theme: 'dark' });
      const state = recordedModel();
      const [change] = state.record?.changes ?? [];
      const record = {
        ...state.record!,
        changes: [{ ...change!, label: '<img src=x onerror=alert(1)>' }, ...state.record!.changes],
      };
      await panel.send({ type: 'state', state: { ...state, record }, isDirty: false });
      await panel.send({ type: 'showTab', tab: 'proof' });
      const { page } = panel;
      assert.deepEqual(await page.locator('.pane h2').allInnerTexts(), [
        'Recorded in the file, not measured now',
        'Recorded repair report',
        'Recorded proof of each step',
      ]);
      assert.equal(await page.locator('.pane img').count(), 0);
      const items = await page.locator('ol.recorded li').allInnerTexts();
      assert.equal(
        items[0],
        '<img src=x onerror=alert(1)> for W8 A8 · per tensor · strict, on imagenet-a · 12 + 12 + 40, labelled',
      );
      assert.equal(items.length, 4);
      const steps = page.locator('[aria-label="Recorded proofs"] [role=row]');
      assert.equal(await steps.count(), 1 + record.proofs.length);
      await page.click('button:text-is("Compare with file…")');
      await page.click('button:text-is("Compare with last commit")');
      const asked = (await panel.posted()).filter(({ type }) => type === 'command');
      assert.deepEqual(
        asked.map((message) => message.type === 'command' && message.id),
        ['compareWithFile', 'compareWithLastCommit'],
      );
      const isTooWide = await page.evaluate(() => {
        const pane = document.querySelector('.pane');
        return (pane?.scrollWidth ?? 0) > (pane?.clientWidth ?? 0);
      });
      assert.equal(isTooWide, false);
    });
  }
});
