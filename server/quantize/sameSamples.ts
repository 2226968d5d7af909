import type { SampleSet } from '../data/samples.ts';
import type { Feeds } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';

/** The same samples under the input names of several models, which take them by position. */
export function forAllNames(
  samples: SampleSet,
  models: readonly Pick<ModelDocument, 'graph'>[],
): SampleSet {
  const [own, ...others] = models.map(({ graph }) => graph.inputs.map(({ name }) => name));
  const aliases = new Map<string, string>();
  for (const names of others) {
    for (const [at, name] of names.entries()) {
      if (!own?.includes(name)) aliases.set(name, own?.[at] ?? name);
    }
  }
  if (aliases.size === 0) return samples;
  return {
    ...samples,
    count: samples.count,
    feeds: async (index, batch): Promise<Feeds> => {
      const feeds = new Map(await samples.feeds(index, batch));
      for (const [alias, name] of aliases) {
        const tensor = feeds.get(name);
        if (tensor) feeds.set(alias, tensor);
      }
      return feeds;
    },
    dispose: () => samples.dispose(),
  };
}
