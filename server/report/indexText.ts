/** More runs than these say nothing to people; the JSON has them all. */
const mostRuns = 60;

/** Numbers of samples as runs, the last not included: `0..12, 15, 20..24`. */
export function indexText(indices: readonly number[]): string {
  const sorted = [...indices].sort((a, b) => a - b);
  const runs: { from: number; to: number }[] = [];
  for (const index of sorted) {
    const last = runs.at(-1);
    if (last && index <= last.to) last.to = Math.max(last.to, index + 1);
    else runs.push({ from: index, to: index + 1 });
  }
  const texts = runs
    .slice(0, mostRuns)
    .map(({ from, to }) => (to === from + 1 ? String(from) : `${from}..${to}`));
  const more = runs.length - mostRuns;
  return more > 0 ? `${texts.join(', ')} and ${more} more runs` : texts.join(', ');
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
