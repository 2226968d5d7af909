import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import {
  nothingView,
  refusedView,
  revisionView,
  sameView,
  statesView,
  unlikeView,
} from './fixtureCompare.ts';
import { measuredModel } from './fixtureData.ts';
import { manyLayers } from './fixtureLayers.ts';
import { quantizedModel } from './fixtureStates.ts';
import { openedModel, repairedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';

describe('the Compare tab in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (model = measuredModel(true), width = 1400): Promise<void> => {
    panel = await panels.open({ width, height: 900 });
    await panel.send({ type: 'state', state: model, isDirty: false });
    await panel.send({ type: 'showTab', tab: 'compare' });
  };
  const sent = async (type: FromPanel['type']): Promise<readonly FromPanel[]> =>
    (await panel.posted()).filter((message) => message.type === type);
  const text = async (): Promise<string> => {
    await panel.settle();
    return panel.page.innerText('.pane');
  };

  it('draws the rows of 10,000 layers as they come into sight', async () => {
    await open({ ...openedModel(), layers: manyLayers(10_000) });
    await panel.settle();
    const rows = panel.page.locator('.report.compare [role=row]');
    const first = await rows.count();
    assert.ok(first > 12 && first < 120, `${first} rows`);
    assert.equal(
      await panel.page.getAttribute('.report.compare', 'aria-rowcount'),
      '10001',
      'readers know of all',
    );
    const rest = async (): Promise<string> => (await text()).split('\n').at(-1) ?? '';
    assert.match(await rest(), /^and 9,9\d\d more that differ less$/);
    await panel.page.evaluate(() => {
      const pane = document.querySelector('.pane');
      if (pane) pane.scrollTop = pane.scrollHeight;
    });
    await rows.nth(first + 10).waitFor({ state: 'attached' });
    await panel.page.click('#tab-layers');
    await panel.page.click('#tab-compare');
    await panel.settle();
    assert.ok((await rows.count()) <= first, 'it begins anew');
  });

  /** How far the words at the ends of the lines reach over the chart. */
  const overPx = (): Promise<number> =>
    panel.page.locator('svg[data-chart="Error by depth"]').evaluate((svg) => {
      const right = svg.getBoundingClientRect().right;
      const ends = [...svg.querySelectorAll('.strong, .before-text, .note')];
      return Math.max(...ends.map((end) => end.getBoundingClientRect().right - right));
    });

  it('has room for the words at the ends of the lines, and cuts names that are too long', async () => {
    for (const width of [680, 1400]) {
      await open({ ...openedModel(), layers: manyLayers(10_000) }, width);
      await panel.page.waitForSelector('svg text.strong:text("as opened and now")');
      const over = await overPx();
      assert.ok(over <= 0, `${over} px at ${width}`);
      await panel.send({ type: 'state', state: measuredModel(true), isDirty: false });
      const named = revisionView();
      assert.ok(named.result);
      const [first, second] = named.result.sides;
      const head = 'a_name_as_long_as_two_of_the_longest';
      const sides = [{ ...first, head }, second] as const;
      const comparison = { ...named, result: { ...named.result, sides } };
      await panel.send({ type: 'comparison', comparison });
      await panel.page.waitForSelector('svg text.note:text("activations only")');
      const long = await overPx();
      assert.ok(long <= 0, `${long} px at ${width}`);
    }
  });

  it('says at which layer the lines end, where the last layer is of one side only', async () => {
    await open();
    const chart = panel.page.locator('svg[data-chart="Error by depth"]');
    assert.equal(await chart.locator('text=at conv').count(), 0);
    await panel.send({ type: 'comparison', comparison: revisionView() });
    await panel.page.waitForSelector('svg >> text="at conv_pw_13"');
    assert.match((await chart.getAttribute('aria-label')) ?? '', /by depth, at conv_pw_13: /);
    await open(measuredModel(true), 480);
    assert.match(await text(), /At the end: /);
    await panel.send({ type: 'comparison', comparison: revisionView() });
    assert.match(await text(), /At conv_pw_13, the last layer that both have: /);
  });

  it('says what the figures are in a sentence', async () => {
    await open(measuredModel(true), 480);
    assert.match(await panel.page.innerText('.compare-bar .words'), /^Each against float on 40/);
  });

  it('lets both sides be chosen with the keyboard', async () => {
    await open();
    await panel.page.focus('#compare-0');
    await panel.page.keyboard.press('Enter');
    await panel.page.waitForSelector('[role=menuitem]:focus');
    const labels = await panel.page.locator('[role=menuitem]').allInnerTexts();
    assert.deepEqual(
      labels.map((label) => label.trim()),
      [
        'Float',
        'Quantized, as opened',
        'Quantized, now',
        'Another file…',
        'Last commit',
        'Revision…',
      ],
    );
    await panel.page.keyboard.press('Enter');
    assert.deepEqual(await sent('compareSide'), [{ type: 'compareSide', slot: 0, side: 'float' }]);
    await panel.page.click('#compare-1');
    await panel.page.waitForSelector('[role=menuitem]:focus');
    await panel.page.keyboard.press('End');
    await panel.page.keyboard.press('Enter');
    await panel.page.click('text=Another file…');
    assert.deepEqual(await sent('comparePick'), [
      { type: 'comparePick', slot: 1, source: 'revision' },
      { type: 'comparePick', slot: 0, source: 'file' },
    ]);
  });

  it('shows another revision, what differs most first, and lists what only one side has', async () => {
    await open();
    await panel.send({ type: 'comparison', comparison: revisionView() });
    const shown = await text();
    assert.match(shown, /top-1 42\.5 %, logits SQNR 11\.9 dB/);
    assert.match(shown, /27 of 28 layers matched: 26 by name, 1 by weights/);
    assert.match(shown, /Layers that only one side has\s+Only in Quantized, now: conv_preds/);
    const renamed = panel.page.locator('.report.compare .pair', { hasText: 'conv_pw_2' });
    assert.match(await renamed.innerText(), /conv_pw_2\s+M.*…/);
    assert.match((await renamed.getAttribute('title')) ?? '', /MobilenetV1\/Conv2d_2_pointwise$/);
    const first = panel.page.locator('.report.compare [role=row]').nth(1);
    assert.match(await first.innerText(), /conv_dw_13/);
    await first.locator('a').click();
    await panel.settle();
    assert.equal(await panel.page.getAttribute('#tab-layers', 'aria-selected'), 'true');
  });

  for (const width of [480, 979, 980, 1020, 1100, 1180, 1400]) {
    it(`keeps the names of layers readable at ${width} px`, async () => {
      await open(measuredModel(true), width);
      await panel.send({ type: 'comparison', comparison: revisionView() });
      const names = panel.page.locator('.report.compare .pair');
      await names.first().waitFor();
      await panel.settle();
      const widths = await names.evaluateAll((cells) => cells.map((cell) => cell.clientWidth));
      assert.ok(Math.min(...widths) >= 120, `${Math.min(...widths)} px`);
      const isCut = await panel.page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(isCut, false, 'the page scrolls sideways');
      const table = panel.page.locator('.report.compare');
      const over = await table.evaluate((element) => element.scrollWidth - element.clientWidth);
      assert.ok(over <= 0, `the table is ${over} px wider than its room`);
    });
  }

  it('says above the table that nothing differs, or that a gain would mean nothing', async () => {
    await open(measuredModel(false));
    assert.match(await text(), /Nothing was applied yet: the model is as it was opened/);
    await panel.page.waitForSelector('.pane > svg[aria-label*="as opened and now"]');
    await panel.send({ type: 'comparison', comparison: sameView(measuredModel(false)) });
    assert.match(await text(), /Nothing differs: the weights of all 28 layers are the same\./);
    await panel.send({ type: 'comparison', comparison: unlikeView(measuredModel(false)) });
    assert.match(await text(), /little in common: 3 of 52 layers were matched/);
    assert.equal(await panel.page.locator('.pane > svg').count(), 0);
    const heads = await panel.page.locator('.report.compare [role=columnheader]').allInnerTexts();
    assert.ok(heads.includes('3f2a1bc'), heads.join());
    const cells = panel.page.locator('.report.compare [role=row]').nth(1).locator('[role=cell]');
    const gain = heads.findIndex((head) => head.startsWith('Gain'));
    assert.equal(await cells.nth(gain).innerText(), '–');
  });

  it('names every line where it ends, by words where there is no room', async () => {
    await open();
    await panel.send({ type: 'comparison', comparison: statesView() });
    await panel.page.waitForSelector('.pane > svg[aria-label*="weights only"]');
    const label = await panel.page.getAttribute('.pane > svg', 'aria-label');
    for (const name of ['as opened', 'now', 'weights only', 'activations only'])
      assert.ok(label?.includes(name), name);
    await open(measuredModel(true), 480);
    await panel.send({ type: 'comparison', comparison: statesView() });
    assert.match(
      await text(),
      /as opened −?\d+\.\d dB \(dashed\), now −?\d+\.\d dB \(solid\), weights only −?\d+\.\d dB \(dash and dot\)/,
    );
  });

  it('asks once more when the model has changed, once, and not while a job runs', async () => {
    await open();
    const stale = { ...revisionView(), isStale: true };
    await panel.send({ type: 'busy', job: { title: 'Equalizing', detail: '' } });
    await panel.send({ type: 'comparison', comparison: stale });
    assert.equal((await sent('compareAgain')).length, 0);
    await panel.send({ type: 'busy' });
    await panel.send({ type: 'busy' });
    assert.equal((await sent('compareAgain')).length, 1);
  });

  it('says why two models cannot be compared, and that they have nothing in common', async () => {
    await open(openedModel());
    assert.match(await text(), /Choose samples or use synthetic inputs to see how the error grows/);
    await panel.send({ type: 'comparison', comparison: refusedView });
    assert.match(await text(), /These two cannot be compared/);
    await panel.page.click('text=Compare again');
    assert.equal((await sent('compareAgain')).length, 1);
    await panel.send({ type: 'comparison', comparison: nothingView(openedModel()) });
    assert.match(await text(), /Nothing in common\s+mlp\.h5 has 2 layers, .* Tried were weights/);
  });

  it('leads to the comparison as a file, once there are two to compare', async () => {
    await open(quantizedModel());
    assert.equal(await panel.page.locator('text=Export comparison…').count(), 0);
    await panel.send({ type: 'comparison', comparison: refusedView });
    assert.equal(await panel.page.locator('text=Export comparison…').count(), 0);
    await panel.send({ type: 'comparison', comparison: revisionView() });
    await panel.page.click('text=Export comparison…');
    assert.deepEqual(await sent('command'), [{ type: 'command', id: 'exportComparison' }]);
  });

  it('offers what a quantized model can be compared with, and a target only where one counts', async () => {
    await open(quantizedModel());
    assert.equal(await panel.page.locator('#target').isVisible(), false);
    await panel.page.click('.empty button:has-text("Choose a model…")');
    await panel.page.click('.empty button:has-text("Last commit")');
    assert.deepEqual(await sent('command'), [
      { type: 'command', id: 'compareWithFile' },
      { type: 'command', id: 'compareWithLastCommit' },
    ]);
    await panel.send({ type: 'comparison', comparison: revisionView() });
    await panel.page.locator('#target').waitFor();
  });

  it('compares a quantized model with others, and a changed file with what is on disk', async () => {
    await open(quantizedModel());
    await panel.page.click('text=Compare with float…');
    await panel.page.click('#compare-0');
    await panel.page.waitForSelector('[role=menuitem]:focus');
    const labels = await panel.page.locator('[role=menuitem]').allInnerTexts();
    assert.equal(labels[0]?.trim(), 'This file');
    assert.equal(await panel.page.innerText('#compare-1'), 'Choose…');
    await panel.page.keyboard.press('Escape');
    await panel.send({ type: 'state', state: repairedModel(), isDirty: true });
    await panel.send({ type: 'changedOnDisk' });
    await panel.page.click('.strip >> text=Compare');
    assert.deepEqual(await sent('command'), [
      { type: 'command', id: 'compareWithFile' },
      { type: 'command', id: 'compareWithDisk' },
    ]);
    assert.ok(await panel.page.isVisible('text=Keep mine'), 'the question stays');
  });
});
