import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { measuredCockpit, measuredModel, measuringModel, syntheticModel } from './fixtureData.ts';
import { openedModel } from './fixtures.ts';
import type { Harness, OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';
import { themeNames } from './themes.ts';

describe('samples in the model page, in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (
    state = measuredModel(true),
    options: Parameters<Harness['open']>[0] = {},
  ): Promise<void> => {
    panel = await panels.open(options);
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.page.waitForSelector('.rows .row');
  };
  const commands = async (): Promise<string[]> =>
    (await panel.posted()).flatMap((message) => (message.type === 'command' ? [message.id] : []));
  const posted = async (type: FromPanel['type']): Promise<readonly FromPanel[]> =>
    (await panel.posted()).filter((message) => message.type === type);

  it('the picker asks for samples, and names those that are chosen', async () => {
    await open(openedModel());
    assert.match(await panel.page.innerText('#data'), /^none/);
    await panel.page.click('#data');
    assert.deepEqual(await commands(), ['chooseSamples']);
    await panel.send({ type: 'state', state: measuredModel(true), isDirty: false });
    await panel.page.waitForSelector('#data:has-text("imagenet-a · 12 + 12 + 40, labelled")');
  });

  it('breaks no figure of the verdict from its unit, and no fact of the file, at any width', async () => {
    await open();
    for (const width of [380, 420, 480, 640, 900, 1400]) {
      await panel.resize({ width, height: 900 });
      const broken = await panel.page.evaluate(() =>
        [...document.querySelectorAll('.verdict b, .facts span')]
          .filter((one) => one.getClientRects().length > 1 || one.clientHeight > 24)
          .map((one) => one.textContent),
      );
      assert.deepEqual(broken, [], `${width} px`);
    }
  });

  it('takes what is dropped on the picker', async () => {
    await open(openedModel());
    await panel.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/uri-list', 'file:///data/pictures\r\n');
      const picker = document.querySelector('.data');
      picker?.dispatchEvent(
        new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
      );
    });
    assert.deepEqual(await posted('dropData'), [
      { type: 'dropData', uris: ['file:///data/pictures'] },
    ]);
  });

  it('shows what the network sees, names a guess as one, and closes by Escape', async () => {
    await open();
    await panel.page.click('.look');
    assert.deepEqual(await posted('previewSample'), [{ type: 'previewSample', index: 0 }]);
    const channels = [{ min: -1, max: 1, mean: 0.1 }];
    const sample = { index: 0, label: 7, channels, words: 'dog.jpg, 500 × 375' };
    await panel.send({ type: 'sample', sample });
    await panel.page.waitForSelector('.sample:has-text("dog.jpg")');
    assert.match(await panel.page.innerText('.sample'), /Guessed from the model:/);
    await panel.page.click('[aria-label="Next sample"]');
    assert.deepEqual((await posted('previewSample')).at(-1), { type: 'previewSample', index: 1 });
    // The answer to what was asked before comes late: it is not shown as the other sample.
    await panel.send({ type: 'sample', sample });
    await panel.send({ type: 'sample', fault: { code: 'bad-image', message: 'It is cut off.' } });
    await panel.page.waitForSelector('.sample .bad:has-text("It is cut off.")');
    await panel.page.keyboard.press('Escape');
    await panel.page.waitForSelector('.sample', { state: 'detached' });
    await panel.settle();
    assert.match(
      await panel.page.evaluate(() => document.activeElement?.className ?? ''),
      /\blook\b/,
    );
  });

  it('shows what is guessed, and what the samples serve, before all else on a narrow page', async () => {
    await open(measuredModel(true), { width: 480, height: 700 });
    assert.match(
      (await panel.page.getAttribute('#data', 'title')) ?? '',
      /12 calibrate, 12 correct, 40 judge/,
    );
    await panel.page.click('.look');
    const picture =
      'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" width="160" height="160"/%3E';
    const channels = Array.from({ length: 8 }, () => ({ min: -1, max: 1, mean: 0.1 }));
    const sample = { index: 0, channels, words: 'dog.jpg, 500 × 375', picture };
    await panel.send({ type: 'sample', sample });
    await panel.page.waitForSelector('.sample:has-text("dog.jpg")');
    for (const words of ['Guessed from the model', '12 calibrate, 12 correct, 40 judge']) {
      const [box, frame] = await Promise.all(
        [`.sample p:has-text("${words}")`, '.sample'].map((one) =>
          panel.page.locator(one).boundingBox(),
        ),
      );
      assert.ok(box && frame && box.y + box.height <= frame.y + frame.height, words);
    }
  });

  it('has the data columns, worst alone first, hollow before and filled now', async () => {
    await open();
    const heads = await panel.page.locator('[role=columnheader]').allInnerTexts();
    for (const head of ['Activation', 'Alone', 'So far', 'Bias error'])
      assert.ok(
        heads.some((text) => text.startsWith(head)),
        head,
      );
    const numbers = (await panel.page.locator('.rows .dots-number').allInnerTexts()).map(Number);
    assert.ok(numbers.length > 5);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert.ok((await panel.page.locator('.rows .dots .ghost-dot').count()) > 5);
  });

  it('shows dashes until something is measured, the progress, and stops it', async () => {
    await open(measuringModel());
    assert.match(await panel.page.innerText('.strip'), /Calibrating 7 of 12 samples/);
    assert.equal(await panel.page.locator('.rows .dots').count(), 0);
    await panel.page.click('.strip button:has-text("Cancel")');
    assert.equal((await posted('cancel')).length, 1);
  });

  it('says synthetic and stale, goes on after a stop, and warns of another grid', async () => {
    await open(syntheticModel());
    const bar = await panel.page.innerText('.panel .bar');
    assert.match(bar, /synthetic inputs/);
    assert.match(bar, /measured before the last change/);
    await panel.page.click('button:has-text("Continue")');
    await panel.page.click('button:has-text("Correct again")');
    assert.deepEqual(await commands(), ['calibrateAndMeasure', 'correctBiases']);
  });

  it('draws bias errors, activations and the worst samples of a layer', async () => {
    await open();
    await panel.send({ type: 'reveal', layer: 25 });
    await panel.send({ type: 'cockpit', cockpit: measuredCockpit(25, 3, true) });
    await panel.page.waitForSelector('svg[aria-label^="Bias error of each channel: mean"]');
    const labels = await panel.page
      .locator('.cockpit svg[role=img]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    assert.ok(labels.some((label) => label.startsWith('Activations, before: 0 to 6.00')));
    assert.ok(labels.some((label) => label.startsWith('Activations, now: 0 to 44.0')));
    await panel.page.click('.worst-samples button >> nth=0');
    assert.deepEqual(await posted('previewSample'), [{ type: 'previewSample', index: 31 }]);
  });

  it('does not spill over with data, in any theme', async () => {
    const sizes = [
      [1400, 900],
      [700, 700],
      [380, 700],
    ] as const;
    for (const [i, theme] of themeNames.entries()) {
      const [width, height] = sizes[i % sizes.length] ?? sizes[0];
      await open(measuredModel(true), { width, height, theme });
      await panel.send({ type: 'cockpit', cockpit: measuredCockpit(25, 3, true) });
      for (const tab of ['layers', 'findings', 'compare', 'proof'] as const) {
        await panel.send({ type: 'showTab', tab });
        const spilled = await panel.page.evaluate(() =>
          [...document.querySelectorAll('body, .panel, .table, .pane, .cockpit')]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.className),
        );
        assert.deepEqual(spilled, [], `${tab} at ${width} px, ${theme}`);
      }
      if (i < themeNames.length - 1) await panel.close();
    }
  });
});
