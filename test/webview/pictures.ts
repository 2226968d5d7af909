/** Takes the pictures of the README from the bundled sample and the built product: run by `.scripts/pictures.mjs`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerRow } from '../../server/protocol/model.ts';
import type { Tab } from '../../server/protocol/panel.ts';
import { Harness, type OpenPanel } from './harness.ts';
import { withPalette } from './palette.ts';
import { sampleStates, type DrawnState } from './sampleStates.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'media/screenshots');

interface Picture {
  /** Absent: the tab that the model has first. */
  readonly tab?: Tab;
  readonly state: DrawnState | undefined;
  readonly height: number;
  readonly after?: (panel: OpenPanel) => Promise<void>;
}

/** Takes the wanted pictures, or all. */
async function main(wanted: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { opened, preview, repaired, quantized } = await sampleStates(mostUneven);
  const harness = await Harness.start();
  const pictures: Readonly<Record<string, Picture>> = {
    layers: { tab: 'layers', state: repaired, height: 896 },
    findings: { tab: 'findings', state: opened, height: 700 },
    compare: { tab: 'compare', state: repaired, height: 660 },
    graph: { tab: 'graph', state: opened, height: 700 },
    preview: { tab: 'layers', state: preview, height: 700 },
    proof: { tab: 'proof', state: repaired, height: 700 },
    quantized: { state: quantized, height: 560 },
    ledger: {
      tab: 'ledger',
      state: repaired,
      height: 660,
      after: async ({ page }) => {
        await page.click('.rows .row:has-text("places") >> nth=0');
        await page.click('.rows .row >> nth=0');
      },
    },
  };
  for (const [name, picture] of Object.entries(pictures)) {
    if (wanted.length === 0 || wanted.includes(name)) await take(harness, name, picture);
  }
  await harness.close();
}

/** The depthwise layer that was, or is, the most uneven. */
const mostUneven = (rows: readonly LayerRow[]): LayerRow | undefined =>
  rows
    .filter(({ operator }) => operator.startsWith('DW'))
    .reduce((most, row) => (lost(row) > lost(most) ? row : most));
const lost = ({ now, before }: LayerRow): number => (before ?? now).lostChannels;

async function take(harness: Harness, name: string, picture: Picture): Promise<void> {
  const { tab, state, height, after } = picture;
  if (!state) throw new Error('the server did not answer for the sample; run: npm run build');
  const panel = await harness.open({ width: 1280, height, theme: 'dark' });
  await panel.page.evaluate(
    (family) => document.documentElement.style.setProperty('--vscode-font-family', family),
    '"Segoe UI", "Open Sans", "Noto Sans", system-ui, sans-serif',
  );
  const isDirty = state.model.changes.length > 0;
  await panel.send({ type: 'state', state: state.model, isDirty });
  if (state.cockpit) {
    await panel.send({ type: 'reveal', layer: state.cockpit.layer });
    await panel.send({ type: 'cockpit', cockpit: state.cockpit });
  }
  if (tab) await panel.send({ type: 'showTab', tab });
  if (state.layout) await panel.send({ type: 'graph', layout: state.layout });
  // The tab has the focus then, as after a key; a picture is of a page that nobody types into.
  await panel.page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  await panel.page.waitForTimeout(300);
  await after?.(panel);
  await panel.page.waitForTimeout(100);
  writeFileSync(join(folder, `${name}.png`), withPalette(await panel.page.screenshot()));
  for (const fault of panel.faults) process.stderr.write(`${name}: ${fault}\n`);
  await panel.close();
}

void main(process.argv.slice(2));
