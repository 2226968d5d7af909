import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import { measuredCockpit, measuredModel, syntheticModel } from './fixtureData.ts';
import { cockpitFor } from './fixtureStates.ts';
import { estimatedModel, openedModel, previewedModel, repairedModel } from './fixtures.ts';
import { chromiumPath, Harness, type OpenPanel } from './harness.ts';

describe('layers and their cockpit in a browser', () => {
  let harness: Harness;
  let panel: OpenPanel;

  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    harness = await Harness.start();
  });
  after(async () => harness?.close());
  afterEach(async () => {
    if (!panel) return;
    await panel.close();
    assert.deepEqual(panel.faults, []);
  });

  const open = async (state: ModelState, cockpit?: CockpitState, width = 1400): Promise<void> => {
    panel = await harness.open({ width, height: 1000 });
    await panel.send({ type: 'state', state, isDirty: false });
    await panel.page.waitForSelector('.rows .row');
    if (!cockpit) return;
    await panel.send({ type: 'reveal', layer: cockpit.layer });
    await panel.send({ type: 'cockpit', cockpit });
    await panel.page.waitForSelector('.strips');
  };
  const lastPosted = async <T extends FromPanel['type']>(
    type: T,
  ): Promise<Extract<FromPanel, { type: T }> | undefined> => {
    const all = await panel.posted();
    return all.findLast(
      (message): message is Extract<FromPanel, { type: T }> => message.type === type,
    );
  };
  const row = (name: string): string => `.rows .row:has(.name[title="${name}"])`;
  const menuOn = async (...names: readonly string[]): Promise<void> => {
    for (const [at, name] of names.entries())
      await panel.page.click(row(name), at > 0 ? { modifiers: ['Control'] } : {});
    await panel.page.click(row(names.at(-1) ?? ''), { button: 'right' });
    await panel.page.waitForSelector('[role=menuitem]:focus');
  };
  const pick = (label: string): Promise<void> =>
    panel.page.click(`[role=menuitem]:has(span:text-is("${label}"))`);
  const isOff = (label: string): Promise<string | null> =>
    panel.page.getAttribute(`[role=menuitem]:has(span:text-is("${label}"))`, 'title');
  const notes = (): Promise<string[]> =>
    panel.page.locator('.strips svg text.note.end').allTextContents();

  it('shows the figures by which the layers are sorted, also where there is room for one column', async () => {
    const model = openedModel();
    const target = { ...model.target, granularity: 'channel' as const };
    await open({ ...model, target }, undefined, 480);
    const heads = await panel.page.locator('[role=columnheader]').allInnerTexts();
    assert.ok(
      heads.some((head) => /^Weights\s+dB$/.test(head.trim())),
      heads.join('|'),
    );
    const figures = (await panel.page.locator('.rows .row > .end').allInnerTexts()).map(Number);
    assert.ok(figures.length > 5);
    assert.deepEqual(
      figures,
      [...figures].sort((a, b) => a - b),
    );
  });

  describe('the menu of a row', () => {
    it('leaves the selected layers in float, and takes that back', async () => {
      await open(openedModel());
      await menuOn('conv_dw_13', 'conv_dw_12');
      await pick('Leave in float');
      const target = (await lastPosted('setTarget'))?.target;
      assert.deepEqual(target, {
        ...openedModel().target,
        exceptions: ['conv_dw_13', 'conv_dw_12'].map((layer) => ({ layer, weightBits: 'float' })),
      });
      const model = openedModel();
      const layers = model.layers.map((one) =>
        target?.exceptions?.some(({ layer }) => layer === one.name)
          ? { ...one, ownBits: 'float' as const }
          : one,
      );
      await panel.send({ type: 'state', state: { ...model, target, layers }, isDirty: false });
      await panel.page.waitForSelector(`${row('conv_dw_12')} .apart:text-is("float")`);
      await menuOn('conv_dw_12');
      await pick('Round as the target says');
      assert.deepEqual((await lastPosted('setTarget'))?.target.exceptions, [
        { layer: 'conv_dw_13', weightBits: 'float' },
      ]);
    });

    it('gives more bits by a second menu, with the keyboard alone', async () => {
      await open(openedModel());
      await panel.page.focus('.table');
      await panel.page.keyboard.press('Home');
      await panel.page.keyboard.press('Shift+F10');
      await panel.page.waitForSelector('[role=menuitem]:focus');
      for (let at = 0; at < 6; at++) await panel.page.keyboard.press('ArrowDown');
      await panel.page.keyboard.press('Enter');
      await panel.page.waitForSelector('[role=menuitem]:focus >> text=10 bits');
      assert.deepEqual(
        await panel.page.locator('[role=menuitem] span:first-child').allInnerTexts(),
        ['10 bits', '12 bits', '16 bits', '8 bits, as the target says'],
      );
      await panel.page.keyboard.press('ArrowDown');
      await panel.page.keyboard.press('ArrowDown');
      await panel.page.keyboard.press('Enter');
      assert.deepEqual((await lastPosted('setTarget'))?.target.exceptions, [
        { layer: 'conv_dw_13', weightBits: 16 },
      ]);
      assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'table');
    });

    it('has layers ignored in corrections, besides those that are already', async () => {
      const model = openedModel();
      const layers = model.layers.map((one) =>
        one.name === 'conv1' ? { ...one, isIgnored: true } : one,
      );
      await open({ ...model, layers });
      assert.equal(await panel.page.innerText(`${row('conv1')} .apart`), 'ignored');
      assert.match(
        (await panel.page.getAttribute(row('conv1'), 'aria-label')) ?? '',
        /^conv1, ignored in corrections, /,
      );
      await menuOn('conv_dw_13');
      await pick('Ignore in corrections');
      assert.deepEqual((await lastPosted('leaveAlone'))?.names, ['conv1', 'conv_dw_13']);
      await menuOn('conv1');
      await pick('Stop ignoring in corrections');
      assert.deepEqual((await lastPosted('leaveAlone'))?.names, []);
    });

    it('works by hand on what is selected: one set, or all the sets of the layers', async () => {
      await open(openedModel());
      await menuOn('conv_dw_13');
      assert.match((await isOff('Equalize selected as one set')) ?? '', /two or more/);
      assert.match((await isOff('Correct this layer')) ?? '', /Choose samples first/);
      await panel.page.keyboard.press('Escape');
      await panel.page.waitForSelector('[role=menu]', { state: 'detached' });
      await menuOn('conv_dw_12', 'conv_dw_13');
      await pick('Equalize selected as one set');
      assert.deepEqual(await lastPosted('command'), { type: 'command', id: 'equalizeSelected' });
      assert.deepEqual((await lastPosted('select'))?.layers, [23, 25]);
      await menuOn('conv_dw_12', 'conv_dw_13');
      await pick('Equalize these sets');
      assert.deepEqual(await lastPosted('preview'), {
        type: 'preview',
        steps: ['equalize'],
        layers: [25, 23],
      });
    });

    it('changes nothing while a preview is shown, and says why', async () => {
      await open(previewedModel());
      await menuOn('conv_dw_13');
      for (const label of ['Equalize this set', 'Leave in float', 'Ignore in corrections'])
        assert.match((await isOff(label)) ?? '', /Apply or discard the preview first/);
    });
  });

  describe('the table', () => {
    it('explains every head', async () => {
      for (const model of [openedModel(), measuredModel(true)]) {
        await open(model);
        const heads = await panel.page
          .locator('[role=columnheader]')
          .evaluateAll((all) =>
            all.map((one) => [one.textContent, one.getAttribute('title')] as const),
          );
        for (const [head, about] of heads) assert.ok(about, `${head?.trim()} says nothing`);
        await panel.close();
      }
      await open(openedModel());
    });

    it('says least, quartiles, largest and step of a bar', async () => {
      await open(openedModel());
      const said = await panel.page.locator(`${row('conv_dw_13')} svg > title`).allTextContents();
      assert.match(
        said.join(' '),
        /Channels [\d.e−]+ to [\d.]+, quartiles [\d.]+, [\d.]+, [\d.]+\. Step [\d.]+\./,
      );
    });

    it('has room for every column that it shows, at every width', async () => {
      for (const model of [measuredModel(true), openedModel(), estimatedModel()]) {
        await open(model, undefined, 660);
        for (let width = 660; width <= 1500; width += 60) {
          await panel.resize({ width, height: 700 });
          const [wide, room] = await panel.page
            .locator('.table')
            .evaluate((table) => [table.scrollWidth, table.clientWidth]);
          assert.ok((wide ?? 0) <= (room ?? 0), `${wide} of ${room} px at ${width} px`);
          const cut = await panel.page.locator('.row.head').evaluate((head) => {
            const edge = head.getBoundingClientRect().right;
            return [...head.children].some((cell) => cell.getBoundingClientRect().right > edge - 4);
          });
          assert.ok(!cut, `the last column touches the edge at ${width} px`);
        }
        await panel.close();
      }
      await open(openedModel());
    });
  });

  it('cuts no title of an axis, at any width', async () => {
    for (const model of [openedModel(), measuredModel(true), estimatedModel()]) {
      await open(model);
      for (let width = 380; width <= 1420; width += 40) {
        await panel.resize({ width, height: 700 });
        const cut = await panel.page
          .locator('.axis-title')
          .evaluateAll((all) =>
            all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent),
          );
        assert.deepEqual(cut, [], `${width} px`);
      }
      await panel.close();
    }
    await open(openedModel());
  });

  describe('the cockpit', () => {
    it('reads the channel under the pointer in all strips at once, and pins it by a click', async () => {
      await open(repairedModel(), cockpitFor(25, 3, true));
      const before = await notes();
      assert.match(before[0] ?? '', /^makes them · widest /);
      await panel.page.hover('.strips', { position: { x: 200, y: 150 } });
      await panel.page.waitForSelector('.strips .cursor', { state: 'attached' });
      await panel.settle();
      const read = await notes();
      assert.equal(read.length, 5);
      for (const [at, note] of read.entries())
        assert.match(note, at % 2 === 1 ? /^[\d.e−]+×$/ : /^([\d.e−]+ → [\d.e−]+|dead)/);
      await panel.page.mouse.down();
      await panel.page.mouse.up();
      await panel.page.mouse.move(10, 10);
      await panel.page.waitForSelector('.strips .cursor.pinned', { state: 'attached' });
      await panel.settle();
      assert.deepEqual(await notes(), read);
      await panel.page.focus('.strips');
      await panel.page.keyboard.press('ArrowRight');
      await panel.settle();
      const next = await notes();
      assert.notDeepEqual(next, read);
      await panel.page.keyboard.press('ArrowLeft');
      await panel.settle();
      assert.deepEqual(await notes(), read);
      await panel.page.keyboard.press('Escape');
      await panel.settle();
      assert.deepEqual(await notes(), before);
    });

    it('keeps the pin at its channel, however channels are ordered', async () => {
      await open(repairedModel(), cockpitFor(25, 3, true));
      await panel.page.focus('.strips');
      await panel.page.keyboard.press('Home');
      await panel.settle();
      const read = await notes();
      await panel.page.click('.switches button:text-is("By index")');
      await panel.settle();
      assert.deepEqual(await notes(), read);
      assert.match(await panel.page.innerText('.strips'), /channel \d+, pinned/);
      await panel.page.focus('.strips');
      await panel.page.keyboard.press('Home');
      await panel.settle();
      assert.match(await panel.page.innerText('.strips'), /channel 0, pinned/);
    });

    it('drops the pin when the layer comes to be in other sets', async () => {
      const cockpit = cockpitFor(25, 3, true);
      await open(repairedModel(), cockpit);
      await panel.page.focus('.strips');
      await panel.page.keyboard.press('End');
      await panel.settle();
      const [, other] = cockpit.sets;
      assert.ok(other);
      await panel.send({ type: 'cockpit', cockpit: { ...cockpit, sets: [other] } });
      await panel.settle();
      assert.doesNotMatch(await panel.page.innerText('.strips'), /pinned/);
      assert.match(await panel.page.innerText('.strips'), /256 channels, widest first/);
    });

    it('has a switch between the two sets of a layer, and between two orders', async () => {
      await open(repairedModel(), cockpitFor(25, 3, true));
      const pressed = (): Promise<string[]> =>
        panel.page.locator('.switches [aria-pressed=true]').allInnerTexts();
      assert.deepEqual(await pressed(), ['Set 2', 'Widest first']);
      await panel.page.click('.switches button:text-is("Set 3")');
      await panel.settle();
      assert.equal(await panel.page.locator('.strips .chart-title').count(), 2);
      await panel.page.click('.switches button:text-is("By index")');
      await panel.settle();
      assert.deepEqual(await pressed(), ['Set 3', 'By index']);
      assert.match(await panel.page.innerText('.strips'), /256 channels, by index/);
    });

    it('says when four channels share a bar', async () => {
      const model = measuredModel(true);
      const layers = model.layers.map((one) => (one.id === 25 ? { ...one, channels: 512 } : one));
      const cockpit = measuredCockpit(25, 3, true);
      const [set, ...others] = cockpit.sets;
      assert.ok(set);
      const binned = { ...set, channels: 1022, isBinned: true };
      await open({ ...model, layers }, { ...cockpit, sets: [binned, ...others] });
      assert.match(await panel.page.innerText('.strips'), /1,022 channels in bins of 4, widest/);
      const bias = panel.page.locator('svg[data-chart^="Bias error"]');
      assert.match(await bias.innerHTML(), /Bias error, largest of 4 channels/);
      const { now, before } = layers[25]?.data ?? {};
      const mean = (value: number | undefined): string => (value ?? NaN).toFixed(2);
      assert.match(
        await bias.innerHTML(),
        new RegExp(`mean ${mean(before?.biasError)} → ${mean(now?.biasError)} σ`),
      );
    });

    it('undoes for the layer where it says what became of it', async () => {
      await open(repairedModel(), cockpitFor(25, 3, true));
      const words = panel.page.locator('.cockpit p:has(a:text-is("Undo for this layer"))');
      assert.match(await words.innerText(), /^Now: spread .* Undo for this layer$/);
      await panel.page.click('a:text-is("Undo for this layer")');
      assert.deepEqual(await lastPosted('undoLayer'), { type: 'undoLayer', layer: 25 });
    });

    it('previews equalizing its set, with what that would bring', async () => {
      await open(openedModel(), cockpitFor(25, 1, false));
      const words = panel.page.locator('.cockpit p:has(a:text-is("Preview equalizing this set"))');
      assert.match(await words.innerText(), /· weights 22\.7 → 31\.2 dB$/);
      await panel.page.click('a:text-is("Preview equalizing this set")');
      assert.deepEqual(await lastPosted('preview'), {
        type: 'preview',
        steps: ['equalize'],
        layers: [25],
      });
    });

    it('says why a layer is in no set, once, with the way to the ledger', async () => {
      const cockpit = cockpitFor(27, 3, true);
      const actions = [{ kind: 'ledger' as const, label: 'Why it is in no set', note: '' }];
      await open(repairedModel(), { ...cockpit, actions });
      assert.match(
        await panel.page.innerText('.cockpit'),
        /In no set: nothing reads its channels\./,
      );
      assert.equal(await panel.page.locator('.cockpit a').count(), 1);
      await panel.page.click('.cockpit a:text-is("Show in ledger")');
      await panel.page.waitForSelector('[aria-label=Ledger]');
      await panel.settle();
      assert.equal(await panel.page.inputValue('.bar input'), 'conv_preds');
    });

    it('has no grid of weights that are left in float', async () => {
      const model = openedModel();
      const layers = model.layers.map((one) =>
        one.id === 25 ? { ...one, ownBits: 'float' as const } : one,
      );
      await open({ ...model, layers }, cockpitFor(25, 1, false));
      assert.equal(await panel.page.locator('svg[data-chart^="Weights on"]').count(), 0);
    });
  });

  it('goes on after a stop, or discards what was measured by half', async () => {
    await open(syntheticModel());
    assert.match(
      await panel.page.innerText('.strip:has-text("Stopped")'),
      /Stopped after 7 of 12 samples\. What was measured stays\./,
    );
    await panel.page.click('.strip:has-text("Stopped after") button:text-is("Discard")');
    assert.ok(await lastPosted('discardMeasured'));
    assert.equal(await panel.page.locator('.strip:has-text("Stopped after")').count(), 0);
    await panel.close();
    await open(syntheticModel());
    await panel.page.click('.strip:has-text("Stopped after") button:text-is("Continue")');
    assert.deepEqual(await lastPosted('command'), { type: 'command', id: 'calibrateAndMeasure' });
  });
});
