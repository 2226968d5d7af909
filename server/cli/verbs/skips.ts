import { displayName, type Graph } from '../../core/graph/graph.ts';
import type { Skip } from '../../core/passes/pass.ts';
import type { StepOutcome } from '../../steps.ts';
import type { Workplace } from '../workplace.ts';

/** A skip as JSON has it. */
export const skipFields = (skip: Skip): object => ({
  node: skip.place,
  code: skip.code,
  reason: skip.reason,
  remedy: skip.remedy,
});

/**
 * What a step left alone and why: one line a reason, whatever names stand in it, with the count of
 * its places; or a line for every place with `--verbose`.
 */
export function skipText(place: Workplace, outcome: StepOutcome | undefined): string[] {
  const skipped = outcome?.skipped ?? [];
  if (place.settings.has('verbose')) return skipped.map((skip) => line(skip));
  const names = namesIn(place.document?.graph);
  const alike = new Map<string, Skip[]>();
  for (const skip of skipped) {
    const kind = `${skip.code} ${withoutNames(skip.reason, names)}`;
    alike.set(kind, [...(alike.get(kind) ?? []), skip]);
  }
  return [...alike.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    if (more.length === 0) return [line(first)];
    const others = more.slice(0, 2).map(({ place: other }) => other);
    const rest = more.length > 2 ? ` and ${more.length - 2} more` : '';
    return [`${line(first, more.length + 1)}; likewise ${others.join('; ')}${rest}`];
  });
}

const line = ({ place, reason }: Skip, count = 1): string =>
  `Left alone${count > 1 ? ` in ${count} places` : ''}: ${place}: ${reason.replace(/\.$/, '')}`;

const namesIn = (graph: Graph | undefined): ReadonlySet<string> =>
  new Set(graph?.nodes.flatMap((node) => [displayName(node), ...node.inputs, ...node.outputs]));

/** A reason without the names and the numbers in it, so that it is the same for like places. */
const withoutNames = (reason: string, names: ReadonlySet<string>): string =>
  reason
    .replace(/"[^"]*"/g, '"')
    .split(/\s+/)
    .map((word) => (names.has(word.replace(/[.,:;]$/, '')) ? '"' : word.replace(/\d+/g, '0')))
    .join(' ')
    .replace(/" \(\w+\),?( " \(\w+\),?)*/g, '"');
