/** Scrolls 10,000 layers in a real browser and prints the frame times as JSON: run by `test/bench/scroll.bench.ts`. */
import { openedModel } from './fixtures.ts';
import { manyLayers } from './fixtureLayers.ts';
import { answerOf, framesOf, threadClock, type Answer, type Frames } from './frameTimes.ts';
import { chromiumPath, Harness } from './harness.ts';

/** One run: the frames of scrolling, and what else was timed. */
export interface ScrollRun extends Frames {
  /** Until the table is drawn anew after a click on a head, and the other tab after one on it. */
  readonly sort: Answer;
  readonly tab: Answer;
}

const rowCount = 10_000;
const durationMs = 4000;
const runs = 3;

async function main(): Promise<void> {
  if (chromiumPath === undefined) return void process.stdout.write('[]');
  const harness = await Harness.start();
  const all: ScrollRun[] = [];
  for (let i = 0; i < runs; i++) {
    const panel = await harness.open({ width: 1400, height: 900 });
    const model = { ...openedModel(), layers: manyLayers(rowCount) };
    await panel.send({ type: 'state', state: model, isDirty: false });
    await panel.page.waitForSelector('.rows .row');
    await panel.page.waitForTimeout(1000);
    const cpu = await threadClock(panel);
    const frames = await framesOf(panel, cpu, 'scroll', '.table', durationMs);
    const sort = await answerOf(panel, cpu, '.row.head button.plain');
    await panel.page.waitForTimeout(500);
    const tab = await answerOf(panel, cpu, '[role=tab]:nth-of-type(2)');
    all.push({ ...frames, sort, tab });
    await panel.close();
  }
  await harness.close();
  process.stdout.write(JSON.stringify(all));
}

void main();
