import { nounText } from '../core/reports/words.ts';
/** More runs than these say nothing to people; the JSON has them all. */
const mostRuns = 60;

/** Numbers of samples as runs, both ends included: `0–11, 15, 20–23`. */
export function indexText(indices: readonly number[]): string {
  const sorted = [...indices].sort((a, b) => a - b);
  const runs: { from: number; to: number }[] = [];
  for (const index of sorted) {
    const last = runs.at(-1);
    if (last && index <= last.to + 1) last.to = index;
    else runs.push({ from: index, to: index });
  }
  const texts = runs
    .slice(0, mostRuns)
    .map(({ from, to }) => (to === from ? String(from) : `${from}–${to}`));
  const more = runs.length - mostRuns;
  return more > 0 ? `${texts.join(', ')} and ${nounText(more, 'more run')}` : texts.join(', ');
}

/** Which samples serve what, as settings of a report; those that serve nothing are left out. */
export const sampleSettings = (
  indices: Readonly<Record<string, readonly number[]>>,
): { name: string; value: string }[] =>
  Object.entries(indices).flatMap(([purpose, list]) =>
    list.length > 0
      ? [{ name: `Samples for ${purpose}`, value: `${indexText(list)} (${list.length})` }]
      : [],
  );
