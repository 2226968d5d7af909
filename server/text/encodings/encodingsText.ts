import { checkEncodings } from '../../encodings/checkEncodings.ts';
import { strangeSections } from '../../encodings/strangeSections.ts';
import { pathAt, stepsAt, stringAround } from '../jsonPlaces.ts';
import type { OpenText } from '../openText.ts';
import type { KnownModel, TextCompletion, TextProvider } from '../provider.ts';
import { encodingsFixes } from './fixes.ts';
import { encodingsHover } from './hover.ts';
import { encodingsOutline } from './outline.ts';
import { entryAt, plannedFor, readingOf, withoutEntry } from './reading.ts';

/** What the editor says of `.encodings` files. */
export const encodingsText: TextProvider = {
  problems(text, model) {
    const { file, problems } = readingOf(text);
    const own = [
      ...problems.filter(({ code }) => !(text.isJson && code === 'not-json')),
      ...strangeSections(text.text, text.root),
    ];
    return file && model
      ? [...own, ...checkEncodings(file, plannedFor(model, file)).problems]
      : own;
  },
  hover: encodingsHover,
  outline: encodingsOutline,
  complete,
  fixes: encodingsFixes,
};

/** Names of tensors that have no entry yet, where a name stands. */
function complete(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): readonly TextCompletion[] {
  const { file } = readingOf(text);
  const place = stringAround(text, offset);
  if (!file || !model || !place) return [];
  const entry = entryAt(file, offset);
  const keys = pathAt(stepsAt(text.root, offset));
  const isName =
    keys.at(-1) === 'name' || (entry !== undefined && entry.namePlace.start === place.start);
  if (!isName) return [];
  const planned = plannedFor(model, file);
  const open = new Set(withoutEntry(file, planned));
  return planned.plan.quantizers
    .filter(({ tensor, kind }) => {
      if (entry?.name === tensor) return true;
      if (!open.has(tensor)) return false;
      const section = entry?.section;
      return section === undefined || (section === 'activation') === (kind === 'activation');
    })
    .map(({ tensor, kind, owner }) => ({ label: tensor, detail: `${kind} of ${owner}` }));
}
