import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileSource } from './byteSource.ts';
import { countRows } from './csvSamples.ts';
import type { DataSettings } from './dataSettings.ts';
import { imageFolder, listFolder } from './imageFolder.ts';
import { imageEndings } from './images/decodeImage.ts';
import { labelNames } from './labels.ts';
import { npyDims } from './npy.ts';
import { Npz } from './npz.ts';
import { withDimensions } from './openDimensions.ts';
import { countProtoSamples, isProtoFolder } from './protoSamples.ts';
import { openRaw, rawEndings } from './rawSamples.ts';
import { countRecords, recordNames, recordsIn } from './recordSamples.ts';
import { BadData, type SampleInput } from './samples.ts';
import { syntheticCount } from './syntheticSamples.ts';

/** A CSV has no header that counts: the lines of longer ones are not read. */
const mostCsvBytes = 16 * 2 ** 20;

/**
 * How many samples lie at a path, where headers, names of files and what is said of records tell: no values are read. Undefined
 * where they do not, and where the samples cannot be opened anyway. `known` are the inputs of the
 * model; undefined: it is not known.
 */
export async function countSamples(
  path: string,
  settings: Pick<DataSettings, 'labels' | 'raw' | 'dims' | 'fields'>,
  known: readonly SampleInput[] | undefined,
): Promise<number | undefined> {
  const { raw, dims } = settings;
  try {
    const inputs = known && withDimensions(known, dims);
    if (/^synthetic(:\d+)?$/.test(path)) return inputs && syntheticCount(inputs);
    const info = await stat(path);
    if (info.isDirectory()) return await countFolder(path, settings, inputs);
    if (imageEndings.test(path) || /\.pb$/i.test(path)) return 1;
    if (recordNames.test(path)) return countRecords([path], settings, batchOf(inputs));
    if (/\.npz$/i.test(path)) return await countNpz(path, inputs);
    if (/\.npy$/i.test(path)) return (await npyDims(await fileSource(path), basename(path)))[0];
    if (/\.(csv|tsv)$/i.test(path))
      return info.size > mostCsvBytes ? undefined : await countRows(path);
    const [input, ...more] = inputs ?? [];
    if (!input || more.length > 0 || !(rawEndings.test(path) || raw)) return undefined;
    return (await openRaw(path, input, raw ? { raw } : {})).array.dims[0];
  } catch (thrown) {
    // Whoever opens the samples says what is wrong with them.
    if (thrown instanceof BadData || (thrown instanceof Error && 'code' in thrown))
      return undefined;
    throw thrown;
  }
}

async function countFolder(
  path: string,
  settings: Pick<DataSettings, 'labels' | 'fields'>,
  inputs: readonly SampleInput[] | undefined,
): Promise<number | undefined> {
  const { files, folders } = await listFolder(path);
  if (isProtoFolder(files, folders)) return countProtoSamples(path);
  const records = recordsIn(path, files);
  if (records.length > 0) return countRecords(records, settings, batchOf(inputs));
  const { count } = await imageFolder(path, settings.labels);
  // Pictures that make no full run of the model are left out.
  return count - (count % batchOf(inputs));
}

/** How many samples the model takes at a time, where it takes no other number. */
function batchOf(inputs: readonly SampleInput[] | undefined): number {
  const batch = inputs?.[0]?.shape?.[0];
  return typeof batch === 'number' && batch > 1 ? batch : 1;
}

async function countNpz(
  path: string,
  inputs: readonly SampleInput[] | undefined,
): Promise<number | undefined> {
  const npz = await Npz.open(path);
  try {
    const [input, ...more] = inputs ?? [];
    const isNamed = input !== undefined && (npz.names.includes(input.name) || more.length > 0);
    if (input) return (await npz.dims(isNamed ? input.name : 'x'))?.[0];
    // Where it is not known which of them are samples, all must tell the same.
    const others = npz.names.filter((name) => !labelNames.some((one) => one === name));
    const counts = new Set<number | undefined>();
    for (const name of others) counts.add((await npz.dims(name))?.[0]);
    return counts.size === 1 ? [...counts][0] : undefined;
  } finally {
    await npz.dispose();
  }
}
