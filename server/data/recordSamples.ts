import { basename, join } from 'node:path';
import { elementCount } from '../core/graph/tensor.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { castValues } from './castValues.ts';
import type { RecordFields } from './dataSettings.ts';
import { decodeImage, imageEndings } from './images/decodeImage.ts';
import { BadImage } from './images/picture.ts';
import { joinValues } from './joinValues.ts';
import { unlikeLabels } from './labels.ts';
import { sampleShape } from './openDimensions.ts';
import { pictureSamples } from './pictureSamples.ts';
import {
  checkRecord,
  listRecords,
  readExample,
  type Feature,
  type RecordPlace,
} from './recordFile.ts';
import type { SampleOptions } from './sampleOptions.ts';
import {
  BadData,
  BadSample,
  indicesOf,
  leftOut,
  type DataIssue,
  type SampleInput,
  type SampleSet,
} from './samples.ts';

/** Names of TFRecord files: by their ending, or shards such as `train-00000-of-00010`. */
export const recordNames = /\.tfrecords?$|-\d{5}-of-\d{5}$/i;

/** The TFRecord files of a folder; none where there are pictures too. */
export function recordsIn(path: string, files: readonly string[]): string[] {
  if (files.some((file) => imageEndings.test(file))) return [];
  return files.filter((file) => recordNames.test(file)).map((file) => join(path, file));
}

/** The feature of an encoded image, where `fields` says no other. */
const usualImage = 'image/encoded';
const usualLabel = 'image/class/label';

/** So many records are looked into to count those that are samples. */
const mostCounted = 10_000;

/**
 * How many samples the records of these files are; undefined where there are too many records to
 * look into. `batch`: the samples that the model takes at a time.
 */
export function countRecords(
  files: readonly string[],
  { fields, labels }: Pick<SampleOptions, 'fields' | 'labels'>,
  batch = 1,
): number | undefined {
  const issues: DataIssue[] = [];
  const listed: RecordPlace[] = [];
  try {
    for (const file of files) {
      listed.push(...listRecords(file, issues, mostCounted + 1 - listed.length));
      if (listed.length > mostCounted) return undefined;
    }
    const label = fields?.label ?? usualLabel;
    const places = labels === undefined ? withLabels(listed, label, issues).places : listed;
    const [first] = places;
    if (!first) return undefined;
    // Pictures that make no full run of the model are left out.
    const isCut = batch > 1 && holdsPicture(readExample(first), fields);
    return isCut ? places.length - (places.length % batch) : places.length;
  } finally {
    closeAll(listed);
  }
}

/** Samples of TFRecord files of `tf.train.Example`: encoded images, or numbers for each input. */
export function openRecords(
  path: string,
  files: readonly string[],
  inputs: readonly SampleInput[],
  options: SampleOptions,
  given: Int32Array | undefined,
): SampleSet {
  const name = basename(path);
  const issues: DataIssue[] = [];
  const listed = files.flatMap((file) => listRecords(file, issues));
  const { image = usualImage, label = usualLabel, inputs: named = {} } = options.fields ?? {};
  const { places, labels } = given ? checkCount(listed, given) : withLabels(listed, label, issues);
  const [first] = places;
  if (!first) throw new BadData('no-data', `${name} has no records.`, name);
  const features = readExample(first);
  const dispose = (): Promise<void> => {
    closeAll(places);
    return Promise.resolve();
  };
  const common = { count: places.length, issues, ...(labels ? { labels } : {}), dispose };
  const nameOf = (index: number): string => places[index]?.name ?? `#${index}`;
  if (holdsPicture(features, options.fields)) {
    const picture = (index: number): ReturnType<typeof decodeImage> =>
      decodeImage(encoded(places[index] ?? first, image));
    return pictureSamples({ ...common, name, nameOf, picture }, inputs, options);
  }
  const featureOf = (input: SampleInput): string => {
    const others = [...features.keys()].filter((key) => key !== label);
    const wish = named[input.name] ?? (features.has(input.name) ? input.name : undefined);
    const only = inputs.length === 1 && others.length === 1 ? others[0] : undefined;
    const found = wish ?? only;
    if (found !== undefined && features.has(found)) return found;
    const has = [...features.keys()].map((key) => `"${key}"`).join(', ');
    const text = `The records of ${name} have no "${wish ?? image}" for the input "${input.name}"; they have ${has}.`;
    const remedy =
      'Name it in rangefinder.json: "fields": {"image": "..."} or {"inputs": {input: feature}}.';
    throw new BadData('wrong-inputs', text, input.name, remedy);
  };
  const bound = inputs.map((input) => {
    return { input, feature: featureOf(input), shape: sampleShape(input) };
  });
  return {
    ...common,
    source: name,
    fixedBatch: batchOf(inputs),
    nameOf,
    async feeds(index, batch = 1) {
      await Promise.resolve();
      const indices = indicesOf(index, batch, places.length);
      const feeds = new Map<string, EngineTensor>();
      for (const { input, feature, shape } of bound) {
        const rows = indices.map((at) => numbers(places[at] ?? first, feature, shape, input));
        const dims = [indices.length, ...shape];
        feeds.set(input.name, { type: input.type, dims, values: joinValues(rows) });
      }
      return feeds;
    },
  };
}

