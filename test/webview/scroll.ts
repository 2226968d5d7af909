/** Scrolls 10,000 layers in a real browser and prints the frame times as JSON: run by `test/bench/scroll.bench.ts`. */
import { openedModel } from './fixtures.ts';
import { manyLayers } from './fixtureLayers.ts';
import { chromiumPath, Harness, type OpenPanel } from './harness.ts';

/** One run: milliseconds from each frame to the next, and what else was timed. */
export interface ScrollRun {
  readonly framesMs: readonly number[];
  /** CPU time of the page's thread for a frame: what a busy machine does not change. */
  readonly cpuMsPerFrame: number;
  /** Until the table is drawn anew after a click on a head, and the other tab after one on it. */
  readonly sort: Answer;
  readonly tab: Answer;
}

/** How long an answer took by the clock, and what it cost the page's thread. */
interface Answer {
  readonly clockMs: number;
  readonly cpuMs: number;
}

const rowCount = 10_000;
const speedPxPerSecond = 6000;
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
    const before = await cpu();
    const framesMs = await scroll(panel);
    const cpuMsPerFrame = ((await cpu()) - before) / framesMs.length;
    const answer = async (selector: string): Promise<Answer> => {
      const began = await cpu();
      const clockMs = await timed(panel, selector);
      return { clockMs, cpuMs: (await cpu()) - began };
    };
    const sort = await answer('.row.head button.plain');
    await panel.page.waitForTimeout(500);
    const tab = await answer('[role=tab]:nth-of-type(2)');
    all.push({ framesMs, cpuMsPerFrame, sort, tab });
    await panel.close();
  }
  await harness.close();
  process.stdout.write(JSON.stringify(all));
}

/** Reads the CPU time that the page's thread has spent in tasks, in milliseconds. */
async function threadClock({ page }: OpenPanel): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
  };
}

/** Moves the rows at one speed, by the clock, and notes when each frame comes. */
const scroll = ({ page }: OpenPanel): Promise<number[]> =>
  page.evaluate(
    ([speed, duration]) =>
      new Promise<number[]>((resolve) => {
        const table = document.querySelector('.table')!;
        const times: number[] = [];
        let began = 0;
        // A method: the loader gives functions with a name a helper that the page has not.
        const moving = {
          on(now: number): void {
            began ||= now;
            times.push(now);
            table.scrollTop = ((now - began) / 1000) * speed;
            if (now - began < duration) requestAnimationFrame((next) => moving.on(next));
            else resolve(times.slice(1).map((time, i) => time - (times[i] ?? time)));
          },
        };
        requestAnimationFrame((first) => moving.on(first));
      }),
    [speedPxPerSecond, durationMs] as const,
  );

/** From a click to the frame after the one that shows what it did. */
const timed = ({ page }: OpenPanel, selector: string): Promise<number> =>
  page.evaluate(
    (what) =>
      new Promise<number>((resolve) => {
        const button = document.querySelector<HTMLElement>(what)!;
        const began = performance.now();
        button.click();
        const channel = new MessageChannel();
        // A message after the frame callback comes when the frame has been laid out.
        channel.port1.onmessage = () => resolve(performance.now() - began);
        requestAnimationFrame(() => channel.port2.postMessage(undefined));
      }),
    selector,
  );

void main();
