/** Scrolls 10,000 layers in a real browser and prints the frame times as JSON: run by `test/bench/scroll.bench.ts`. */
import { measuredModel } from './fixtureData.ts';
import { manyLayers } from './fixtureLayers.ts';
import { answerOf, framesOf, threadClock, type Answer, type Frames } from './frameTimes.ts';
import { chromiumPath, Harness } from './harness.ts';

/** One run: the frames of scrolling, and what else was timed. */
export interface ScrollRun extends Frames {
  /** Until the table is drawn anew after a click on a head. */
  readonly sort: Answer;
  /** Until another tab is drawn after a click on it, by its id: each first from the table, then back. */
  readonly tabs: readonly (readonly [tab: string, answer: Answer])[];
}

const rowCount = 10_000;
const layersTab = 'tab-layers';
const idsOf = (tabs: readonly Element[]): string[] => tabs.map(({ id }) => id);
const durationMs = 4000;
const runs = 3;

async function main(): Promise<void> {
  if (chromiumPath === undefined) return void process.stdout.write('[]');
  const harness = await Harness.start();
  const all: ScrollRun[] = [];
  for (let i = 0; i < runs; i++) {
    const panel = await harness.open({ width: 1400, height: 900 });
    // Changed since it was opened, so that the ledger, the comparison and the proof have something.
    const model = { ...measuredModel(true), layers: manyLayers(rowCount) };
    await panel.send({ type: 'state', state: model, isDirty: false });
    await panel.page.waitForSelector('.rows .row');
    await panel.page.waitForTimeout(1000);
    const cpu = await threadClock(panel);
    const frames = await framesOf(panel, cpu, 'scroll', '.table', durationMs);
    const sort = await answerOf(panel, cpu, '.row.head button.plain');
    const tabs: (readonly [string, Answer])[] = [];
    for (const id of await panel.page.locator('[role=tab]').evaluateAll(idsOf)) {
      if (id === layersTab) continue;
      for (const at of [id, layersTab]) {
        await panel.page.waitForTimeout(500);
        tabs.push([at, await answerOf(panel, cpu, `#${at}`)]);
      }
    }
    all.push({ ...frames, sort, tabs });
    await panel.close();
  }
  await harness.close();
  process.stdout.write(JSON.stringify(all));
}

void main();
