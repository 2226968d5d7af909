import { readFileSync } from 'node:fs';
import { classCountOf } from '../data/classCount.ts';
import type { DataSettings } from '../data/dataSettings.ts';
import { guessPreprocessing } from '../data/guessPreprocessing.ts';
import { isSynthetic, keptDataSettings } from '../data/keptSettings.ts';
import { openSamples } from '../data/openSamples.ts';
import type { DataFault, DataIssue, SampleSet } from '../data/samples.ts';
import { parseRange, splitSamples, type Purpose, type SampleRange } from '../data/splitSamples.ts';
import type { ModelDocument } from '../formats/format.ts';
import { settingsFileOf } from '../settingsFile.ts';
import { CommandFault } from './fault.ts';
import { checkThere } from './missingFile.ts';
import type { Workplace } from './workplace.ts';

/** The samples of a command, and which of them serve what. */
export interface PlaceSamples {
  readonly samples: SampleSet;
  /** In rising order; empty for purposes that were not asked for. */
  readonly indices: Readonly<Record<Purpose, readonly number[]>>;
  /** They were dealt out among several purposes: by labels where there are some. */
  readonly isDealt: boolean;
  /** They are in `place.issues` already. */
  readonly issues: readonly DataIssue[];
}

/** What a verb that needs samples says without `--data`. */
const kindsOfData =
  'a folder of images, .npz, .npy, .csv, .pb, TFRecord, a raw file, or synthetic[:SEED]';

const samplesRole = { mayBeFolder: true, words: ['synthetic'], code: 'no-data' } as const;

/** Whether the options or `rangefinder.json` name data. */
export const hasData = (place: Workplace, document: ModelDocument): boolean =>
  place.settings.has('data') || keptDataSettings(document.path).data !== undefined;

/**
 * Opens the samples that the options name, else those of `rangefinder.json` beside the model, and
 * splits them among the purposes of the verb. The set is closed with the command. Throws
 * `CommandFault`.
 */
export async function openPlaceSamples(
  place: Workplace,
  document: ModelDocument,
  purposes: readonly Purpose[],
  otherwise?: string,
): Promise<PlaceSamples> {
  const { settings } = place;
  const beside = keptDataSettings(document.path);
  const seed = settings.integer('seed', 0, 2 ** 31 - 1, 1);
  const data = settings.text('data') ?? beside.data ?? otherwise;
  if (data === undefined) {
    throw new CommandFault(2, 'usage', `${place.given.verb} needs --data: ${kindsOfData}`);
  }
  if (/^synthetic:(?!(bn:)?\d{1,10}$|bn$)/.test(data)) {
    throw new CommandFault(2, 'usage', `--data "${data}": the seed is a whole number`);
  }
  // Labels and splits that were kept belong to the data that was kept.
  const own = settings.has('data') ? {} : beside;
  const labels = settings.text('labels') ?? own.labels;
  const from = settings.has('data') ? '--data' : (settingsFileOf(document.path) ?? '');
  if (!isSynthetic(data)) checkThere(data, { is: from, ...samplesRole });
  if (labels !== undefined) {
    checkThere(labels, { is: settings.has('labels') ? '--labels' : from, code: samplesRole.code });
  }
  const preprocess = preprocessOf(settings.text('preprocess')) ?? beside.preprocess;
  const guess = guessPreprocessing(document.graph, document.info);
  const classCount = classCountOf(document.graph);
  const opened = await openSamples(
    data === 'synthetic' || data === 'synthetic:bn' ? `${data}:${seed}` : data,
    document.graph.inputs,
    {
      graph: document.graph,
      dims: { ...beside.dims, ...dimsOf(settings.list('dims')) },
      ...(labels === undefined ? {} : { labels }),
      ...(preprocess === undefined ? {} : { preprocess }),
      ...(guess === undefined ? {} : { guess }),
      ...(classCount === undefined ? {} : { classCount }),
      ...(beside.fields === undefined ? {} : { fields: beside.fields }),
      ...(beside.raw === undefined ? {} : { raw: beside.raw }),
    },
  );
  if (!opened.ok) throw fromData(opened.error);
  const samples = opened.value;
  place.onClose(() => void samples.dispose());
  const split = splitPlaceSamples(place, document, samples, purposes);
  if (!split.ok) throw new CommandFault(2, ...fieldsOf(split.error));
  const issues = [
    ...besideNote(place, document, beside),
    ...(samples.issues ?? []),
    ...split.value.issues,
  ];
  place.issues.push(...issues);
  const named = rangesOf(place, own);
  const isDealt = purposes.filter((purpose) => !named[purpose]).length > 1;
  return { samples, indices: split.value.indices, isDealt, issues };
}

