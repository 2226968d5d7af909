import assert from 'node:assert/strict';
import { measuredModel } from './fixtureData.ts';
import {
  alikeView,
  endlessModel,
  healthyOnSamples,
  perChannelCockpit,
  perChannelModel,
} from './fixtureExtremes.ts';
import { openedModel, previewedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { lastPosted, servedPanels } from './panelSuite.ts';
import { scenes, show } from './scenes.ts';

describe('names and limits at their ends, in a browser', () => {
  const panels = servedPanels();

  for (const tab of ['layers', 'graph', 'findings', 'ledger', 'compare'])
    for (const width of [1400, 480]) {
      it(`names of 1,000 letters stay inside ${tab} at ${width} px, and take few lines`, async () => {
        const panel = await panels.open({ width, height: 900 });
        const scene = scenes[`endless-${tab}`];
        assert.ok(scene);
        await show(panel, scene);
        const { page } = panel;
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
        const lines = await page.evaluate(() =>
          ['h1', '.verdict', '.cockpit h2', '.graph-side h2', '.finding p'].flatMap((selector) =>
            [...document.querySelectorAll<HTMLElement>(selector)].map((one): [string, number] => [
              selector,
              Math.round(one.offsetHeight / 18),
            ]),
          ),
        );
        // the two sentences of a finding have four names at most
        for (const [what, many] of lines) assert.ok(many <= 8, `${what}: ${many} lines`);
        const outside = await page.evaluate(() =>
          [...document.querySelectorAll<HTMLElement>('button, a')]
            .filter((one) => one.checkVisibility() && one.closest('.table, .compare') === null)
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.innerText.slice(0, 40)),
        );
        assert.deepEqual(outside, []);
      });
    }

  it('says of an endless filter in a line that nothing matches, with Clear in reach', async () => {
    const panel = await opened(openedModel());
    const { page } = panel;
    const endless = 'x'.repeat(20_000);
    await page.fill('.bar input', endless);
    await panel.send({ type: 'showTab', tab: 'ledger' });
    await page.fill('.bar input', endless);
    for (const tab of ['layers', 'ledger'] as const) {
      await panel.send({ type: 'showTab', tab });
      const empty = page.locator('.empty', { hasText: 'matches “xxx' });
      const box = await empty.locator('p').boundingBox();
      assert.ok(box && box.height < 60 && box.x + box.width <= 1400, tab);
      await empty.locator('button', { hasText: 'Clear' }).click();
      await page.waitForSelector('.rows .row');
    }
  });

  it('tells layers apart that end in the same letters, in the table and in the chart', async () => {
    const { page } = await opened(endlessModel());
    const name = page.locator('.rows .row .name', { hasText: /^conv_dw_13/ });
    const box = await name.locator('.tail').boundingBox();
    assert.ok(box && box.width > 60, 'its beginning is shown');
    assert.equal(await name.locator('.start').count(), 0);
  });

  it('tells both models and all layers of a comparison apart where they are cut', async () => {
    const panel = await opened(measuredModel(true));
    await panel.send({ type: 'showTab', tab: 'compare' });
    await panel.send({ type: 'comparison', comparison: alikeView() });
    const chart = panel.page.locator('svg[data-chart="Error by depth"]');
    const names = await chart
      .locator('text[transform]')
      .evaluateAll((all) => all.map((one) => one.lastChild?.textContent ?? ''));
    assert.ok(names.length > 20);
    assert.equal(new Set(names).size, names.length, names.join(' '));
    const [frame, lowest] = await chart.evaluate((svg) => [
      svg.getBoundingClientRect().bottom,
      Math.max(
        ...[...svg.querySelectorAll('text')].map((one) => one.getBoundingClientRect().bottom),
      ),
    ]);
    assert.ok((lowest ?? 0) <= (frame ?? 0) + 1, 'names run out of the chart');
    const heads = await panel.page
      .locator('.report.compare .head.end')
      .evaluateAll((all) => all.slice(0, 2).map((one) => one.textContent?.trim()));
    assert.notEqual(heads[0], heads[1]);
    const isCut = await panel.page
      .locator('.report.compare .head.end .cut')
      .evaluateAll((all) => all.slice(0, 2).some((one) => one.scrollWidth > one.clientWidth));
    assert.equal(isCut, false, 'the heads have room');
  });

  it('draws no common half step where each channel has its own', async () => {
    const panel = await opened(perChannelModel());
    await panel.send({ type: 'reveal', layer: 25 });
    await panel.send({ type: 'cockpit', cockpit: perChannelCockpit(25) });
    await panel.page.waitForSelector('.strips svg');
    assert.equal(await panel.page.locator('.strips .half').count(), 0);
    assert.doesNotMatch(await panel.page.locator('.strips svg').innerHTML(), /half a step/);
  });

  it('says whether what the lowest layer keeps is fine, by the limit of the settings', async () => {
    const panel = await opened(perChannelModel());
    const verdict = (): Promise<string> => panel.page.innerText('.verdict');
    assert.match(await verdict(), /keeps 42\.0 dB \(conv_pw_12\): fine\. /);
    const state = perChannelModel(24.3);
    await panel.send({ type: 'state', state, isDirty: false });
    assert.match(await verdict(), /keeps 24\.3 dB \(conv_pw_12\): worth a look\. /);
    await panel.send({ type: 'state', state, isDirty: false, weakLayerDb: 25 });
    assert.match(await verdict(), /keeps 24\.3 dB \(conv_pw_12\): weak\. /);
    assert.equal(
      await panel.page.getAttribute('.verdict b.bad', 'title'),
      'Under 25 dB is weak, under 28 dB is worth a look, the rest is fine',
    );
  });

  for (const [state, words] of [
    [perChannelModel(), 'Nothing to repair by the weights'],
    [healthyOnSamples(), 'Nothing to repair at this target'],
  ] as const)
    it(`does not press for a repair: ${words}`, async () => {
      const panel = await opened(state);
      const { page } = panel;
      const shown = await page.locator('.steps .all .what').innerText();
      assert.equal(shown.replace(/\s+/g, ' '), words);
      assert.equal(await page.locator('button.main').count(), 0);
      await page.click('.steps .all button');
      assert.deepEqual(await lastPosted(panel, 'command'), { type: 'command', id: 'repair' });
    });

  it('says that another target took the preview away, and makes it anew', async () => {
    const panel = await opened({
      ...previewedModel(),
      preview: { title: 'Preview of Repair', steps: ['fold', 'equalize'], isRepair: true },
    });
    const { page } = panel;
    await panel.send({ type: 'state', state: perChannelModel(), isDirty: false });
    const strip = page.locator('.strip', { hasText: 'The preview is gone' });
    assert.match(
      await strip.innerText(),
      /Preview of Repair was for W8 A8 · per tensor · strict\./,
    );
    await strip.locator('button', { hasText: 'Preview again' }).click();
    assert.deepEqual(await lastPosted(panel, 'command'), { type: 'command', id: 'previewRepair' });
    const again = { ...perChannelModel(), preview: previewedModel().preview! };
    await panel.send({ type: 'state', state: again, isDirty: false });
    await strip.waitFor({ state: 'hidden' });
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await strip.locator('button', { hasText: 'Dismiss' }).click();
    await strip.waitFor({ state: 'hidden' });
  });

  it('asks for the preview of one set as it was asked for', async () => {
    const panel = await opened(openedModel());
    await panel.page.click('.steps button.preview >> nth=0');
    const asked = await lastPosted(panel, 'preview');
    assert.ok(asked);
    const { steps } = asked;
    const shown = { ...previewedModel(), preview: { title: 'Preview of Fold', steps } };
    await panel.send({ type: 'state', state: shown, isDirty: false });
    await panel.send({ type: 'state', state: perChannelModel(), isDirty: false });
    await panel.page.click('.strip button:has-text("Preview again")');
    assert.deepEqual(await lastPosted(panel, 'preview'), asked);
  });

  async function opened(state: Parameters<typeof show>[1]['model']): Promise<OpenPanel> {
    const panel = await panels.open({ width: 1400, height: 900 });
    await show(panel, state ? { model: state } : {});
    return panel;
  }
});
