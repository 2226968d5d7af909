import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isQuantizedModel } from '../../core/quant/quantizedModel.ts';
import { toWire } from '../../protocol/wire.ts';
import { preprocessingText } from '../../data/preprocessing.ts';
import type { ModelDocument } from '../../formats/format.ts';
import { openDocument } from '../../formats/index.ts';
import type { CompareSide } from '../../protocol/compare.ts';
import type { ComparedValues } from '../../quantize/compareModels.ts';
import { takenBy } from '../../quantize/sameSamples.ts';
import { comparedReport } from '../../report/comparedReport.ts';
import type { ComparisonInput } from '../../report/comparisonInput.ts';
import { compareSides } from '../../session/compareSides.ts';
import { MeasureCache } from '../../session/measureCache.ts';
import { Session } from '../../session/session.ts';
import type { SessionData } from '../../session/sessionData.ts';
import { CommandFault, fromFormat } from '../fault.ts';
import { Refused } from '../../refused.ts';
import { seedOf, settingsOf } from '../reporting.ts';
import { splitPlaceSamples, type PlaceSamples } from '../samples.ts';
import { counted, grouped } from '../text.ts';
import { warnOfOtherGrid } from '../uncorrected.ts';
import type { Workplace } from '../workplace.ts';

/** What `compare` found already of the two as they are. */
export interface AsTheyAre {
  readonly data?: PlaceSamples;
  readonly values?: ComparedValues;
  /** In sentences. */
  readonly text: readonly string[];
}

/**
 * What `--report` and `--charts` write: what the editor says of the two side by side, on the target
 * of the command; nothing where neither was asked for.
 */
export async function compareReport(
  place: Workplace,
  models: readonly [ModelDocument, ModelDocument],
  { data, values, text }: AsTheyAre,
): Promise<ComparisonInput | undefined> {
  if (place.reportFile() === undefined && place.chartsFolder() === undefined) return undefined;
  const isQuantized = models.map(({ graph }) => isQuantizedModel(graph));
  const reference = place.settings.text('reference');
  const [first, second] = models;
  // Rounding is judged by the float one of the two.
  const float = isQuantized[0] && !isQuantized[1] ? second : first;
  const session = await sessionOn(place, reference ?? float.path);
  const sides = sidesOf(place, models);
  for (const at of [0, 1] as const) {
    if (isQuantized[at]) continue;
    const { title } = sides[at];
    warnOfOtherGrid(place, models[at], title);
  }
  const remarks = text.map((one) => titled(one, sides));
  if (data && session.kind === 'float') {
    const judged = sessionData(place, models, session, data);
    session.commit({ data: judged });
    remarks.unshift(servesText(data, judged));
  } else if (data) {
    remarks.push(
      'Both are quantized: what they keep of the float network is told with --reference, the float model.',
    );
  }
  try {
    const isTruth = reference !== undefined;
    const compared = await compareSides(session, sides, place.job, isTruth);
    const report = await comparedReport(session, compared, place.job);
    return {
      ...report,
      pairs: report.pairs.map((pair) => {
        const output = values?.layers.get(pair.name);
        return output ? { ...pair, output: toWire(output.sqnrDb) } : pair;
      }),
      remarks: [...report.remarks, ...remarks],
      madeBy: 'rangefinder compare',
      settings: settingsOf(place),
    };
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    const { code, message, where, remedy } = thrown.fault;
    throw new CommandFault(3, code, message, where, remedy);
  }
}

/** A model opened as the editor does, with nothing measured by itself. */
async function sessionOn(place: Workplace, path: string): Promise<Session> {
  const opened = await openDocument(resolve(path), place.job);
  if (!opened.ok) throw fromFormat(opened.error, 3);
  const storageFolder = mkdtempSync(join(tmpdir(), 'rangefinder-compare-'));
  const session = new Session(
    pathToFileURL(resolve(path)).href,
    { document: opened.value, fileHash: '', fileId: '', target: place.settings.target() },
    {
      engine: place.engine(),
      storageFolder,
      settings: { seed: seedOf(place) },
      measured: new MeasureCache(storageFolder),
      publish: () => undefined,
      log: () => undefined,
    },
  );
  place.onClose(() => {
    session.dispose();
    rmSync(storageFolder, { recursive: true, force: true });
  });
  return session;
}

/** Which samples serve the files as they are, and which the target. */
function servesText(asTheyAre: PlaceSamples, { indices, samples }: SessionData): string {
  const { calibration, judge } = indices;
  const labels = samples.labels ? 'labels found' : 'no labels';
  const calibrate =
    calibration.length === 0
      ? ''
      : `${counted(calibration.length, 'calibrates', 'calibrate')} and `;
  return `${counted(samples.count, 'sample')} from ${samples.source}, ${labels}: at the target ${calibrate}${counted(judge.length, 'judges', 'judge')}; as they are, the files are compared on ${grouped(asTheyAre.indices.judge.length)}.`;
}

/** The samples of the command, some of which calibrate now. */
function sessionData(
  place: Workplace,
  [first]: readonly [ModelDocument, ModelDocument],
  session: Session,
  { samples }: PlaceSamples,
): SessionData {
  const isRounded = place.settings.target().activationBits !== 'float';
  const purposes = isRounded ? (['calibration', 'judge'] as const) : (['judge'] as const);
  const split = splitPlaceSamples(place, first, samples, purposes);
  const all = Array.from({ length: samples.count }, (_, index) => index);
  const indices = split.ok ? split.value.indices : { calibration: all, correction: [], judge: all };
  const shared = {
    code: 'shared-samples',
    severity: 'warning',
    message:
      'There are too few samples to split: the same ones calibrate and judge, so that every figure flatters.',
  } as const;
  if (!split.ok && split.error.code !== 'too-few-samples') {
    const { code, message, where, remedy } = split.error;
    throw new CommandFault(2, code, message, where, remedy);
  }
  const { preprocessing, source } = samples;
  const isGuess = samples.issues?.some(({ code }) => code === 'guessed-preprocessing') ?? false;
  return {
    choice: { path: place.settings.text('data') ?? source },
    samples: takenBy(samples, first, session.state.document),
    indices,
    // Nothing outlives the command that could be mistaken for these.
    id: 'command',
    isSynthetic: source.startsWith('synthetic'),
    preprocessing: preprocessing && { words: preprocessingText(preprocessing), isGuess },
    issues: split.ok ? split.value.issues : [shared],
    isShared: !split.ok,
  };
}

/** What was said of the files as they are, by their titles. */
const titled = (text: string, sides: readonly OtherFile[]): string =>
  sides.reduce((said, { path, title }) => said.replaceAll(path, title), text);

type OtherFile = Extract<CompareSide, { readonly kind: 'other' }>;

/** Two files of one name are told apart by their folders, as they were given. */
function sidesOf(
  { given }: Workplace,
  models: readonly [ModelDocument, ModelDocument],
): [OtherFile, OtherFile] {
  const [one, other] = models.map(({ path }) => basename(path));
  const titles = one === other ? [given.model ?? '', given.other ?? ''] : [one ?? '', other ?? ''];
  const isSame = titles[0] === titles[1];
  const side = (at: 0 | 1): OtherFile => ({
    kind: 'other',
    path: models[at].path,
    title: `${titles[at] ?? ''}${isSame ? (at === 0 ? ' (first)' : ' (second)') : ''}`,
  });
  return [side(0), side(1)];
}
