import assert from 'node:assert/strict';
import type { OpenPanel } from '../harness.ts';
import { layoutFor } from '../graphFixtures.ts';
import { measuredCockpit, measuredModel, measuringModel } from '../fixtureData.ts';
import { openedModel, previewedModel, repairedModel } from '../fixtures.ts';
import { servedPanels } from '../panelSuite.ts';
import { leastTokens } from '../themes.ts';
import { wear } from './axe.ts';

/** What graphics must have against their background (WCAG 2.2, 1.4.11). */
const leastContrast = 3;

describe('the page for whom it is made', () => {
  const panels = servedPanels();
  let panel: OpenPanel;
  const opened = async (state = openedModel()): Promise<void> => {
    panel = await panels.open();
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.page.waitForSelector('.rows .row');
  };
  const focused = (): Promise<string> =>
    panel.page.evaluate(() => document.activeElement?.className ?? '');

  it('gives the focus to the preview whose button is gone, and then to the tab', async () => {
    await opened();
    await panel.page.focus('button[aria-label="Preview: Fold"]');
    await panel.send({ type: 'state', state: previewedModel(), isDirty: false });
    await panel.page.waitForSelector('.strip.preview:focus');
    await panel.page.keyboard.press('Tab');
    assert.equal(await focused(), 'main');
    await panel.send({ type: 'state', state: repairedModel(), isDirty: true });
    await panel.page.waitForSelector('[role=tab][aria-selected=true]:focus');
  });

  it('leaves the focus where it is while something else is drawn', async () => {
    await opened();
    await panel.page.focus('.table');
    await panel.send({ type: 'state', state: previewedModel(), isDirty: false });
    await panel.page.waitForSelector('.strip.preview');
    await panel.settle();
    assert.equal(await focused(), 'table');
  });

  it('moves nothing when motion is to be reduced', async () => {
    await opened(measuringModel());
    await panel.send({ type: 'busy', job: { title: 'Reading', detail: '' } });
    await panel.page.waitForSelector('.progress.unknown');
    const moving = (): Promise<number> =>
      panel.page.evaluate(() => {
        const timed = [...document.querySelectorAll('*')].filter((element) =>
          getComputedStyle(element)
            .transitionDuration.split(',')
            .some((duration) => parseFloat(duration) > 0),
        );
        return timed.length + document.getAnimations().length;
      });
    assert.equal(await moving(), 0);
    await panel.page.emulateMedia({ reducedMotion: 'no-preference' });
    await panel.settle();
    assert.ok((await moving()) > 10, 'rows and buttons fade, the line wanders');
  });

  it('shows what is chosen in forced colours, which leave no shadow and no fill', async () => {
    await opened(measuredModel(true));
    await panel.send({ type: 'reveal', layer: 25 });
    await panel.send({ type: 'cockpit', cockpit: measuredCockpit(25, 3, true) });
    await panel.page.emulateMedia({ forcedColors: 'active' });
    await panel.settle();
    const bordersOf = (selector: string): Promise<string[]> =>
      panel.page.locator(selector).evaluateAll((all) =>
        all.map((one) => {
          const { borderBottomWidth, borderLeftWidth } = getComputedStyle(one);
          return `${borderBottomWidth} ${borderLeftWidth}`;
        }),
      );
    const chosen = await bordersOf(
      '.tabs [aria-selected=true], .switch [aria-pressed=true], .rows .row.current',
    );
    const others = await bordersOf('.tabs [aria-selected=false], .switch [aria-pressed=false]');
    assert.ok(chosen.length >= 4, `${chosen.length} are chosen`);
    assert.ok(
      chosen.every((widths) => widths.includes('2px')),
      chosen.join(', '),
    );
    assert.ok(others.length > 4 && others.every((widths) => !widths.includes('2px')));
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`draws every mark so that it is seen in a ${theme} theme with the least tokens`, async () => {
      await opened(measuredModel(true));
      await panel.send({ type: 'reveal', layer: 25 });
      await panel.send({ type: 'cockpit', cockpit: measuredCockpit(25, 3, true) });
      await wear(panel.page, theme, leastTokens);
      await panel.page.waitForSelector('.strips');
      await panel.settle();
      const faint = await panel.page.evaluate(faintMarks);
      assert.ok(faint.looked > 50, `${faint.looked} shapes`);
      assert.deepEqual(
        faint.found.filter(({ contrast }) => contrast < leastContrast),
        [],
      );
    });
  }

  it('shows where the focus is with the least tokens', async () => {
    await opened();
    await wear(panel.page, 'dark', leastTokens);
    await panel.page.keyboard.press('Tab');
    for (let i = 0; i < 12; i++) {
      const ring = await panel.page.evaluate(() => {
        const element = document.activeElement;
        const style = element ? getComputedStyle(element) : undefined;
        return { what: element?.outerHTML.slice(0, 80) ?? '', outline: style?.outlineStyle };
      });
      const isOwn = /class="table"|^<vscode-|^<body/.test(ring.what);
      if (!isOwn) assert.equal(ring.outline, 'solid', ring.what);
      await panel.page.keyboard.press('Tab');
    }
  });

  it('paints the graph with the least tokens too', async () => {
    await opened();
    await wear(panel.page, 'dark', leastTokens);
    await panel.send({ type: 'showTab', tab: 'graph' });
    await panel.send({ type: 'graph', layout: layoutFor() });
    await panel.page.waitForSelector('.graph-stage canvas');
    await panel.settle();
    const colours = await panel.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.graph-stage canvas');
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
      let light = 0;
      for (let i = 0; i < (pixels?.length ?? 0); i += 4) if ((pixels?.[i] ?? 0) > 150) light++;
      return light;
    });
    assert.ok(colours > 500, 'words and boxes stand out from the dark ground');
  });
});

/**
 * Shapes that mean something, and their contrast against the page. It runs in the page, where the
 * helpers that tsx gives to named functions are not: it has none.
 */
function faintMarks(): { looked: number; found: { what: string; contrast: number }[] } {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!canvas) return { looked: 0, found: [] };
  const ground = getComputedStyle(document.body).backgroundColor;
  const shapes = document.querySelectorAll(
    '.mark, svg .now, svg .now-line, svg .half, svg .lost, svg .median, svg .ghost, svg text',
  );
  const found = [...shapes].map((shape) => {
    const style = getComputedStyle(shape);
    const luminances = [ground, style.fill, style.stroke].map((colour) => {
      if (colour === 'none') return undefined;
      canvas.fillStyle = ground;
      canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) =>
        value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
    const [page = 0, ...drawn] = luminances;
    const contrasts = drawn.map((light) =>
      light === undefined ? 0 : (Math.max(light, page) + 0.05) / (Math.min(light, page) + 0.05),
    );
    return { what: shape.outerHTML.slice(0, 80), contrast: Math.max(...contrasts) };
  });
  return { looked: found.length, found };
}
