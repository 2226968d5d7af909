import assert from 'node:assert/strict';
import type { ModelState } from '../../server/protocol/model.ts';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { measuredModel } from './fixtureData.ts';
import { manyLayers } from './fixtureLayers.ts';
import { cockpitFor, noLayersModel, quantizedModel } from './fixtureStates.ts';
import { openedModel, repairedModel } from './fixtures.ts';
import type { Harness, OpenPanel } from './harness.ts';
import { lastPosted, servedPanels } from './panelSuite.ts';

describe('the model page in a browser', () => {
  const panels = servedPanels();
  let panel: OpenPanel;

  const open = async (options: Parameters<Harness['open']>[0] = {}): Promise<void> => {
    panel = await panels.open(options);
  };
  const opened = async (options: Parameters<Harness['open']>[0] = {}): Promise<void> => {
    await open(options);
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await panel.page.waitForSelector('.rows .row');
  };
  const last = <T extends FromPanel['type']>(type: T): ReturnType<typeof lastPosted<T>> =>
    lastPosted(panel, type);
  const rowNames = (): Promise<string[]> => panel.page.locator('.rows .row .name').allInnerTexts();
  const current = (): Promise<string> => panel.page.locator('.rows .row.current .name').innerText();

  it('says ready first, and nothing else before it is told anything', async () => {
    await open();
    assert.deepEqual(await panel.posted(), [{ type: 'ready' }]);
    assert.match(await panel.page.innerText('#root'), /Opening…/);
  });

  it('draws the layers, worst first, and asks why of the first', async () => {
    await opened();
    assert.deepEqual((await rowNames()).slice(0, 3), ['conv_dw_13', 'conv_dw_12', 'conv_dw_9']);
    assert.deepEqual(await last('describe'), { type: 'describe', layer: 25 });
    assert.deepEqual(await panel.page.locator('[role=tab]').allInnerTexts(), [
      'Layers28',
      'Graph',
      'Findings3',
      'Ledger77',
      'Compare',
      'Proof',
    ]);
    assert.equal(await panel.page.locator('button.main').count(), 1);
  });

  it('asks why again when a measurement ends at the same revision', async () => {
    await opened();
    const asked = async (): Promise<number> =>
      (await panel.posted()).filter(({ type }) => type === 'describe').length;
    const send = (state: ModelState): Promise<void> =>
      panel.send({ type: 'state', state, isDirty: false });
    const repaired = measuredModel(true);
    await send({ ...repaired, measuring: { detail: 'Calibrating.', share: 0.1 } });
    const before = await asked();
    await send({ ...repaired, measuring: { detail: 'Calibrating.', share: 0.5 } });
    assert.equal(await asked(), before, 'progress alone says nothing new of a layer');
    await send(repaired);
    assert.equal(await asked(), before + 1);
  });

  it('moves by keys, goes into the cockpit with Enter and back with Escape', async () => {
    await opened();
    await panel.page.focus('.table');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await panel.page.keyboard.press(key);
    await panel.settle();
    assert.equal(await current(), 'conv_dw_12');
    await panel.page.keyboard.press('End');
    await panel.settle();
    assert.equal(await panel.page.getAttribute('.rows .row.current', 'aria-rowindex'), '29');
    await panel.page.keyboard.press('Home');
    await panel.send({ type: 'cockpit', cockpit: cockpitFor(25, 1, false) });
    await panel.page.waitForSelector('.strips');
    await panel.page.keyboard.press('Enter');
    await panel.settle();
    assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'strips');
    await panel.page.keyboard.press('ArrowRight');
    await panel.settle();
    assert.match(
      await panel.page.locator('.cockpit .for-readers').innerText(),
      /^channel \d+: conv_pw_12 /,
    );
    await panel.page.keyboard.press('Escape');
    await panel.page.keyboard.press('Escape');
    await panel.settle();
    assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'table');
  });

  it('filters after /, says when nothing matches, and clears', async () => {
    await opened();
    await panel.page.keyboard.press('/');
    await panel.page.keyboard.type('dw_1');
    await panel.settle();
    assert.deepEqual((await rowNames()).sort(), [
      'conv_dw_1',
      'conv_dw_10',
      'conv_dw_11',
      'conv_dw_12',
      'conv_dw_13',
    ]);
    await panel.page.keyboard.type('xy');
    await panel.settle();
    assert.match(await panel.page.innerText('.work'), /No layer matches “dw_1xy”\./);
    await panel.page.keyboard.press('Escape');
    await panel.settle();
    assert.ok((await rowNames()).length > 5);
    assert.equal(await last('discard'), undefined);
  });

  it('sorts by a head, and keeps sort and tab for the next time', async () => {
    await opened();
    await panel.page.click('[role=columnheader] button:has-text("Layer")');
    await panel.settle();
    assert.equal((await rowNames())[0], 'conv_dw_1');
    assert.equal(
      await panel.page.getAttribute('[role=columnheader]:has-text("Layer")', 'aria-sort'),
      'ascending',
    );
    await panel.page.focus('[role=tab][aria-selected=true]');
    await panel.page.keyboard.press('ArrowRight');
    await panel.page.keyboard.press('ArrowRight');
    await panel.settle();
    const kept = await panel.page.evaluate(() =>
      (Reflect.get(window, 'keptState') as () => unknown)(),
    );
    await panel.close();
    await open({ kept });
    await panel.send({ type: 'state', state: openedModel(), isDirty: false });
    await panel.page.waitForSelector('.finding');
    assert.equal(await panel.page.innerText('[role=tab][aria-selected=true]'), 'Findings3');
    await panel.page.click('[role=tab]:has-text("Layers")');
    await panel.page.waitForSelector('.rows .row');
    assert.equal((await rowNames())[0], 'conv_dw_1');
  });

  it('keeps the selected layer in sight when the sort changes', async () => {
    await opened({ width: 1200, height: 640 });
    await panel.page.click('.rows .row >> nth=0');
    await panel.page.click('[role=columnheader] button:has-text("Gap")');
    await panel.page.locator('.rows .row.current', { hasText: 'conv_dw_13' }).waitFor();
    await panel.settle();
    assert.equal(await current(), 'conv_dw_13');
    const isSeen = await panel.page.locator('.rows .row.current').evaluate((row) => {
      const [box, table] = [row.getBoundingClientRect(), row.closest('.table')];
      return table !== null && box.bottom <= table.getBoundingClientRect().bottom + 1;
    });
    assert.ok(isSeen);
  });

  it('selects the first row of the order, also when the numbers come in later', async () => {
    const model = openedModel();
    const layers = model.layers.map((row) => ({ ...row, isMeasured: false }));
    await open();
    await panel.send({
      type: 'state',
      state: { ...model, layers, isComplete: false },
      isDirty: false,
    });
    await panel.send({ type: 'state', state: model, isDirty: false });
    await panel.page.locator('.rows .row.current', { hasText: 'conv_dw_13' }).waitFor();
    assert.equal(await current(), 'conv_dw_13');
  });

  it('sorts by its box with keys and the pointer, in step with the heads', async () => {
    await opened({ width: 420, height: 800 });
    const shown = (): Promise<string> =>
      panel.page.locator('vscode-single-select .select-face').innerText();
    assert.equal((await shown()).trim(), 'Largest gap first');
    await panel.page.focus('vscode-single-select');
    for (const key of ['Enter', 'ArrowDown', 'Enter']) await panel.page.keyboard.press(key);
    await panel.settle();
    assert.equal((await shown()).trim(), 'Lowest weights SQNR first');
    const sorted = panel.page.locator('[role=columnheader][aria-sort]');
    assert.match(await sorted.innerText(), /^Weights/, 'the one column of figures is what sorts');
    await panel.page.click('[role=columnheader] button:has-text("Layer")');
    await panel.settle();
    assert.equal((await shown()).trim(), 'By name');
    await panel.page.click('vscode-single-select');
    await panel.page.click('vscode-single-select [role=option]:has-text("Smallest gap first")');
    await panel.settle();
    assert.equal((await shown()).trim(), 'Smallest gap first');
    assert.equal(
      await panel.page.getAttribute('[role=columnheader]:has-text("Gap")', 'aria-sort'),
      'ascending',
    );
    await panel.page.click('vscode-single-select');
    await panel.page.waitForSelector('vscode-single-select[open]');
    await panel.page.keyboard.press('Escape');
    await panel.settle();
    assert.equal(await panel.page.getAttribute('vscode-single-select', 'open'), null);
    assert.equal(await last('discard'), undefined);
  });

  it('selects many and copies them as TSV', async () => {
    await opened();
    await panel.page.click('.rows .row >> nth=0');
    await panel.page.click('.rows .row >> nth=2', { modifiers: ['Shift'] });
    await panel.page.click('.rows .row >> nth=4', { modifiers: ['Control'] });
    const selected = await last('select');
    assert.equal(selected?.layers.length, 4);
    assert.equal(
      await panel.page.evaluate(() => String(getSelection())),
      '',
      'rows are selected, not the words in them',
    );
    await panel.page.focus('.table');
    await panel.page.keyboard.press('Control+c');
    const lines = (await last('copy'))?.text.split('\n') ?? [];
    assert.equal(lines.length, 5);
    assert.match(lines[1] ?? '', /^conv_dw_13\tDW 3×3\t/);
  });

  it('has a menu on a row, for the keyboard too', async () => {
    await opened();
    await panel.page.click('.rows .row >> nth=1 >> .name', { button: 'right' });
    await panel.page.waitForSelector('[role=menuitem]:focus');
    assert.deepEqual(await panel.page.locator('[role=menuitem] span:first-child').allInnerTexts(), [
      'Equalize this set',
      'Equalize selected as one set',
      'Fold selected…',
      'Correct this layer',
      'Undo for this layer',
      'Leave in float',
      'More bits…',
      'Ignore in corrections',
      'Show in graph',
      'Show in ledger',
      'Save chart…',
      'Copy row',
    ]);
    await panel.page.keyboard.press('Enter');
    assert.deepEqual(await last('preview'), {
      type: 'preview',
      steps: ['equalize'],
      layers: [23],
    });
    assert.equal(await panel.page.locator('[role=menu]').count(), 0);
  });

  it('holds few rows of 10,000 and scrolls to their end', async () => {
    await open();
    await panel.send({
      type: 'state',
      state: { ...openedModel(), layers: manyLayers(10_000) },
      isDirty: false,
    });
    await panel.page.waitForSelector('.rows .row');
    const count = (): Promise<number> => panel.page.locator('.rows .row').count();
    assert.ok((await count()) < 60);
    await panel.page.focus('.table');
    await panel.page.keyboard.press('End');
    await panel.settle();
    assert.ok((await count()) < 60);
    assert.equal(await panel.page.getAttribute('.rows .row.current', 'aria-rowindex'), '10001');
    const isSeen = await panel.page.locator('.rows .row.current').evaluate((row) => {
      const [box, table] = [
        row.getBoundingClientRect(),
        row.closest('.table')?.getBoundingClientRect(),
      ];
      return table !== undefined && box.bottom <= table.bottom && box.top >= table.top;
    });
    assert.ok(isSeen);
  });

  it('tells of a fault, and offers the ways out', async () => {
    await opened();
    await panel.send({
      type: 'failed',
      title: 'Fold failed',
      fault: { code: 'x', message: 'The engine ended.', where: 'conv_dw_1' },
    });
    await panel.page.waitForSelector('[role=alert]');
    await panel.send({
      type: 'failed',
      title: 'Equalizing',
      fault: { code: 'not-a-set', message: 'b does not follow a.', isWhyNot: true },
    });
    const calm = panel.page.locator('.strip:has-text("Equalizing: not possible")');
    assert.match(await calm.innerText(), /b does not follow a\./);
    assert.deepEqual(await calm.locator('button').allInnerTexts(), ['Dismiss']);
    assert.equal(await panel.page.locator('[role=alert]').count(), 0);
    await panel.send({
      type: 'failed',
      title: 'Fold failed',
      fault: { code: 'x', message: 'The engine ended.', where: 'conv_dw_1' },
    });
    await panel.page.waitForSelector('[role=alert]');
    await panel.page.click('button:has-text("Try again")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'tryAgain' });
    await panel.send({ type: 'changedOnDisk' });
    await panel.page.click('button:has-text("Load theirs")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'loadTheirs' });
    await panel.send({
      type: 'unreadable',
      name: 'broken.onnx',
      fault: { code: 'truncated', message: 'It ends early.', offset: 1234 },
    });
    await panel.page.waitForSelector('h2:has-text("cannot be read")');
    assert.match(await panel.page.innerText('#root'), /at byte 1,234/);
    assert.match(await panel.page.innerText('#root'), /Try again reads the file anew/);
    await panel.send({
      type: 'unreadable',
      name: 'broken.onnx',
      fault: { code: 'shard-missing', message: 'w.bin is missing.', beside: ['/m/w.bin'] },
    });
    await panel.page.waitForSelector('text=read again as soon as that file changes on disk');
    await panel.page.click('button:has-text("Open as text")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'openAsText' });
  });

  it('shows what is quantized already, and what has no layers', async () => {
    await open();
    await panel.send({ type: 'state', state: quantizedModel(), isDirty: false });
    await panel.page.waitForSelector('[aria-label=Encodings]');
    const cells = panel.page.locator('.rows .row >> nth=0').locator('.cell');
    const texts = (await cells.allTextContents()).map((text) => text.trim());
    assert.match(texts.join(' '), /serving_default_input int8 0\.0391 0 −5\.01…4\.97/);
    await panel.page.click('button:has-text("Open the float model…")');
    assert.deepEqual(await last('command'), { type: 'command', id: 'openFloatModel' });
    await panel.send({ type: 'state', state: noLayersModel(), isDirty: false });
    await panel.page.waitForSelector('h2:has-text("No layer with weights")');
  });

  it('does not spill over at any width, in any theme', async () => {
    for (const [width, height] of [
      [1400, 900],
      [900, 700],
      [640, 600],
      [420, 800],
      [380, 700],
    ] as const) {
      for (const tab of ['layers', 'graph', 'findings', 'ledger', 'proof'] as const) {
        await open({ width, height, theme: width < 700 ? 'hc-dark' : 'light' });
        await panel.send({ type: 'state', state: repairedModel(), isDirty: true });
        await panel.send({ type: 'showTab', tab });
        await panel.settle();
        const spilled = await panel.page.evaluate(() =>
          [...document.querySelectorAll('body, .panel, .table, .pane, .cockpit')]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.className),
        );
        assert.deepEqual(spilled, [], `${tab} at ${width} px`);
        await panel.close();
      }
    }
    await open();
  });
});