/** True where the records are pictures, and no features are named for the inputs. */
const holdsPicture = (
  features: ReadonlyMap<string, Feature>,
  { image = usualImage, inputs = {} }: RecordFields = {},
): boolean => features.has(image) && Object.keys(inputs).length === 0;

function closeAll(places: readonly RecordPlace[]): void {
  for (const source of new Set(places.map((place) => place.source))) source.close();
}

function batchOf(inputs: readonly SampleInput[]): number | undefined {
  const sizes = inputs.map(({ shape }) => shape?.[0]);
  return sizes.find((size): size is number => typeof size === 'number' && size > 0);
}

function checkCount(
  places: readonly RecordPlace[],
  labels: Int32Array,
): { places: readonly RecordPlace[]; labels: Int32Array } {
  if (labels.length === places.length) return { places, labels };
  throw unlikeLabels(labels.length, places.length, 'record');
}

/** Labels of the records; where only some have one, the others are left out. */
function withLabels(
  listed: readonly RecordPlace[],
  name: string,
  issues: DataIssue[],
): { places: readonly RecordPlace[]; labels?: Int32Array } {
  const labelled: { place: RecordPlace; label: number | undefined }[] = [];
  for (const place of listed) {
    try {
      const feature = readExample(place).get(name);
      const label = feature?.kind === 'integers' ? feature.values[0] : undefined;
      labelled.push({ place, label });
    } catch (thrown) {
      if (!(thrown instanceof BadSample)) throw thrown;
      issues.push(leftOut(thrown));
    }
  }
  const good = labelled.filter(({ label }) => label !== undefined);
  if (good.length === 0) return { places: labelled.map(({ place }) => place) };
  if (good.length < labelled.length) {
    const message = `${labelled.length - good.length} of ${labelled.length} records have no "${name}" and are left out.`;
    issues.push({ code: 'no-label', severity: 'warning', message });
  }
  const labels = Int32Array.from(good, ({ label }) => label ?? 0);
  return { places: good.map(({ place }) => place), labels };
}

function encoded(place: RecordPlace, name: string): Uint8Array {
  checkRecord(place);
  const feature = readExample(place).get(name);
  const part = feature?.kind === 'bytes' ? feature.parts[0] : undefined;
  if (!part) throw new BadImage(`has no bytes called "${name}"`);
  return place.source.read(part.start, part.end);
}

function numbers(
  place: RecordPlace,
  name: string,
  shape: readonly number[],
  input: SampleInput,
): EngineTensor['values'] {
  checkRecord(place);
  const feature = readExample(place).get(name);
  if (!feature || feature.kind === 'bytes') {
    const text = `${place.name} has no numbers called "${name}".`;
    throw new BadSample('bad-tfrecord', text, place.name);
  }
  const { values } = feature;
  if (values.length !== elementCount(shape)) {
    const text = `"${name}" of ${place.name} has ${values.length} numbers, and the input "${input.name}" takes ${elementCount(shape)} ([${shape.join(', ')}]).`;
    throw new BadData('wrong-shape', text, place.name);
  }
  if (values.some((value) => Number.isNaN(value))) {
    throw new BadSample('not-a-number', `${place.name} has NaN in "${name}".`, place.name);
  }
  return castValues(Float64Array.from(values), input.type, input.name);
}
