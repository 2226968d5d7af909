/** Takes the pictures of the walkthrough from the bundled sample and the built product: run by `.scripts/pictures.mjs`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tab } from '../../server/protocol/panel.ts';
import { Harness } from './harness.ts';
import { withPalette } from './palette.ts';
import type { RealState } from './realStates.ts';
import { sampleStates } from './sampleStates.ts';
import type { ThemeName } from './themes.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'media/walkthrough');

/** As wide as VS Code shows them in a window of the usual size, so that they are read as they are. */
const size = { width: 660, height: 560 };

interface Picture {
  readonly name: string;
  readonly state: RealState | undefined;
  readonly tab: Tab;
  readonly isDirty?: boolean;
  /** The part of the page to take; absent: from its top on. */
  readonly part?: string;
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { opened, repaired } = await sampleStates();
  const pictures: readonly Picture[] = [
    { name: 'open', state: opened, tab: 'layers' },
    {
      name: 'find',
      state: opened,
      tab: 'layers',
      part: '.cockpit',
    },
    { name: 'repair', state: repaired, tab: 'layers', isDirty: true },
    { name: 'save', state: repaired, tab: 'proof' },
  ];
  const harness = await Harness.start();
  for (const picture of pictures) {
    for (const theme of ['dark', 'light'] as const) await take(harness, picture, theme);
  }
  await harness.close();
}

async function take(harness: Harness, picture: Picture, theme: ThemeName): Promise<void> {
  const { name, state, tab, isDirty = false, part } = picture;
  if (!state) throw new Error('the server did not answer for the sample; run: npm run build');
  // A part is taken from a page that is high enough to show all of it.
  const height = part === undefined ? size.height : 3 * size.height;
  const panel = await harness.open({ ...size, height, theme });
  await panel.page.evaluate(
    (family) => document.documentElement.style.setProperty('--vscode-font-family', family),
    '"Segoe UI", "Open Sans", "Noto Sans", system-ui, sans-serif',
  );
  await panel.send({ type: 'state', state: state.model, isDirty });
  if (state.cockpit) {
    await panel.send({ type: 'reveal', layer: state.cockpit.layer });
    await panel.send({ type: 'cockpit', cockpit: state.cockpit });
  }
  await panel.send({ type: 'showTab', tab });
  // The tab has the focus then, as after a key; a picture is of a page that nobody types into.
  await panel.page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  await panel.page.waitForTimeout(300);
  const y = part === undefined ? 0 : ((await panel.page.locator(part).boundingBox())?.y ?? 0);
  const picked = await panel.page.screenshot({ clip: { x: 0, y, ...size } });
  writeFileSync(join(folder, `${name}-${theme}.png`), withPalette(picked));
  for (const fault of panel.faults) process.stderr.write(`${name}: ${fault}\n`);
  await panel.close();
}

void main();
