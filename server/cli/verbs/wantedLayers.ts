import { CommandFault } from '../fault.ts';
import { nearest } from '../nearest.ts';
import type { Workplace } from '../workplace.ts';

/** The names of the layers that `--layers` and `--ignore` leave; unknown names are wrong usage. */
export function wantedLayers(
  place: Workplace,
  layers: readonly { readonly name: string }[],
): ReadonlySet<string> {
  const names = layers.map(({ name }) => name);
  const only = place.settings.list('layers');
  const ignored = place.settings.list('ignore');
  for (const name of [...only, ...ignored]) {
    if (names.includes(name)) continue;
    const close = nearest(name, names);
    const remedy = close === undefined ? 'analyze lists the layers' : `did you mean "${close}"?`;
    throw new CommandFault(2, 'no-layer', `there is no layer "${name}"`, name, remedy);
  }
  return new Set(
    names.filter((name) => (only.length === 0 || only.includes(name)) && !ignored.includes(name)),
  );
}
