/**
 * The graph in a real browser, laid out by the built server (npm run build): the first picture, and
 * frames while it is moved and zoomed. A network of 10,000 nodes too. The tab is clicked as a hand
 * does it, the pointer moved there and pressed at once: the page asks for the layout when the pointer
 * comes, a moment before the press from which the time is counted; no time is given to it besides.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Frames } from '../webview/frameTimes.ts';
import type { FirstPicture, GraphRun } from '../webview/graphTimes.ts';
import { framesText, median, print, verdict } from './print.ts';

const pictureLimitMs = 300;
/** 60 frames a second. */
const frameLimitMs = 17;
/** What is still usable of a network of 10,000 nodes: nobody waits longer for a page. */
const largeLimitMs = 5000;
const file = '.cache/bench/graph.json';

const moved = (what: string, { framesMs, cpuMsPerFrame }: Frames): void => {
  print(`       ${what}: ${framesText(framesMs)}; CPU ${cpuMsPerFrame.toFixed(1)} a frame`);
  verdict(`${what}: median frame`, median(framesMs), frameLimitMs, 'ms');
};

function main(): void {
  if (!existsSync('dist/server.mjs')) {
    return print('  skipped: dist/server.mjs is not there (npm run build)');
  }
  const made = spawnSync(process.execPath, ['--import', 'tsx', 'test/webview/graphTimes.ts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (made.status !== 0) {
    process.exitCode = 1;
    return;
  }
  const runs = JSON.parse(made.stdout) as GraphRun[];
  if (runs.length === 0) return print('  skipped: there is no Chromium on this machine');
  mkdirSync('.cache/bench', { recursive: true });
  writeFileSync(file, made.stdout);
  for (const { nodes, view, boxes, pictures, pan, zoom } of runs) {
    const what = `${nodes} nodes, ${view === 'layers' ? 'layers' : 'all'}`;
    const middle = (of: (picture: FirstPicture) => number): number => median(pictures.map(of));
    const layoutMs = middle((picture) => picture.layoutMs).toFixed(0);
    const sinceEnterMs = middle((picture) => picture.sinceEnterMs).toFixed(0);
    const each = pictures.map(({ pictureMs }) => pictureMs.toFixed(0)).join(', ');
    print(`       ${what}: ${boxes} boxes, laid out within ${layoutMs} ms`);
    print(
      `       ${what}: first picture ${sinceEnterMs} ms after the pointer came; pressed: ${each}`,
    );
    const limit = nodes > 1000 ? largeLimitMs : pictureLimitMs;
    verdict(
      `${what}: first picture`,
      middle(({ pictureMs }) => pictureMs),
      limit,
      'ms',
    );
    moved(`${what}: moving`, pan);
    moved(`${what}: zooming`, zoom);
  }
  print(`  all frame times: ${file}`);
}

main();
