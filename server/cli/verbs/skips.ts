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

/** What a step left alone and why: one line a kind of reason, or all of them with `--verbose`. */
export function skipText(place: Workplace, outcome: StepOutcome | undefined): string[] {
  const skipped = outcome?.skipped ?? [];
  if (place.settings.has('verbose')) return skipped.map(line);
  const alike = new Map<string, Skip[]>();
  for (const skip of skipped) alike.set(skip.code, [...(alike.get(skip.code) ?? []), skip]);
  return [...alike.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    if (more.length === 0) return [line(first)];
    const others = more.slice(0, 2).map(({ place: other }) => other);
    const rest = more.length > 2 ? ` and ${more.length - 2} more` : '';
    return [`${line(first)}; likewise ${others.join('; ')}${rest}`];
  });
}

const line = ({ place, reason }: Skip): string =>
  `Left alone: ${place}: ${reason.replace(/\.$/, '')}`;
