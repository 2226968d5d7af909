/** The first two minutes: a network loses its accuracy, the layer that did it, the repair, the proof. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { slowness } from './slowness.mjs';
import { command, dirtyTab, tab, webview } from './workbench.mjs';

/** The walkthrough's button, Repair, the tab Proof. Opening the walkthrough is VS Code's part. */
const mostActions = 3;
/** What the issue asks for, with room, on the machine that limits were set on. */
const mostSeconds = 120;

const percentOf = (text, pattern) => Number(pattern.exec(text)?.[1] ?? NaN);

/** Steps from a window with nothing in it; what they took is written to `figures`. */
export async function walkAsNewcomer({ step, page, figures, shot }) {
  let actions = 0;
  let began = 0;
  let slower = 1;
  let view;
  const press = async (target) => {
    actions++;
    await target.click();
  };
  const verdict = () => view.locator('.verdict').innerText();

  await step('newcomer: finds the walkthrough and presses its button', async () => {
    await command(page, 'Welcome: Open Walkthrough...');
    const widget = page.locator('.quick-input-widget');
    await widget.locator('input[type="text"]').first().fill('What 8 bits do');
    await widget.getByRole('option').filter({ hasText: 'What 8 bits do' }).first().waitFor();
    await page.keyboard.press('Enter'); // its hover lies over the line: a click does not reach it
    const walkthrough = page.locator('.gettingStartedContainer');
    const button = walkthrough.getByRole('button', { name: 'Open the sample', exact: true });
    await button.waitFor();
    await shot('walkthrough');
    slower = slowness();
    began = Date.now();
    await press(button);
    await tab(page, 'sample.onnx').waitFor();
    view = await webview(page);
  });
  await step('newcomer: sees that 8 bits cost the accuracy, and which layer did it', async () => {
    const measured = view.locator('.verdict').filter({ hasText: /, quantized [\d.]+ %/ });
    await measured.waitFor();
    const text = await verdict();
    const [float, opened] = [
      percentOf(text, /float ([\d.]+) %/),
      percentOf(text, /, quantized ([\d.]+) %/),
    ];
    assert.ok(float > 80, text);
    assert.ok(opened < float / 2, text);
    const worst = view.locator('.rows .row >> nth=0');
    // The layers are measured one by one, after the outputs.
    await view.locator('.rows .row[aria-label*=", weak,"]').first().waitFor();
    assert.match((await worst.getAttribute('aria-label')) ?? '', /, weak,/);
    const name = await worst.locator('.name').innerText();
    // Nobody has to select it: the worst is selected, and beside it stands why.
    await view.locator('.rows .row.current').filter({ hasText: name }).waitFor();
    await view.locator('.cockpit h2').filter({ hasText: name }).waitFor();
    assert.match(await view.locator('.cockpit').innerText(), /channel/);
    await shot('newcomer-lost');
  });
  await step('newcomer: presses Repair, and the accuracy is back', async () => {
    const repair = view.getByRole('button', { name: 'Repair', exact: true });
    assert.match((await repair.getAttribute('class')) ?? '', /main/, 'it is the filled button');
    await press(repair);
    await dirtyTab(page).first().waitFor();
    const now = view.locator('.verdict').filter({ hasText: /quantized now/ });
    await now.waitFor();
    const text = await verdict();
    const [float, after] = [
      percentOf(text, /float ([\d.]+) %/),
      percentOf(text, /quantized now ([\d.]+) %/),
    ];
    // 200 samples judge: five of them may answer otherwise.
    assert.ok(after >= float - 2.5, text);
    await shot('newcomer-repaired');
  });
  await step('newcomer: sees the proof, in three actions and under two minutes', async () => {
    await press(view.getByRole('tab', { name: /^Proof/ }));
    await view.getByText('Float still computes the same').first().waitFor();
    await shot('newcomer-proof');
    const seconds = (Date.now() - began) / 1000;
    writeFileSync(figures, `${JSON.stringify({ actions, seconds })}\n`);
    assert.ok(actions <= mostActions, `${actions} actions`);
    slower = Math.max(slower, slowness());
    assert.ok(seconds < mostSeconds * slower, `${seconds} s, ${slower} times slower than usual`);
  });
}
