import { nearest } from '../../cli/nearest.ts';
import type { TextIssue } from './issue.ts';
import type { ModelPlace } from './places.ts';

/** Names given twice, and names that nothing has, in one model and in those within it. */
export function referenceIssues(model: ModelPlace): TextIssue[] {
  const found: TextIssue[] = [];
  const names = new Set<string>();
  for (const { name, namePlace } of model.layers) {
    if (name !== '' && names.has(name)) {
      const message = `Two layers are called "${name}".`;
      const place = namePlace;
      found.push({ place, code: 'duplicate-layer', severity: 'error', message, fixes: [] });
    }
    names.add(name);
  }
  const ends = names.size > 0 ? model.ends : [];
  const reads = [...ends, ...model.layers.flatMap((one) => one.reads)];
  for (const read of reads.filter(({ value }) => !names.has(value))) {
    const close = nearest(read.value, names);
    const hint = close === undefined ? '' : ` Did you mean "${close}"?`;
    const message = `There is no layer "${read.value}".${hint}`;
    const fixes =
      close === undefined ? [] : [{ title: `Rename to "${close}"`, text: JSON.stringify(close) }];
    found.push({ place: read, code: 'unknown-layer', severity: 'error', message, fixes });
  }
  return [
    ...found,
    ...keyIssues(model),
    ...model.layers.flatMap((one) => referenceIssues(one.model)),
  ];
}

/** What a model has that is no Sequential. */
const needed = ['layers', 'input_layers', 'output_layers'];

/** A name of the configuration that is almost one that is missing. */
function keyIssues({ config, isFunctional }: ModelPlace): TextIssue[] {
  const members = isFunctional && config?.kind === 'object' ? config.members : [];
  const missing = needed.filter((key) => !members.some((one) => one.key === key));
  return members.flatMap(({ key, start, end }) => {
    const close = needed.includes(key) ? undefined : nearest(key, missing);
    if (close === undefined) return [];
    const message = `"${key}" means nothing here. Did you mean "${close}"?`;
    const fixes = [{ title: `Rename to "${close}"`, text: JSON.stringify(close) }];
    return [{ place: { start, end }, code: 'unknown-key', severity: 'error', message, fixes }];
  });
}
