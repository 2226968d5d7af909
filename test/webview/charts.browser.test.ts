import assert from 'node:assert/strict';
import type { DrawnChart, FromPanel } from '../../server/protocol/panel.ts';
import { measuredCockpit, measuredModel } from './fixtureData.ts';
import { openedModel } from './fixtures.ts';
import { layoutFor } from './graphFixtures.ts';
import type { OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';
import { themeNames, type ThemeName } from './themes.ts';

/** What a browser that knows nothing of the page makes of a file. */
interface Parsed {
  readonly fault: string;
  readonly root: string;
  readonly title: string;
  readonly description: string;
  readonly parts: number;
  readonly text: string;
  readonly fills: readonly string[];
}

describe('charts as files', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (theme: ThemeName = 'dark', width = 1400): Promise<void> => {
    panel = await panels.open({ width, height: 1400, theme });
    await panel.send({ type: 'state', state: measuredModel(true), isDirty: true });
    await panel.send({ type: 'reveal', layer: 25 });
    await panel.send({ type: 'cockpit', cockpit: measuredCockpit(25, 3, true) });
    await panel.page.waitForSelector('.strips');
  };
  /** The chart that was handed to the host, once it is drawn. */
  const saved = async (): Promise<DrawnChart> => {
    await panel.page.waitForFunction(() =>
      (Reflect.get(window, 'posted') as FromPanel[]).some(({ type }) => type === 'saveChart'),
    );
    const last = (await panel.posted()).findLast((message) => message.type === 'saveChart');
    assert.ok(last?.type === 'saveChart');
    return last.chart;
  };
  /** What the menu says, once it is open. */
  const items = async (): Promise<string[]> => {
    await panel.page.waitForSelector('[role=menuitem]:focus');
    return panel.page.locator('[role=menuitem] span:first-child').allInnerTexts();
  };
  const pick = (label: string): Promise<void> =>
    panel.page.click(`[role=menuitem]:has-text("${label}")`);
  const parsed = (svg: string): Promise<Parsed> =>
    panel.page.evaluate((text) => {
      const xml = new DOMParser().parseFromString(text, 'image/svg+xml');
      const all = [...xml.querySelectorAll('*')];
      return {
        fault: xml.querySelector('parsererror')?.textContent ?? '',
        root: `${xml.documentElement.namespaceURI} ${xml.documentElement.localName}`,
        title: xml.querySelector('svg > title')?.textContent ?? '',
        description: xml.querySelector('svg > desc')?.textContent ?? '',
        parts: all.length,
        text: all
          .filter(({ localName }) => localName === 'text')
          .map((one) => one.textContent ?? '')
          .join(' '),
        fills: [...new Set(all.map((one) => one.getAttribute('fill') ?? ''))],
      };
    }, svg);
  /** A colour of the theme, as the browser computes it for something else than a chart. */
  const tokenHex = (token: string): Promise<string> =>
    panel.page.evaluate((name) => {
      const one = document.body.appendChild(document.createElement('i'));
      one.style.color = `var(--vscode-${name})`;
      const parts = getComputedStyle(one).color.match(/\d+/g) ?? [];
      one.remove();
      return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
    }, token);
  const standsAlone = async ({ svg }: DrawnChart): Promise<Parsed> => {
    const made = await parsed(svg);
    assert.equal(made.fault, '');
    assert.equal(made.root, 'http://www.w3.org/2000/svg svg');
    assert.doesNotMatch(svg, /var\(|color-mix|class=|style=|currentColor|<!--/);
    for (const fill of made.fills.filter(Boolean)) assert.match(fill, /^(none|#[\da-f]{6})$/);
    return made;
  };

  it('lists every chart of the layers, by command', async () => {
    await open();
    await panel.send({ type: 'saveChart' });
    assert.deepEqual(await items(), [
      'Save “Weight ranges of 28 layers”…',
      'Save “Weights SQNR of 28 layers”…',
      'Save “Activation ranges of 28 layers”…',
      'Save “Alone of 28 layers”…',
      'Save “So far of 28 layers”…',
      'Save “Bias error of 28 layers”…',
      'Save “Channels of Set 2”…',
      'Save “Weights on the 8-bit grid”…',
      'Save “Bias error of each channel”…',
      'Save “Activations, before”…',
      'Save “Activations, now”…',
    ]);
  });

  for (const theme of themeNames) {
    it(`each of them stands alone, in ${theme}`, async () => {
      await open(theme);
      for (let at = 0; at < 11; at++) {
        await panel.page.evaluate(() => (Reflect.get(window, 'posted') as unknown[]).splice(0));
        await panel.send({ type: 'saveChart' });
        await panel.page.locator('[role=menuitem]').nth(at).click();
        const chart = await saved();
        const made = await standsAlone(chart);
        assert.match(made.title, /, mobilenet_v1_0\.25_224\.onnx$/);
        assert.match(made.description, /Target: W8 A8 · per tensor · strict\./);
        assert.match(made.text, /mobilenet_v1_0\.25_224\.onnx · W8 A8/);
        assert.ok(made.parts > 8, chart.name);
        if (at < 6) assert.match(chart.name, /^[\w-]+-of-28-layers$/);
        else {
          assert.match(made.title, /, conv_dw_13, /);
          assert.match(made.text, /conv_dw_13 · mobilenet/);
          assert.match(chart.name, /^conv_dw_13\.[\w-]+$/);
        }
      }
    });
  }

  it('has the colours of the theme in it, before as an outline and now filled', async () => {
    await open('light');
    await panel.page.click('svg[data-chart^="Weights on"]', { button: 'right' });
    assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
    await pick('as SVG');
    const chart = await saved();
    assert.equal(chart.as, 'svg');
    assert.equal(chart.png, undefined);
    const [now, ground] = await Promise.all(['charts-blue', 'editor-background'].map(tokenHex));
    assert.ok(chart.svg.includes(`fill="${now}"`), 'now is filled in the blue of the theme');
    assert.match(chart.svg, new RegExp(`<rect x="-12"[^>]* fill="${ground}"`));
    assert.match(
      chart.svg,
      /<path d="M[^"]+" fill="none" stroke="#[\da-f]{6}" stroke-opacity="0\.62"/,
    );
    assert.match((await standsAlone(chart)).text, /1\.3 % (round )?to 0, was 6\.6 %/);
  });

  it('is a PNG of two pixels for one', async () => {
    await open();
    await panel.page.click('svg[data-chart^="Bias"]', { button: 'right' });
    await pick('as PNG');
    const { png, svg } = await saved();
    assert.ok(png);
    const bytes = Buffer.from(png, 'base64');
    assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
    const [, width = '', height = ''] =
      /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
    // The browser rounds the size of the picture to whole pixels before it is doubled.
    assert.ok(Math.abs(bytes.readUInt32BE(16) - 2 * Number(width)) <= 2);
    assert.ok(Math.abs(bytes.readUInt32BE(20) - 2 * Number(height)) <= 2);
    assert.ok(bytes.length > 2000, 'something is drawn');
  });

  it('opens by the menu key in the strips, and gives the focus back', async () => {
    await open();
    await panel.page.focus('.strips');
    await panel.page.keyboard.press('Shift+F10');
    assert.deepEqual(await items(), ['Save chart as SVG…', 'Save chart as PNG…']);
    await panel.page.keyboard.press('Enter');
    const made = await standsAlone(await saved());
    assert.match(made.description, /conv_pw_12 makes them · widest/);
    assert.match(made.text, /scale factor 1, ÷ above, × below/);
    assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'strips');
  });

  it('puts the bars of all selected layers on one axis', async () => {
    await open();
    await panel.page.click('.rows .row >> nth=0');
    await panel.page.click('.rows .row >> nth=2', { modifiers: ['Shift'] });
    await panel.page.click('.rows .row >> nth=1', { button: 'right' });
    await pick('Save chart…');
    await pick('Weight ranges of 3 layers');
    const chart = await saved();
    const made = await standsAlone(chart);
    for (const name of ['conv_pw_9', 'conv_dw_6', 'conv_pw_3', '0.01', '100'])
      assert.ok(made.text.includes(name), name);
    assert.match(made.description, /conv_dw_6: Channels .* quartiles .* Step /);
    assert.equal(chart.name, 'weight-ranges-of-3-layers');
  });

  it('draws the intervals of Proof as one chart, from a bar and from the command', async () => {
    await open('light');
    await panel.send({ type: 'showTab', tab: 'proof' });
    await panel.page.click('.report.states svg >> nth=2', { button: 'right' });
    await pick('as PNG');
    const chart = await saved();
    const made = await standsAlone(chart);
    for (const text of ['Top-1 with its interval', 'Float', 'Quantized, now', '35–65 %', '100 %'])
      assert.ok(made.text.includes(text), text);
    assert.match(made.description, /Quantized, as opened: 0\.0 %, 95 % interval 0–9 %\./);
    assert.equal(chart.name, 'top-1-with-its-interval');
    assert.ok(chart.png);
    await panel.send({ type: 'saveChart' });
    assert.deepEqual(await items(), ['Save “Top-1 with its interval”…']);
  });

  it('draws the remedies of a finding as one chart', async () => {
    await open();
    await panel.send({ type: 'showTab', tab: 'findings' });
    const plot = '.finding:has-text("moves by more than 0.5 σ") .remedies .plot svg >> nth=1';
    await panel.page.click(plot, { button: 'right' });
    await pick('as SVG');
    const chart = await saved();
    const made = await standsAlone(chart);
    for (const text of ['Correct biases only', 'Clear, equalize, correct', '−0.2 → 14.2'])
      assert.ok(made.text.includes(text), text);
    assert.equal(chart.name, 'remedies-for-biased-error');
    await panel.send({ type: 'saveChart' });
    assert.equal(
      (await items()).filter((item) => item.includes('Remedies for')).length,
      measuredModel(true).findings.filter(({ remedies }) => remedies.some((one) => one.isMeasured))
        .length,
    );
  });

  it('draws the lines of Compare', async () => {
    await open();
    await panel.send({ type: 'showTab', tab: 'compare' });
    await panel.page.click('svg[data-chart="Error by depth"]', { button: 'right' });
    await pick('as SVG');
    const made = await standsAlone(await saved());
    assert.match(made.title, /^Error by depth, mobilenet/);
    assert.match(made.description, /So far by depth, at the end: .* decibels/);
  });

  it('draws the whole graph, also where a part of it is in sight', async () => {
    panel = await panels.open({ width: 1200, height: 700 });
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await panel.send({ type: 'showTab', tab: 'graph' });
    await panel.send({ type: 'graph', layout: layoutFor() });
    await panel.page.click('.graph-stage canvas', { button: 'right' });
    await pick('as PNG');
    const chart = await saved();
    const made = await standsAlone(chart);
    for (const { title } of layoutFor().boxes) {
      const short = title.replace('Depthwise', 'DW');
      assert.ok(made.text.includes(short), short);
    }
    assert.ok(chart.png, 'and as pixels');
    assert.equal(chart.name, 'graph');
  });

  it('says that there is none where there is none', async () => {
    await open();
    await panel.send({ type: 'showTab', tab: 'ledger' });
    await panel.send({ type: 'saveChart' });
    await panel.page.waitForSelector('[role=menuitem][aria-disabled=true]');
    assert.match(
      (await panel.page.getAttribute('[role=menuitem]', 'title')) ?? '',
      /No chart is shown here/,
    );
  });
});
