import { createHash } from 'node:crypto';
import { countText } from '../core/reports/words.ts';
import { classCountOf } from '../data/classCount.ts';
import { guessPreprocessing } from '../data/guessPreprocessing.ts';
import { keptDataSettings } from '../data/keptSettings.ts';
import { openSamples, toFault } from '../data/openSamples.ts';
import { preprocessingText } from '../data/preprocessing.ts';
import { BadData, type DataFault, type DataIssue, type SampleSet } from '../data/samples.ts';
import { parseRange, splitSamples, type Purpose, type SampleRange } from '../data/splitSamples.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import type { MeasuredRange } from './measured.ts';
import { Refused } from '../refused.ts';
import { contentOf } from './contentOf.ts';

/** Samples that are open for a session, and which of them serve what. */
export interface SessionData {
  readonly choice: DataChoice;
  readonly samples: SampleSet;
  readonly indices: Readonly<Record<Purpose, readonly number[]>>;
  /** Same text: same samples, prepared and split the same way. */
  readonly id: string;
  readonly isSynthetic: boolean;
  /** How many classes the model tells apart; absent: it does not say. */
  readonly classCount?: number;
  /** How samples become inputs, in words; undefined where they are taken as they are. */
  readonly preprocessing: { readonly words: string; readonly isGuess: boolean } | undefined;
  /** What was found when they were opened. */
  readonly issues: readonly DataIssue[];
  /** There are too few to be split: all of them serve every purpose. */
  readonly isShared: boolean;
  /** What they feed to each input; absent: not read, since the model is measured on them. */
  readonly inputRanges?: ReadonlyMap<string, MeasuredRange>;
}

const purposes = ['calibration', 'correction', 'judge'] as const;
/** Fewer runs than this cannot be split among three purposes. */
const leastToSplit = 4;

/** What decides how samples are opened, besides their choice. */
export interface DataPlace {
  readonly seed: number;
  /** False: nothing of `rangefinder.json` is obeyed. */
  readonly isTrusted: boolean;
}

/** Opens the samples that a user chose for a model. Refuses with the fault of the data. */
export async function openSessionData(
  document: ModelDocument,
  choice: DataChoice,
  { seed, isTrusted }: DataPlace,
): Promise<SessionData> {
  const { graph, info } = document;
  const beside = isTrusted ? settingsBeside(document) : {};
  const dims = { ...beside.dims, ...choice.dims };
  const isSynthetic = /^synthetic(:|$)/.test(choice.path);
  const preprocess = choice.preprocess ?? beside.preprocess;
  const guess = guessPreprocessing(graph, info);
  const classCount = classCountOf(graph);
  const path = choice.path === 'synthetic' ? `synthetic:${seed}` : choice.path;
  const opened = await openSamples(path, graph.inputs, {
    graph,
    ...(Object.keys(dims).length === 0 ? {} : { dims }),
    ...(choice.labels === undefined ? {} : { labels: choice.labels }),
    ...(preprocess === undefined ? {} : { preprocess }),
    ...(guess === undefined ? {} : { guess }),
    ...(classCount === undefined ? {} : { classCount }),
    ...(beside.fields === undefined ? {} : { fields: beside.fields }),
    ...(beside.raw === undefined ? {} : { raw: beside.raw }),
  });
  if (!opened.ok) throw refusedData(opened.error);
  const samples = opened.value;
  try {
    const least = leastToSplit * (samples.fixedBatch ?? 1);
    const isShared = samples.count < least && purposes.every((one) => !choice[one]);
    const split = isShared ? sharedBy(samples.count) : splitOf(samples, choice, seed);
    const issues = [...(samples.issues ?? []), ...split.issues];
    const isGuess = issues.some(({ code }) => code === 'guessed-preprocessing');
    const words = samples.preprocessing && preprocessingText(samples.preprocessing);
    const { indices } = split;
    const { fields, raw } = beside;
    const contents = [contentOf(choice.path), contentOf(choice.labels)];
    const identity = [choice, indices, words, dims, fields, raw, ...contents];
    return {
      choice,
      samples,
      indices,
      id: createHash('sha256').update(JSON.stringify(identity)).digest('hex'),
      isSynthetic,
      ...(classCount === undefined ? {} : { classCount }),
      preprocessing: words === undefined ? undefined : { words, isGuess },
      issues: issues.filter(({ code }) => code !== 'guessed-preprocessing'),
      isShared,
    };
  } catch (thrown) {
    await samples.dispose();
    throw thrown;
  }
}

