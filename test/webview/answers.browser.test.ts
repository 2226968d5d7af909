import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { Remedy } from '../../server/protocol/model.ts';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { measuredModel } from './fixtureData.ts';
import { quantizedModel } from './fixtureStates.ts';
import { openedModel, previewedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { lastPosted, servedPanels } from './panelSuite.ts';

describe('what helps, why not and is it safe, in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const opened = async (state = openedModel(), tab = 'Ledger'): Promise<void> => {
    panel = await panels.open({});
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.page.click(`[role=tab]:has-text("${tab}")`);
    await panel.settle();
  };
  const last = <T extends FromPanel['type']>(type: T): ReturnType<typeof lastPosted<T>> =>
    lastPosted(panel, type);

  it('does what would unblock a place by a link, and says why not while there is a preview', async () => {
    await opened();
    const link = panel.page.locator('.rows .row a:has-text("Allow the border effect…")');
    const rows = panel.page.locator('.rows .row');
    const many = await rows.count();
    await link.click();
    assert.deepEqual(await last('preview'), {
      type: 'preview',
      steps: ['absorb'],
      options: { allowBorderEffect: true },
    });
    assert.equal(await rows.count(), many, 'the press of the link does not fold its group');
    await panel.page.focus('[aria-label=Ledger]');
    await panel.page.keyboard.press('Home');
    await panel.page.keyboard.press('Alt+Enter');
    const isPreview = ({ type }: { readonly type: string }): boolean => type === 'preview';
    assert.equal((await panel.posted()).filter(isPreview).length, 2);
    await panel.send({ type: 'state', state: previewedModel(), isDirty: false });
    await panel.settle();
    assert.equal(await link.count(), 0);
  });

  it('measures what is not measured, shows no button that harms, and previews several steps', async () => {
    const model = openedModel();
    const [first, ...others] = model.findings;
    assert.ok(first);
    const both: Remedy = {
      label: 'Equalize, then correct',
      steps: ['equalize', 'correct'],
      fromDb: 1,
      toDb: 9,
      isMeasured: true,
    };
    const idle: Remedy = { ...both, label: 'Equalize once more', toDb: 1 };
    const findings = [{ ...first, remedies: [...first.remedies, both, idle] }, ...others];
    await opened({ ...model, findings }, 'Findings');
    const button = (name: string): Locator => panel.page.getByRole('button', { name, exact: true });
    assert.equal(await button('Preview: Equalize, not cleared').count(), 0, 'it harms');
    assert.equal(await button('Preview: Equalize once more').count(), 0, 'it gains nothing');
    await button('Measure…').click();
    assert.deepEqual(await last('command'), { type: 'command', id: 'chooseSamples' });
    await button('Preview: Equalize, then correct').click();
    assert.deepEqual(await last('preview'), {
      type: 'preview',
      steps: ['equalize', 'correct'],
    });
    await panel.send({ type: 'state', state: measuredModel(false), isDirty: false });
    await button('Measure: Weights with 10 bits').click();
    assert.deepEqual(await last('command'), { type: 'command', id: 'measureSensitivity' });
  });

  it('puts the dots of all findings on one axis', async () => {
    await opened(measuredModel(false), 'Findings');
    await panel.page.waitForSelector('.remedies.with-top1');
    assert.match(
      await panel.page.innerText('.findings .hint'),
      /Repair tries their steps in more ways/,
    );
    const axes = await panel.page
      .locator('.remedies .head.plot')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().left)));
    assert.ok(axes.length > 2);
    assert.equal(new Set(axes).size, 1, axes.join());
  });

  it('hands over the report and other results from the proof, also before there is one', async () => {
    await opened(measuredModel(true), 'Proof');
    const page = panel.page;
    assert.match(await page.innerText('.pane'), /2 lost and 0 won against float/);
    assert.doesNotMatch(await page.innerText('.measured-with'), /no overlap/);
    await page.getByText('Which samples').click();
    assert.match(await page.innerText('.measured-with'), /judge 24–63; no overlap/);
    assert.equal(await page.locator('[aria-label=States] [role=row]').count(), 6);
    for (const [name, id] of [
      ['Export report…', 'exportReport'],
      ['Hand over…', 'exportResult'],
    ] as const) {
      await page.getByRole('button', { name }).click();
      assert.deepEqual(await last('command'), { type: 'command', id });
    }
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await page.getByText('Nothing to prove yet').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Export report…' }).count(), 1);
  });

  it('has the graph laid out from when the pointer comes to its tab, once', async () => {
    await opened();
    const asked = async (): Promise<number> =>
      (await panel.posted()).filter(({ type }) => type === 'layoutGraph').length;
    assert.equal(await asked(), 0);
    await panel.page.hover('[role=tab]:has-text("Graph")');
    await last('layoutGraph');
    assert.equal(await asked(), 1);
    await panel.page.click('[role=tab]:has-text("Graph")');
    await last('layoutGraph');
    assert.equal(await asked(), 1);
  });

  it('holds the input of a quantized model against samples, and asks for some', async () => {
    panel = await panels.open({});
    await panel.send({ type: 'state', state: quantizedModel(), isDirty: false });
    const first = panel.page.locator('.rows .row').first();
    await first.waitFor();
    assert.match(
      (await first.getAttribute('aria-label')) ?? '',
      /samples from −4\.20 to 25\.4, clipped$/,
    );
    assert.equal(await first.locator('.strong').innerText(), '25.4');
    await panel.page.getByRole('button', { name: 'Choose samples', exact: true }).click();
    assert.deepEqual(await last('command'), { type: 'command', id: 'chooseSamples' });
    await panel.resize({ width: 380, height: 800 });
    const wide = await panel.page.locator('.table').evaluate((table) => table.scrollWidth);
    assert.ok(wide <= 380, `${wide} pixels`);
  });
});
