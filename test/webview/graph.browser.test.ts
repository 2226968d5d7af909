import assert from 'node:assert/strict';
import type { LayerRow } from '../../server/protocol/model.ts';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { fromWire } from '../../server/protocol/wire.ts';
import { measuredModel } from './fixtureData.ts';
import { manyLayers } from './fixtureLayers.ts';
import { quantizedModel } from './fixtureStates.ts';
import { openedModel } from './fixtures.ts';
import { layoutFor } from './graphFixtures.ts';
import type { Harness, OpenPanel } from './harness.ts';
import { servedPanels } from './panelSuite.ts';
import { themeNames, themeStyle } from './themes.ts';

describe('the graph in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  /** The page with the tab open; `layout` false: the host has not answered yet. */
  const open = async (
    options: Parameters<Harness['open']>[0] = {},
    hasLayout = true,
  ): Promise<void> => {
    panel = await panels.open(options);
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await panel.send({ type: 'showTab', tab: 'graph' });
    if (!hasLayout) return;
    await panel.send({ type: 'graph', layout: layoutFor() });
    await panel.page.waitForSelector('.graph-stage canvas');
  };
  const line = async (): Promise<string> => {
    await panel.settle();
    return panel.page.locator('#graph-line').innerText();
  };
  const press = async (...keys: string[]): Promise<void> => {
    await panel.page.focus('.graph-stage canvas');
    for (const key of keys) {
      await panel.page.keyboard.press(key);
      await panel.settle();
    }
  };
  const posted = async (type: FromPanel['type']): Promise<FromPanel[]> =>
    (await panel.posted()).filter((message) => message.type === type);
  /**
   * The layout is narrower than the canvas, its column of layers 80.5 px left of the middle, and
   * it ends 16 px above the end of the canvas: the worst box lies near the end of the graph.
   */
  const worst = { fromMiddle: -80, fromEnd: 16 + layoutFor().height - (17 + 26 * 53) };
  /** Colour of a pixel of the canvas. */
  const pixel = (fromMiddle: number, fromEnd: number): Promise<number[]> =>
    panel.page.evaluate(
      ([x = 0, y = 0]) => {
        const canvas = document.querySelector<HTMLCanvasElement>('.graph-stage canvas');
        const at = [(canvas?.width ?? 0) / 2 + x, (canvas?.height ?? 0) - y] as const;
        return [...(canvas?.getContext('2d')?.getImageData(...at, 1, 1).data ?? [])];
      },
      [fromMiddle, fromEnd],
    );

  it('asks for the layout once, and tells that it waits', async () => {
    await open({}, false);
    await panel.send({ type: 'state', state: openedModel(), isDirty: true });
    const asked = await posted('layoutGraph');
    // The worst layer is to be in the picture, should it not fit whole.
    assert.deepEqual(asked, [{ type: 'layoutGraph', view: 'layers', around: 25 }]);
    assert.match(await panel.page.innerText('.panel'), /Laying out the graph…/);
    await panel.page.click('button:has-text("Cancel")');
    assert.equal((await posted('cancelGraph')).length, 1);
    await panel.send({ type: 'graph' });
    await panel.page.click('button:has-text("Continue")');
    assert.equal((await posted('layoutGraph')).length, 2);
    const fault = { code: 'no-layout', message: 'It could not be laid out.', remedy: 'Go on.' };
    await panel.send({ type: 'graph', fault });
    await panel.page.waitForSelector('[role=alert]');
    assert.match(await panel.page.innerText('[role=alert]'), /It could not be laid out\. Go on\./);
    await panel.page.click('button:has-text("Try again")');
    assert.equal((await posted('layoutGraph')).length, 3);
  });

  it('starts at the worst node, and follows the edges by keys', async () => {
    await open();
    assert.match(
      await line(),
      /^DW 3×3.*, node conv_dw_13, gap .* decibel, weak, 1 input, 1 output$/,
    );
    assert.match(await panel.page.innerText('.graph-side header'), /conv_dw_13/);
    await press('ArrowUp', 'ArrowUp');
    assert.match(await line(), /node conv_dw_12/);
    await press('ArrowDown');
    assert.match(await line(), /node conv_pw_12/);
    await press('Home', '+', '-', 'PageDown', 'End');
    assert.match(await line(), /node conv_pw_12/);
    await press('Enter');
    await panel.page.locator('.rows .row.current', { hasText: 'conv_pw_12' }).waitFor();
    assert.equal(await panel.page.locator('.rows .row.current .name').innerText(), 'conv_pw_12');
  });

  it('is reached from the menu of a layer', async () => {
    await open();
    await panel.page.click('[role=tab]:has-text("Layers")');
    await panel.page.click('.rows .row:has-text("conv_dw_9")', { button: 'right' });
    await panel.page.click('[role=menuitem]:has-text("Show in graph")');
    await panel.page.waitForSelector('#graph-line');
    assert.match(await line(), /node conv_dw_9,/);
    const focused = await panel.page.evaluate(() => document.activeElement?.getAttribute('role'));
    assert.equal(focused, 'application');
  });

  it('chooses by a press, the list and the neighbours', async () => {
    await open();
    const box = await panel.page.locator('.graph-stage canvas').boundingBox();
    assert.ok(box);
    await panel.page.mouse.click(
      box.x + box.width / 2 + worst.fromMiddle,
      box.y + box.height - worst.fromEnd - 53,
    );
    assert.match(await line(), /node conv_pw_12/);
    await panel.page.click('.worst a >> nth=1');
    assert.match(await line(), /node conv_dw_12/);
    await panel.page.click('.graph-side p:has-text("Feeds") a');
    assert.match(await line(), /node conv_pw_12/);
    assert.equal(await panel.page.locator('.worst li').count(), 14);
  });

  it('finds nodes, one after the other', async () => {
    await open();
    await panel.page.keyboard.press('/');
    await panel.page.keyboard.type('dw_1');
    await panel.settle();
    assert.match(await panel.page.innerText('.graph-find'), /1 of 5/);
    assert.match(await line(), /node conv_dw_1,/);
    await panel.page.keyboard.press('Enter');
    assert.match(await line(), /node conv_dw_10/);
    await panel.page.keyboard.press('Shift+Enter');
    assert.match(await line(), /node conv_dw_1,/);
    await panel.page.keyboard.type('xy');
    await panel.settle();
    assert.match(await panel.page.innerText('.graph-find'), /No node matches “dw_1xy”\./);
    await panel.page.keyboard.press('Escape');
    await panel.settle();
    assert.equal(await panel.page.inputValue('.graph-find input'), '');
  });

  it('asks anew for all nodes, and keeps what was chosen', async () => {
    await open();
    await press('ArrowUp');
    const before = await line();
    await panel.page.click('button:has-text("All nodes")');
    assert.equal((await posted('layoutGraph')).length, 2);
    await panel.send({ type: 'graph', layout: layoutFor(undefined, { view: 'nodes' }) });
    assert.equal(await line(), before);
    assert.match(await panel.page.innerText('.graph-bar'), /86 nodes/);
  });

  it('is filled by the worst in every theme but high contrast, and follows the theme', async () => {
    for (const theme of themeNames) {
      await open({ theme });
      const inside = await pixel(worst.fromMiddle - 70, worst.fromEnd); // left of its words
      const outside = await pixel(300, worst.fromEnd);
      const isContrast = theme.startsWith('hc');
      const isRed = (inside[0] ?? 0) - (inside[1] ?? 0) > 30;
      assert.equal(isRed, !isContrast, `${theme}: ${inside.join()} on ${outside.join()}`);
      if (theme === 'dark') {
        await panel.page.evaluate((style) => {
          document.documentElement.setAttribute('style', style);
          document.body.className = 'vscode-light';
        }, themeStyle('light'));
        await panel.settle();
        const now = await pixel(worst.fromMiddle - 70, worst.fromEnd);
        assert.ok((now[0] ?? 0) > (inside[0] ?? 0) + 60, 'painted anew in the light theme');
      }
      await panel.close();
    }
    await open();
  });

  it('is coloured by what the layers are marked by, once that is measured, unless chosen', async () => {
    const first = async (): Promise<string> => {
      await panel.settle();
      return panel.page.locator('.graph-side .worst li').first().innerText();
    };
    const heading = (): Promise<string> => panel.page.innerText('.graph-side h2.small');
    const worstOf = (layers: readonly LayerRow[], figure: 'alone' | 'local'): string => {
      const db = ({ data }: LayerRow): number => fromWire(data?.now[figure] ?? 'inf');
      return layers.toSorted((a, b) => db(a) - db(b))[0]?.name ?? '';
    };
    await open();
    await first();
    assert.equal(await heading(), 'Largest gap first');
    const swept = measuredModel(false);
    await panel.send({ type: 'state', state: swept, isDirty: false });
    assert.ok((await first()).includes(worstOf(swept.layers, 'alone')));
    assert.equal(await heading(), 'Lowest alone first');
    const layers = swept.layers.map((row): LayerRow => {
      if (!row.data) return row;
      const { local, weights, activations, soFar } = row.data.now;
      return { ...row, data: { ...row.data, now: { local, weights, activations, soFar } } };
    });
    await panel.send({ type: 'state', state: { ...swept, layers }, isDirty: false });
    assert.ok((await first()).includes(worstOf(layers, 'local')));
    assert.equal(await heading(), 'Lowest own SQNR first');
  });

  it('writes one word for an operator, as the table does', async () => {
    await open({}, false);
    const layout = layoutFor();
    const boxes = layout.boxes.map((box) => ({
      ...box,
      title: box.title.replace(/^DW\b/, 'Depthwise'),
    }));
    await panel.send({ type: 'graph', layout: { ...layout, boxes } });
    await panel.page.waitForSelector('.graph-stage canvas');
    assert.match(await line(), /^Depthwise 3×3/, 'spoken it is whole');
    const shown = await panel.page.locator('.graph-side').innerText();
    assert.match(shown, /DW 3×3/);
    assert.doesNotMatch(shown, /Depthwise/);
  });

  it('has no colours for a quantized model', async () => {
    await open();
    await panel.send({ type: 'state', state: quantizedModel(), isDirty: false });
    await panel.send({ type: 'showTab', tab: 'graph' });
    await panel.send({ type: 'graph', layout: layoutFor() });
    assert.equal(await panel.page.locator('.graph-bar vscode-single-select').count(), 0);
    assert.equal(await panel.page.locator('.worst').count(), 0);
  });

  it('says what a part of a graph is, and draws another', async () => {
    await open();
    const part = { around: 25, why: 'The graph is too large to be laid out whole.', all: [] };
    const layout = layoutFor(undefined, { part, boxCount: 9_000 });
    const boxes = layout.boxes.map((box) => (box.id === 25 ? { ...box, hidden: 2 } : box));
    await panel.send({ type: 'graph', layout: { ...layout, boxes } });
    assert.match(await line(), /2 neighbours not drawn$/);
    await panel.page.click('a:has-text("Draw around this node")');
    assert.deepEqual((await posted('layoutGraph')).at(-1), {
      type: 'layoutGraph',
      view: 'layers',
      around: 25,
    });
  });

  it('finds what is not drawn, and draws the part around it', async () => {
    await open();
    const [first, ...others] = layoutFor().boxes;
    const far = { id: 7000, title: 'Concat', name: 'far/concat', merged: [] };
    const farther = { ...far, id: 8000, name: 'farther/concat' };
    const all = [first, far, ...others, farther].flatMap((box) => box ?? []);
    const part = { around: 25, why: 'The graph is too large to be laid out whole.', all };
    await panel.send({ type: 'graph', layout: layoutFor(undefined, { part, boxCount: 9_000 }) });
    const words = (): Promise<string> => panel.page.innerText('.graph-find [role=status]');
    const around = async (): Promise<unknown> => (await posted('layoutGraph')).at(-1);
    const asked = (id: number): unknown => ({ type: 'layoutGraph', view: 'layers', around: id });
    await panel.page.keyboard.press('/');
    await panel.page.keyboard.type('concat');
    await panel.settle();
    assert.equal(await words(), '2 found, not drawn: Enter draws around the first');
    assert.match(await panel.page.innerText('.graph-side'), /2 nodes found\s+Concat\s*far\/concat/);
    assert.notDeepEqual(await around(), asked(7000), 'typing draws nothing anew');
    await panel.page.keyboard.press('Enter');
    await panel.settle();
    assert.deepEqual(await around(), asked(7000));
    assert.equal(await words(), '1 of 2');
    const drawn = layoutFor(undefined, { part: { ...part, around: 7000 }, boxCount: 9_000 });
    const boxes = drawn.boxes.map((box) => (box.name === 'sum' ? { ...box, ...far } : box));
    await panel.send({ type: 'graph', layout: { ...drawn, boxes } });
    assert.match(await line(), /node far\/concat/);
    const focused = await panel.page.evaluate(() => document.activeElement?.tagName);
    assert.equal(focused, 'INPUT', 'and the next one is an Enter away');
    await panel.page.click('.graph-side a:has-text("Concat") >> nth=1');
    await panel.settle();
    assert.deepEqual(await around(), asked(8000));
  });

  it('goes with the narrow page, its list below', async () => {
    await open({ width: 480, height: 800 });
    assert.equal(await panel.page.isVisible('.graph-map'), false);
    const stage = await panel.page.locator('.graph-stage').boundingBox();
    const side = await panel.page.locator('.graph-side').boundingBox();
    assert.ok(stage && side && side.y >= stage.y + stage.height - 1 && stage.height > 100);
  });

  it('is usable with 10,000 nodes', async () => {
    panel = await panels.open();
    const layers = manyLayers(10_000);
    await panel.send({ type: 'state', state: { ...openedModel(), layers }, isDirty: false });
    await panel.send({ type: 'showTab', tab: 'graph' });
    await panel.send({ type: 'graph', layout: layoutFor(layers) });
    await panel.page.waitForSelector('.graph-stage canvas');
    await panel.page.focus('.graph-stage canvas');
    for (const key of ['Home', 'End', 'ArrowUp', 'ArrowUp', 'PageDown']) {
      await panel.page.keyboard.press(key);
    }
    await panel.page.keyboard.press('/');
    await panel.page.keyboard.type('layer');
    assert.match(await line(), /node /);
    assert.match(await panel.page.innerText('.graph-bar'), /10,00[0-9]/);
  }).timeout(180_000); // handing 10,000 rows over to the browser takes most of it
});
