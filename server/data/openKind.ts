import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileSource } from './byteSource.ts';
import { fromArrays } from './fromArrays.ts';
import { openCsv } from './csvSamples.ts';
import { imageFolder, listFolder } from './imageFolder.ts';
import { imageEndings } from './images/decodeImage.ts';
import { singleImage } from './singleImage.ts';
import { readLabels } from './labels.ts';
import { openNpy } from './npy.ts';
import { normSamples } from './normSamples.ts';
import { openNpzSamples } from './npzSamples.ts';
import { pictureSamples } from './pictureSamples.ts';
import { isProtoFolder, openProtoSamples } from './protoSamples.ts';
import { openRaw, rawEndings } from './rawSamples.ts';
import type { SampleOptions } from './sampleOptions.ts';
import { rawIssues } from './rawPictures.ts';
import { BadData, type SampleInput, type SampleSet } from './samples.ts';
import { openRecords, recordNames, recordsIn } from './recordSamples.ts';
import { syntheticSamples } from './syntheticSamples.ts';

/** Opens samples by what their path names: a kind of file, a folder, or `synthetic[:bn][:SEED]`. */
export async function openKind(
  path: string,
  inputs: readonly SampleInput[],
  options: SampleOptions,
): Promise<SampleSet> {
  const synthetic = /^synthetic(:bn)?(?::(\d{1,10}))?$/.exec(path);
  if (synthetic) {
    const seed = Number(synthetic[2] ?? 1);
    const follows = synthetic[1] === undefined ? undefined : options.graph;
    return follows ? normSamples(follows, inputs, seed) : syntheticSamples(inputs, seed);
  }
  const info = await stat(path);
  if (info.isDirectory()) return openFolder(path, inputs, options);
  if (imageEndings.test(path)) {
    return pictureSamples(await singleImage(path, options.labels), inputs, options);
  }
  if (/\.pb$/i.test(path)) return openProtoSamples(path, inputs, await labelsOf(options));
  if (recordNames.test(path)) {
    return openRecords(path, [path], inputs, options, await labelsOf(options));
  }
  const labels = await labelsOf(options);
  if (/\.npz$/i.test(path)) return openNpzSamples(path, inputs, labels, options);
  if (/\.npy$/i.test(path)) {
    const input = onlyInput(inputs, 'An .npy');
    const name = basename(path);
    const array = await openNpy(await fileSource(path), name);
    return fromArrays(path, [{ input, array, name }], labels, () => array.dispose(), options);
  }
  if (/\.(csv|tsv)$/i.test(path)) return openCsv(path, onlyInput(inputs, 'A CSV'), labels);
  if (info.size === 0) throw new BadData('no-data', `${basename(path)} is empty.`, basename(path));
  if (rawEndings.test(path) || options.raw) {
    const bound = await openRaw(path, onlyInput(inputs, 'A raw file'), options);
    const samples = fromArrays(path, [bound], labels, () => bound.array.dispose(), options);
    const { input, array, name } = bound;
    return {
      ...samples,
      issues: [...(samples.issues ?? []), ...rawIssues(name, input, array, options)],
    };
  }
  throw new BadData(
    'not-supported-yet',
    `"${basename(path)}" is of no kind that is read as data.`,
    basename(path),
    'Give a folder of images, .npz, .npy, .csv, .pb, TFRecord, a raw file (.u8, .f32, .bin, ...), or synthetic[:SEED].',
  );
}

async function openFolder(
  path: string,
  inputs: readonly SampleInput[],
  options: SampleOptions,
): Promise<SampleSet> {
  const { files, folders } = await listFolder(path);
  if (isProtoFolder(files, folders)) {
    return openProtoSamples(path, inputs, await labelsOf(options));
  }
  const records = recordsIn(path, files);
  if (records.length > 0)
    return openRecords(path, records, inputs, options, await labelsOf(options));
  return pictureSamples(await imageFolder(path, options.labels), inputs, options);
}

const labelsOf = async ({ labels }: SampleOptions): Promise<Int32Array | undefined> =>
  labels === undefined ? undefined : readLabels(labels);

function onlyInput(inputs: readonly SampleInput[], what: string): SampleInput {
  const [input, ...more] = inputs;
  if (input && more.length === 0) return input;
  const names = inputs.map(({ name }) => `"${name}"`).join(', ');
  const text = `${what} has one array, and the model has ${inputs.length} inputs (${names}).`;
  throw new BadData('wrong-inputs', text, undefined, 'Save an .npz with an array for each.');
}
