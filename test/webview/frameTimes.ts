import type { OpenPanel } from './harness.ts';

/** How long an answer took by the clock, and what it cost the page's thread. */
export interface Answer {
  readonly clockMs: number;
  readonly cpuMs: number;
}

/** Frames while something moves. */
export interface Frames {
  /** Milliseconds from each frame to the next. */
  readonly framesMs: readonly number[];
  /** CPU time of the page's thread for a frame: what a busy machine does not change. */
  readonly cpuMsPerFrame: number;
}

/** What is moved with each frame: a table is scrolled, the graph is moved or zoomed by the wheel. */
export type Motion = 'scroll' | 'pan' | 'zoom';

const scrollPxPerSecond = 6000;
/** To one side and back, so that there is always something to come. */
const panPxPerFrame = 24;
const zoomPerFrame = 10;
const turnEveryMs = 1000;

/** Reads the CPU time that the page's thread has spent in tasks, in milliseconds. */
export async function threadClock({ page }: OpenPanel): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
  };
}

/** Moves what `selector` names at one speed, by the clock, and notes when each frame comes. */
export async function framesOf(
  { page }: OpenPanel,
  cpu: () => Promise<number>,
  motion: Motion,
  selector: string,
  durationMs: number,
): Promise<Frames> {
  const before = await cpu();
  const steps = { scrollPxPerSecond, panPxPerFrame, zoomPerFrame, turnEveryMs };
  const framesMs = await page.evaluate(
    ([kind, what, duration, by]) =>
      new Promise<number[]>((resolve) => {
        const element = document.querySelector(what)!;
        const times: number[] = [];
        let began = 0;
        // A method: the loader gives functions with a name a helper that the page has not.
        const moving = {
          on(now: number): void {
            began ||= now;
            times.push(now);
            const passed = now - began;
            const way = Math.floor(passed / by.turnEveryMs) % 2 === 0 ? 1 : -1;
            const wheel = { bubbles: true, cancelable: true, clientX: 600, clientY: 500 };
            const [pan, zoom] = [way * by.panPxPerFrame, -way * by.zoomPerFrame];
            if (kind === 'scroll') element.scrollTop = (passed / 1000) * by.scrollPxPerSecond;
            else if (kind === 'pan')
              element.dispatchEvent(
                new WheelEvent('wheel', { ...wheel, deltaX: pan, deltaY: pan }),
              );
            else
              element.dispatchEvent(
                new WheelEvent('wheel', { ...wheel, deltaY: zoom, ctrlKey: true }),
              );
            if (passed < duration) requestAnimationFrame((next) => moving.on(next));
            else resolve(times.slice(1).map((time, i) => time - (times[i] ?? time)));
          },
        };
        requestAnimationFrame((first) => moving.on(first));
      }),
    [motion, selector, durationMs, steps] as const,
  );
  return { framesMs, cpuMsPerFrame: ((await cpu()) - before) / framesMs.length };
}

/** From a click to the frame after the one that shows what it did. */
export async function answerOf(
  { page }: OpenPanel,
  cpu: () => Promise<number>,
  selector: string,
): Promise<Answer> {
  const began = await cpu();
  const clockMs = await page.evaluate(
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
  return { clockMs, cpuMs: (await cpu()) - began };
}
