import type { Comparison } from '../../../server/protocol/compare.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import type { ComparedRow } from './compareModel.ts';
import { shortNames, type ShortNames } from './shortNames.ts';

/** What layers are called in a comparison, where they are drawn. */
export interface ComparedNames {
  readonly first: (name: string) => string;
  readonly second: (name: string) => string;
}

/** Layers of the open model are called as everywhere else; those of another by what it shares. */
export function comparedNames(
  own: ShortNames,
  model: ModelState,
  rows: readonly ComparedRow[],
  unmatched: Comparison['unmatched'] = { first: [], second: [] },
): ComparedNames {
  const known = new Set(model.layers.map(({ name }) => name));
  const side = (names: () => readonly string[]): ((name: string) => string) => {
    // States of the model itself have no others.
    let others: ShortNames | undefined;
    return (name) => {
      if (known.has(name)) return own.name(name);
      others ??= shortNames([...new Set(names())]);
      return others.name(name);
    };
  };
  return {
    first: side(() => [...rows.map(({ name }) => name), ...unmatched.first]),
    second: side(() => [
      ...rows.map(({ name, otherName = name }) => otherName),
      ...unmatched.second,
    ]),
  };
}
