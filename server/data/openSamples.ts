import { stat } from 'node:fs/promises';
import { err, ok, type Result } from '../core/result.ts';
import { fingerprintOf } from './fingerprint.ts';
import { openKind } from './openKind.ts';
import { withDimensions } from './openDimensions.ts';
import type { SampleOptions } from './sampleOptions.ts';
import { checkSampleSizes } from './sampleSize.ts';
import {
  BadData,
  type DataFault,
  type DataIssue,
  type SampleInput,
  type SampleSet,
} from './samples.ts';

export type { SampleOptions } from './sampleOptions.ts';

/**
 * Opens the samples that `--data` names (command-line.md; `openKind` lists the kinds). Arrays are
 * taken as they are, cast to the input's type; the first axis is the sample. Never throws for what
 * is in the files.
 */
export async function openSamples(
  path: string,
  inputs: readonly SampleInput[],
  options: SampleOptions = {},
): Promise<Result<SampleSet, DataFault>> {
  try {
    const chosen = withDimensions(inputs, options.dims);
    checkSampleSizes(chosen);
    const samples = checked(await openKind(path, chosen, options), options);
    const fingerprint = await fingerprintOf(path, samples);
    return ok({ ...samples, ...(fingerprint === undefined ? {} : { fingerprint }) });
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
  const { code, message, remedy } = wrong;
  const parts = [
    message,
    ...(remedy === undefined ? [] : [remedy]),
    'They are not used as labels.',
  ];
  issues.push({ code, severity: 'warning', message: parts.join(' ') });
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