/** Splits samples among purposes as the options say, else `rangefinder.json` beside the model. */
export function splitPlaceSamples(
  place: Workplace,
  { path }: ModelDocument,
  { count, fixedBatch, labels }: SampleSet,
  purposes: readonly Purpose[],
): ReturnType<typeof splitSamples> {
  // Splits that were kept belong to the data that was kept.
  const kept = place.settings.has('data') ? {} : keptDataSettings(path);
  const seed = place.settings.integer('seed', 0, 2 ** 31 - 1, 1);
  const ranges = rangesOf(place, kept);
  return splitSamples({
    count,
    purposes,
    seed,
    fixedBatch,
    ...(labels ? { labels } : {}),
    ...ranges,
  });
}

/** Which settings of the file beside the model count, where an option did not say otherwise. */
function besideNote(
  { settings }: Workplace,
  { path }: ModelDocument,
  beside: DataSettings,
): DataIssue[] {
  const ofOwn = new Set(['data', 'labels', 'calibration', 'correction', 'judge']);
  const names = Object.keys(beside).filter(
    (name) => !settings.has(name) && !(settings.has('data') && ofOwn.has(name)),
  );
  if (names.length === 0) return [];
  const file = settingsFileOf(path) ?? 'rangefinder.json';
  const message = `${file} says ${names.join(', ')} of the samples of this model.`;
  return [{ code: 'settings-beside', severity: 'info', message }];
}

/** A fault of the data as the end of a command. */
const fromData = (fault: DataFault): CommandFault => {
  const isUsage = fault.code === 'bad-preprocessing' || fault.code === 'dynamic-dimension';
  const exit = fault.code === 'not-supported-yet' ? 4 : isUsage ? 2 : 3;
  return new CommandFault(exit, ...fieldsOf(fault));
};

const fieldsOf = ({ code, message, where, remedy }: DataFault) =>
  [code, message, where, remedy] as const;

function rangesOf(place: Workplace, kept: DataSettings): Partial<Record<Purpose, SampleRange>> {
  const ranges: Partial<Record<Purpose, SampleRange>> = {};
  for (const purpose of ['calibration', 'correction', 'judge'] as const) {
    const text = place.settings.text(purpose) ?? kept[purpose];
    const range = text === undefined ? undefined : parseRange(text);
    if (range) ranges[purpose] = range;
    else if (text !== undefined) {
      throw new CommandFault(2, 'usage', `--${purpose} takes A..B, and is "${text}"`);
    }
  }
  return ranges;
}

/** `--dims name=size,...`. */
function dimsOf(parts: readonly string[]): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const part of parts) {
    const [, name = '', size = ''] = /^(.+)=(\d{1,9})$/.exec(part) ?? [];
    if (name === '' || Number(size) < 1) {
      throw new CommandFault(2, 'usage', `--dims takes name=size, and has "${part}"`);
    }
    dims[name] = Number(size);
  }
  return dims;
}

/** `--preprocess`: JSON, or a file of it. */
function preprocessOf(given: string | undefined): object | undefined {
  if (given === undefined) return undefined;
  const isText = given.trimStart().startsWith('{');
  if (!isText) checkThere(given, { is: '--preprocess' });
  return parseJson(isText ? given : readFileSync(given, 'utf8'), isText ? '--preprocess' : given);
}

function parseJson(text: string, where: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const remedy = 'JSON has names and texts in double quotes: {"scale": 0.0039}';
    throw new CommandFault(3, 'bad-json', `${where} is no JSON: ${why}`, where, remedy);
  }
}
