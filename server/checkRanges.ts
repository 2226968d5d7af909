import { dirname, resolve } from 'node:path';
import { rangeIn, type SettingsIssue } from './checkSettings.ts';
import type { JsonNode } from './core/json/jsonTree.ts';
import { valueOf } from './core/json/wholeJson.ts';
import { countText } from './core/reports/words.ts';
import { countSamples } from './data/countSamples.ts';
import { parseDataSettings, type DataSettings } from './data/dataSettings.ts';
import { isSynthetic } from './data/keptSettings.ts';
import { BadData, type SampleInput } from './data/samples.ts';

/**
 * Ranges of a `rangefinder.json` that end after the last of its samples, where these can be counted
 * without reading them. What is wrong in the file otherwise is `checkSettings`'. `inputs` are those
 * of the model that the samples are for; undefined: not known.
 */
export async function checkRanges(
  root: JsonNode,
  path: string,
  inputs: readonly SampleInput[] | undefined,
): Promise<SettingsIssue[]> {
  const ranges = (['calibration', 'correction', 'judge'] as const).flatMap((purpose) => {
    const range = rangeIn(root, purpose);
    return range && range.from < range.until ? { purpose, ...range } : [];
  });
  const settings = dataIn(root, path);
  const { data, labels } = settings;
  if (ranges.length === 0 || data === undefined) return [];
  const from = (given: string): string =>
    isSynthetic(given) ? given : resolve(dirname(path), given);
  const own = labels === undefined ? settings : { ...settings, labels: from(labels) };
  const count = await countSamples(from(data), own, inputs);
  if (count === undefined) return [];
  return ranges
    .filter(({ until }) => until > count)
    .map(({ purpose, from: first, until, node }): SettingsIssue => {
      const message = `"${purpose}" is "${first}..${until}", which ends after the last sample: "${data}" has ${countText(count)}, 0..${count}.`;
      const meant = first < count ? { meant: `"${first}..${count}"` } : {};
      return { place: node, code: 'bad-range', message, ...meant };
    });
}

/** What is said of samples; nothing where something of that is wrong. */
function dataIn(root: JsonNode, path: string): DataSettings {
  try {
    return parseDataSettings(valueOf(root), path);
  } catch (thrown) {
    if (thrown instanceof BadData) return {};
    throw thrown;
  }
}
