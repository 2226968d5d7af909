import assert from 'node:assert/strict';
import type { DrawnChart, FromPanel } from '../../server/protocol/panel.ts';
import { measuredModel, syntheticModel } from './fixtureData.ts';
import { manyLayers } from './fixtureLayers.ts';
import { openedModel } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';
import type { ThemeName } from './themes.ts';

/** What a picture of rows says and draws. */
interface Drawn {
  readonly title: string;
  readonly texts: readonly string[];
  /** Parts whose bounds lie outside of the picture. */
  readonly cut: readonly string[];
  readonly hollow: number;
}

describe('columns of tables as charts', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (model = measuredModel(true), theme: ThemeName = 'dark'): Promise<void> => {
    panel = await panels.open({ width: 1400, height: 1100, theme });
    await panel.send({ type: 'state', state: model, isDirty: false });
  };
  const saved = async (): Promise<DrawnChart> => {
    await panel.page.waitForFunction(() =>
      (Reflect.get(window, 'posted') as FromPanel[]).some(({ type }) => type === 'saveChart'),
    );
    const last = (await panel.posted()).findLast((message) => message.type === 'saveChart');
    assert.ok(last?.type === 'saveChart');
    await panel.page.evaluate(() => (Reflect.get(window, 'posted') as unknown[]).splice(0));
    return last.chart;
  };
  const items = async (): Promise<string[]> => {
    await panel.page.waitForSelector('[role=menuitem]:focus');
    return panel.page.locator('[role=menuitem] span:first-child').allInnerTexts();
  };
  const pick = (label: string): Promise<void> =>
    panel.page.click(`[role=menuitem]:has-text("${label}")`);
  /** What a browser makes of the file, apart from the page. */
  const drawn = ({ svg }: DrawnChart): Promise<Drawn> =>
    panel.page.evaluate((text) => {
      const host = document.body.appendChild(document.createElement('div'));
      host.style.cssText = 'position:fixed;left:0;top:0';
      host.innerHTML = text.slice(text.indexOf('<svg'));
      const root = host.firstElementChild;
      if (!root) throw new Error('nothing is drawn');
      const whole = root.getBoundingClientRect();
      const all = [...root.querySelectorAll('text, circle, path, line')];
      const cut = all.filter((one) => {
        const box = one.getBoundingClientRect();
        return (
          box.left < whole.left ||
          box.right > whole.right + 0.5 ||
          box.top < whole.top ||
          box.bottom > whole.bottom + 0.5
        );
      });
      const texts = [...root.querySelectorAll('text')].map((one) => one.textContent ?? '');
      const ground = root.querySelector('rect')?.getAttribute('fill') ?? '';
      const hollow = root.querySelectorAll(`circle[fill="${ground}"]`).length;
      const title = root.querySelector('title')?.textContent ?? '';
      host.remove();
      return { title, texts, cut: cut.map((one) => one.outerHTML), hollow };
    }, svg);
  const head = (text: string): string => `.table [role=columnheader]:has-text("${text}")`;

  const columns = [
    { column: 'Weights, dB', title: 'Weights SQNR', unit: 'Weights, dB', figure: ' | ' },
    { column: 'Activation', title: 'Activation ranges', unit: 'on the calib', figure: '…' },
    { column: 'Alone, dB', title: 'Alone', unit: 'Alone, dB: SQNR of the logits', figure: ' → ' },
    { column: 'So far', title: 'So far', unit: 'So far, dB', figure: ' → ' },
    { column: 'Bias error', title: 'Bias error', unit: 'Bias error, σ', figure: ' → ' },
  ] as const;
  for (const { column, title, unit, figure } of columns) {
    it(`draws the column ${column} of all layers, from its head`, async () => {
      await open();
      await panel.page.click(head(column), { button: 'right' });
      assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
      await pick('as PNG');
      const chart = await saved();
      assert.ok(chart.png);
      const { texts, cut, title: heading } = await drawn(chart);
      assert.equal(heading, `${title} of 28 layers, mobilenet_v1_0.25_224.onnx`);
      assert.ok(texts[0]?.includes(unit), texts[0]);
      const layers = measuredModel(true).layers.map(({ name }) => name);
      assert.deepEqual(
        layers.filter((name) => !texts.includes(name)),
        [],
      );
      assert.equal(texts.slice(1).filter((text) => text.includes(figure)).length, 28);
      assert.match(texts.join('\n'), /\bbefore\b/, 'what is hollow is said');
      assert.deepEqual(cut, []);
    });
  }

  it('names model, target and samples under what samples say, and no samples under weights', async () => {
    await open(syntheticModel());
    await panel.page.click(head('So far'), { button: 'right' });
    await pick('as SVG');
    const soFar = await drawn(await saved());
    assert.equal(
      soFar.texts.at(-1),
      'mobilenet_v1_0.25_224.onnx · W8 A8 · per tensor · strict · synthetic, seed 1 · 4 + 4 + 8 · measured before the last change',
    );
    await panel.page.click(head('Weights, dB'), { button: 'right' });
    await pick('as SVG');
    const { texts } = await drawn(await saved());
    assert.equal(texts.at(-1), 'mobilenet_v1_0.25_224.onnx · W8 A8 · per tensor · strict');
  });

  it('has the hollow dots of before, in a light theme too', async () => {
    await open(measuredModel(true), 'light');
    await panel.page.click(head('Alone, dB'), { button: 'right' });
    await pick('as SVG');
    // One a layer, and one in the legend.
    assert.equal((await drawn(await saved())).hollow, 29);
  });

  it('has the rows of the table in their order, as filtered', async () => {
    await open();
    await panel.page.fill('.bar input', 'conv_dw');
    await panel.page.click(`${head('So far')} button`);
    await panel.settle();
    const rows = await panel.page.locator('.rows .row .name').allInnerTexts();
    await panel.page.click(head('So far'), { button: 'right' });
    await pick('as SVG');
    const { texts } = await drawn(await saved());
    assert.equal(rows.length, 13);
    assert.deepEqual(
      texts.filter((text) => text.startsWith('conv_')),
      rows,
    );
  });

  it('takes the selected rows, where several are, and is offered on the cell', async () => {
    await open();
    await panel.page.click('.rows .row >> nth=0');
    await panel.page.click('.rows .row >> nth=2', { modifiers: ['Shift'] });
    await panel.page.click('.rows .row >> nth=1 >> .dots', { button: 'right' });
    const all = await items();
    assert.equal(all[all.indexOf('Save chart…') - 1], 'Save “Alone of 3 layers”…');
    await pick('Alone of 3 layers');
    const chart = await saved();
    assert.equal(chart.name, 'alone-of-3-layers');
    assert.equal(chart.as, undefined, 'the host asks for the kind');
    const { texts } = await drawn(chart);
    assert.equal(texts.filter((text) => text.includes(' → ')).length, 3);
  });

  it('opens on a head by the menu key; the head of words has the menu of the row', async () => {
    await open();
    await panel.page.focus(`${head('Bias error')} button`);
    await panel.page.keyboard.press('Shift+F10');
    assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
    await panel.page.keyboard.press('Escape');
    await panel.page.waitForSelector('[role=menu]', { state: 'detached' });
    await panel.page.focus(`${head('Operator')} button`);
    await panel.page.keyboard.press('Shift+F10');
    assert.ok((await items()).includes('Equalize this set'));
  });

  it('has 400 layers at most, and says so', async () => {
    await open({ ...openedModel(), layers: manyLayers(1000) });
    await panel.page.click(head('Weights, dB'), { button: 'right' });
    await pick('as SVG');
    const { texts, cut } = await drawn(await saved());
    assert.equal(texts.slice(1).filter((text) => text.includes(' | ')).length, 400);
    assert.ok(texts.includes('The first 400 of 1,000 layers.'));
    assert.deepEqual(cut, []);
  });

  it('lists no chart of samples where there are none', async () => {
    await open(openedModel());
    await panel.send({ type: 'saveChart' });
    assert.deepEqual(
      (await items()).filter((item) => item.includes('28 layers')),
      ['Save “Weight ranges of 28 layers”…', 'Save “Weights SQNR of 28 layers”…'],
    );
  });

  it('draws both sides of Compare, from a cell, the head, by key and from the list', async () => {
    await open();
    await panel.send({ type: 'showTab', tab: 'compare' });
    await panel.page.click('.compare [role=row]:nth-child(4) svg[role=img]:not(.mark)', {
      button: 'right',
    });
    await pick('as SVG');
    const chart = await saved();
    const { texts, cut, title } = await drawn(chart);
    assert.equal(title, 'So far, both sides of 28 layers, mobilenet_v1_0.25_224.onnx');
    assert.equal(texts[0], 'So far, dB: As opened and Now');
    assert.equal(texts.filter((text) => text.includes(' → ')).length, 28);
    assert.match(texts.at(-1) ?? '', /imagenet-a · 12 \+ 12 \+ 40, labelled$/);
    assert.deepEqual(cut, []);
    await panel.page.click('.compare .axis-head', { button: 'right' });
    assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
    await panel.page.keyboard.press('Escape');
    await panel.page.focus('.compare a >> nth=0');
    await panel.page.keyboard.press('Shift+F10');
    assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
    await panel.page.keyboard.press('Escape');
    await panel.send({ type: 'saveChart' });
    assert.deepEqual(await items(), [
      'Save “Error by depth”…',
      'Save “So far, both sides of 28 layers”…',
    ]);
  });
});
