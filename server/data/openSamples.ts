import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { err, ok, type Result } from '../core/result.ts';
import { arraySamples, type BoundArray } from './arraySamples.ts';
import { fileSource } from './byteSource.ts';
import { labelNames, labelsOfArray, readLabels } from './labels.ts';
import { openNpy } from './npy.ts';
import { Npz } from './npz.ts';
import {
  BadData,
  type DataFault,
  type DataIssue,
  type SampleInput,
  type SampleSet,
} from './samples.ts';
import { withDimensions } from './openDimensions.ts';
import type { SampleOptions } from './sampleOptions.ts';
import { syntheticSamples } from './syntheticSamples.ts';

export type { SampleOptions } from './sampleOptions.ts';

/**
 * Opens the samples that `--data` names: an `.npz`, an `.npy`, or `synthetic[:SEED]`. Arrays are
 * taken as they are, cast to the input's type; the first axis is the sample (command-line.md).
 * Never throws for what is in the files.
 */
export async function openSamples(
  path: string,
  inputs: readonly SampleInput[],
  options: SampleOptions = {},
): Promise<Result<SampleSet, DataFault>> {
  try {
    const chosen = withDimensions(inputs, options.dims);
    return ok(checked(await open(path, chosen, options), options));
  } catch (thrown) {
    if (thrown instanceof BadData) return err(toFault(thrown));
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (typeof code !== 'string') throw thrown;
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    const blamed =
      code === 'ENOENT' && options.labels && (await exists(path)) ? options.labels : path;
    return err({ code: 'no-data', message: `${blamed} ${what}.`, where: blamed });
  }
}

/** The set with what is to be said of it as a whole: wrong labels, too few samples. */
function checked(samples: SampleSet, { labels: given, classCount }: SampleOptions): SampleSet {
  const issues: DataIssue[] = [...(samples.issues ?? [])];
  if (samples.count === 1 && !samples.source.startsWith('synthetic')) {
    const message = 'There is one sample only: what is measured on it says little of others.';
    issues.push({ code: 'one-sample', severity: 'warning', message });
  }
  const { labels, ...others } = samples;
  const wrong = labels && labelFault(labels, classCount);
  if (!wrong) return { ...samples, issues };
  if (given !== undefined) throw wrong;
  // Found by their name, not given: they may be something else than labels.
  const { code, message } = wrong;
  issues.push({ code, severity: 'warning', message: `${message} They are not used as labels.` });
  return { ...others, issues };
}

/** The first label that the model has no class for, where it says how many it has. */
function labelFault(labels: Int32Array, classCount = Infinity): BadData | undefined {
  if (classCount === Infinity) return undefined;
  const at = labels.findIndex((label) => label < 0 || label >= classCount);
  if (at < 0) return undefined;
  const text =
    `Sample ${at} has the label ${labels[at] ?? 0}, and the model has ${classCount} classes, ` +
    `0 to ${classCount - 1}.`;
  const isFromOne = labels.every((label) => label >= 1 && label <= classCount);
  const remedy = isFromOne ? 'The labels seem to begin with 1: take 1 off.' : undefined;
  return new BadData('wrong-labels', text, `sample ${at}`, remedy);
}

/** What a `BadData` says, as data. */
export const toFault = ({ code, message, where, remedy }: BadData): DataFault => ({
  code,
  message,
  ...(where === undefined ? {} : { where }),
  ...(remedy === undefined ? {} : { remedy }),
});

async function open(
  path: string,
  inputs: readonly SampleInput[],
  options: SampleOptions,
): Promise<SampleSet> {
  const synthetic = /^synthetic(?::(\d{1,10}))?$/.exec(path);
  if (synthetic) return syntheticSamples(inputs, Number(synthetic[1] ?? 1));
  const info = await stat(path);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  if (info.isFile() && /\.npz$/i.test(path)) return openNpzSamples(path, inputs, labels);
  if (info.isFile() && /\.npy$/i.test(path)) {
    const [input] = inputs;
    if (!input || inputs.length !== 1) {
      const names = inputs.map(({ name }) => `"${name}"`).join(', ');
      const text = `An .npy has one array, and the model has ${inputs.length} inputs (${names}).`;
      throw new BadData(
        'wrong-inputs',
        text,
        basename(path),
        'Save an .npz with an array for each.',
      );
    }
    const name = basename(path);
    const array = await openNpy(await fileSource(path), name);
    return arraySamples(path, [{ input, array, name }], labels, () => array.dispose());
  }
  const what = info.isDirectory() ? 'A folder' : `"${basename(path)}"`;
  throw new BadData(
    'not-supported-yet',
    `${what} cannot be used as data yet.`,
    basename(path),
    'Give an .npz, an .npy, or synthetic[:SEED].',
  );
}

async function openNpzSamples(
  path: string,
  inputs: readonly SampleInput[],
  given: Int32Array | undefined,
): Promise<SampleSet> {
  const npz = await Npz.open(path);
  try {
    const bound: BoundArray[] = [];
    for (const input of inputs) {
      const name = npz.names.includes(input.name) || inputs.length > 1 ? input.name : 'x';
      const array = await npz.array(name);
      if (!array) throw missing(path, input, inputs.length, npz.names);
      bound.push({ input, array, name });
    }
    const taken = new Set(bound.map(({ name }) => name));
    const labelName = labelNames.find((name) => npz.names.includes(name) && !taken.has(name));
    const found = labelName === undefined ? undefined : await npz.array(labelName);
    const labels =
      given ?? (found && labelName ? await labelsOfArray(found, labelName) : undefined);
    return arraySamples(path, bound, labels, () => npz.dispose());
  } catch (thrown) {
    await npz.dispose();
    throw thrown;
  }
}

function missing(
  path: string,
  input: SampleInput,
  inputs: number,
  names: readonly string[],
): BadData {
  const has = names.length === 0 ? 'no arrays' : names.map((name) => `"${name}"`).join(', ');
  const text = `${basename(path)} has no array for the input "${input.name}"; it has ${has}.`;
  const other = inputs === 1 ? ' or "x"' : '';
  return new BadData('wrong-inputs', text, input.name, `Name the array "${input.name}"${other}.`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
