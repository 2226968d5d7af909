/** Takes pictures of the page in all themes and widths: run by `.scripts/screenshots.mjs`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ToPanel } from '../../server/protocol/panel.ts';
import { counterparts } from './counterparts.ts';
import { perTensor } from './fixtures.ts';
import { Harness } from './harness.ts';
import { realStates } from './realStates.ts';
import { scenes, show, sizes, type Scene } from './scenes.ts';
import { themeNames, type ThemeName } from './themes.ts';

const folder = join(import.meta.dirname, '../out/screens');

let harness: Harness;

async function main(wanted: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  harness = await Harness.start();
  for (const [name, scene] of Object.entries(scenes)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const themes = scene.everyTheme ? themeNames : (['dark', 'light'] as const);
    for (const theme of themes) await shoot(name, scene, theme);
  }
  if (wanted.includes('real')) await shootReal();
  if (wanted.some((name) => name.startsWith('counterpart'))) await shootCounterparts(wanted);
  await harness.close();
}

/** What the built server says of real models, on every tab. */
async function shootReal(): Promise<void> {
  for (const { name, model, cockpit } of await realStates(perTensor)) {
    for (const tab of ['layers', 'findings', 'ledger', 'proof'] as const) {
      const messages: ToPanel[] = cockpit ? [{ type: 'cockpit', cockpit }] : [];
      const layer = tab === 'layers' ? cockpit?.layer : undefined;
      await shoot(
        `real-${name}-${tab}`,
        { model, tab, messages, sizes: [sizes[0]], ...(layer === undefined ? {} : { layer }) },
        'dark',
      );
    }
  }
}

/** Beside each picture of the design, the same screen with what the built server says. */
async function shootCounterparts(wanted: readonly string[]): Promise<void> {
  for (const [name, scene] of Object.entries(await counterparts())) {
    if (!wanted.includes('counterparts') && !wanted.includes(`counterpart-${name}`)) continue;
    for (const theme of themeNames) await shoot(`counterpart-${name}`, scene, theme);
  }
}

async function shoot(name: string, scene: Scene, theme: ThemeName): Promise<void> {
  for (const [width, height] of scene.sizes ?? sizes) {
    const panel = await harness.open({ width, height, theme });
    await show(panel, scene);
    await panel.page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
    for (const line of panel.faults) process.stderr.write(`${name} ${theme} ${width}: ${line}\n`);
    await panel.close();
  }
}

void main(process.argv.slice(2));
