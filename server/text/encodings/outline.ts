import type { FileEncoding } from '../../core/encodings/encodingsFile.ts';
import { memberOf } from '../../core/json/jsonTree.ts';
import { nounText, rangeText } from '../../core/reports/words.ts';
import type { OpenText } from '../openText.ts';
import type { OutlineItem } from '../provider.ts';
import { readingOf, spanOf } from './reading.ts';

const sections = [
  ['activation_encodings', 'Activations'],
  ['param_encodings', 'Parameters'],
  ['encodings', 'Encodings'],
] as const;

/** The lists of a file, and the tensors in each with their type and range. */
export function encodingsOutline(text: OpenText): OutlineItem[] {
  const { file } = readingOf(text);
  return sections.flatMap(([key, name]) => {
    const list = memberOf(file?.root, key);
    if (!file || !list) return [];
    const { start, end } = list;
    const children = file.entries
      .filter(({ place }) => place.start >= start && place.end <= end)
      .map(itemOf);
    const detail = nounText(children.length, 'tensor');
    return { name, detail, kind: 'group', start, end, namePlace: { start, end }, children };
  });
}

function itemOf(entry: FileEncoding): OutlineItem {
  const { name, type, grid, namePlace } = entry;
  let [min, max] = [0, 0];
  for (const [at, step] of grid?.scale.entries() ?? []) {
    min = Math.min(min, (grid?.lowest[at] ?? 0) * step);
    max = Math.max(max, (grid?.highest[at] ?? 0) * step);
  }
  const channels = grid && grid.scale.length > 1 ? ` × ${grid.scale.length}` : '';
  const range = grid ? `, ${rangeText(min)} to ${rangeText(max)}` : '';
  const detail = `${type}${channels}${range}`;
  return {
    name: name || '(no name)',
    detail,
    kind: 'tensor',
    ...spanOf(entry),
    namePlace,
    children: [],
  };
}