/** The samples of one purpose, one a run: what is measured of each is known then. */
export const samplesFor = ({ samples, indices }: SessionData, purpose: Purpose): TaskSamples => ({
  samples,
  indices: indices[purpose],
  batch: 1,
});

/** `imagenet-a · 12 + 12 + 40, labelled`. */
export function dataLabel({
  samples,
  indices,
  isShared,
}: Pick<SessionData, 'samples' | 'indices' | 'isShared'>): string {
  const name = samples.source === '' ? 'samples' : samples.source;
  const counts = isShared
    ? countText(samples.count)
    : purposes.map((one) => countText(indices[one].length)).join(' + ');
  return `${name} · ${counts}${samples.labels ? ', labelled' : ''}`;
}

/** What is wrong with the data, as a refusal. */
export const refusedData = ({ code, message, where, remedy }: DataFault): Refused =>
  new Refused({
    code,
    message,
    ...(where === undefined ? {} : { where }),
    ...(remedy === undefined ? {} : { remedy: inSettings(remedy) }),
  });

/** A remedy of the command line, for people without one: the same names stand in the settings. */
const inSettings = (remedy: string): string =>
  remedy
    .replace(/--dims (.+?)=SIZE/, 'set "dims": {"$1": SIZE} in rangefinder.json beside the model')
    .replace(/--preprocess '(\{[^']*\})'/, '"preprocess": $1 in rangefinder.json')
    .replace(/--(calibration|correction|judge|labels|preprocess)/g, '"$1"');

function settingsBeside({ path }: ModelDocument): ReturnType<typeof keptDataSettings> {
  try {
    return keptDataSettings(path);
  } catch (thrown) {
    if (thrown instanceof BadData) throw refusedData(toFault(thrown));
    throw thrown;
  }
}

/** A fault as the panel says it: what is an option on the command line is a setting here. */
const asSetting = (fault: DataFault): DataFault => ({
  ...fault,
  message: fault.message.replace(/--(calibration|correction|judge)\b/g, '"$1"'),
});

type Split = Pick<SessionData, 'indices' | 'issues'>;

function splitOf(
  { count, labels, fixedBatch }: SampleSet,
  choice: DataChoice,
  seed: number,
): Split {
  const ranges: Partial<Record<Purpose, SampleRange>> = {};
  for (const purpose of purposes) {
    const text = choice[purpose];
    if (text === undefined) continue;
    const range = parseRange(text);
    if (!range) {
      const message = `The range of "${purpose}" is "${text}", not two numbers such as 0..16.`;
      throw new Refused({ code: 'bad-range', message, where: purpose });
    }
    ranges[purpose] = range;
  }
  const split = splitSamples({
    count,
    purposes,
    seed,
    fixedBatch,
    ...(labels ? { labels } : {}),
    ...ranges,
  });
  if (!split.ok) throw refusedData(asSetting(split.error));
  return split.value;
}

function sharedBy(count: number): Split {
  const all = Array.from({ length: count }, (_, index) => index);
  const message = `${count === 1 ? 'One sample' : `${count} samples`} cannot be split: the same ones calibrate, correct and judge, so that every figure flatters.`;
  return {
    indices: { calibration: all, correction: all, judge: all },
    issues: [{ code: 'shared-samples', severity: 'warning', message }],
  };
}
