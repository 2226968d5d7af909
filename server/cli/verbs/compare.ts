import { basename, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { channelFactors, type FactoredChannels } from '../../core/compare/channelFactors.ts';
import { layerDifference, type LayerDifference } from '../../core/compare/layerDifference.ts';
import {
  alike,
  matchLayers,
  type LayerMatch,
  type LayerMatching,
} from '../../core/compare/matchLayers.ts';
import { isQuantizedModel } from '../../core/quant/quantizedModel.ts';
import { EngineFault } from '../../engines/engine.ts';
import type { ModelDocument } from '../../formats/format.ts';
import { openDocument } from '../../formats/index.ts';
import { compareValues, type ComparedValues } from '../../quantize/compareModels.ts';
import type { RunnableModel } from '../../quantize/context.ts';
import { evaluate, type Evaluation } from '../../quantize/evaluate.ts';
import type { TaskSamples } from '../../quantize/runTask.ts';
import { pairInputs, sideBySide } from '../../quantize/sameSamples.ts';
import { correctionIn } from '../../session/corrections.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault, fromFormat } from '../fault.ts';
import { checkThere } from '../missingFile.ts';
import { hasReport } from '../reporting.ts';
import { openReference, reportFailures } from '../quantizing.ts';
import { hasData, openPlaceSamples, type PlaceSamples } from '../samples.ts';
import { warnOfFewJudges } from '../fewSamples.ts';
import { samplesText } from '../samplesText.ts';
import { shortNamesOf, type ShortNames } from '../shortNames.ts';
import { counted, db, judgedText, percent, significant, table } from '../text.ts';
import { hintAtSamples } from '../uncorrected.ts';
import type { Workplace } from '../workplace.ts';
import { compareReport, type AsTheyAre } from './compareReport.ts';
import { accuracyFields, scoreFields } from './evaluate.ts';

/** `rangefinder compare a b`: what two models have in common, and how far they are apart. */
export async function compare(place: Workplace): Promise<Answer> {
  const first = await place.open();
  const second = await openOther(place);
  const matching = await matchLayers(first.graph, second.graph, place.job);
  const differences = matching.matches.map(layerDifference);
  const factors = matching.matches.map(channelFactors);
  noteFactors(place, matching, factors);
  noteOtherNetwork(place, matching);
  const onSamples = hasData(place, first)
    ? await runBoth(place, [first, second], matching)
    : undefined;
  const nothing = matching.matches.length === 0;
  const report = await compareReport(place, [first, second], onSamples ?? { text: [] });
  return {
    fields: {
      other: { path: second.path, format: second.info.format, producer: second.info.producer },
      layers: matching.matches.map((match, at) =>
        layerFields(match, differences[at], onSamples?.values),
      ),
      unmatched: {
        first: matching.unmatched.first.map(({ name }) => name),
        second: matching.unmatched.second.map(({ name }) => name),
      },
      findings: onSamples?.values?.findings ?? [],
      ...(onSamples ? { model: onSamples.model } : {}),
    },
    text: [
      ...(hasReport(place)
        ? [
            `${place.settings.targetText()}, for --report; the figures here are of the files as they are.`,
          ]
        : []),
      ...(nothing
        ? ['The two models have no layer in common: no names, weights or shapes agree.']
        : textOf(matching, differences, factors, onSamples)),
    ],
    exit: nothing ? 1 : 0,
    report,
  };
}

async function openOther(place: Workplace): Promise<ModelDocument> {
  const path = place.given.other;
  if (path === undefined) {
    throw new CommandFault(2, 'usage', 'name two models: rangefinder compare a.onnx b.onnx');
  }
  checkThere(path, { is: 'the second model' });
  const opened = await openDocument(resolve(path), place.job);
  if (!opened.ok) throw fromFormat(opened.error, opened.error.code === 'not-supported-yet' ? 4 : 3);
  place.onClose(() => opened.value.dispose());
  return opened.value;
}

interface OnSamples extends AsTheyAre {
  readonly model: object;
  /** How the second takes the samples of the first. */
  readonly notes?: readonly string[];
}

/** Runs both on the samples; the float one, or the first, or `--reference` counts as the truth. */
async function runBoth(
  place: Workplace,
  [first, second]: readonly [ModelDocument, ModelDocument],
  matching: LayerMatching,
): Promise<OnSamples> {
  const { why, notes } = pairInputs(first, second);
  if (why !== undefined) {
    return {
      model: { unavailable: why },
      text: [`They were not run side by side: ${why}`],
    };
  }
  const isQuantized = [first, second].map(({ graph }) => isQuantizedModel(graph));
  const quantized = isQuantized[0] === isQuantized[1] ? undefined : isQuantized[0] === true ? 0 : 1;
  const data = await openPlaceSamples(place, first, ['judge']);
  noteCorrectedBy(place, [first, second], data);
  const reference = place.settings.has('reference')
    ? await openReference(place, first)
    : quantized === 0
      ? second
      : first;
  const models = [first, second];
  const { samples, feedsOf } = sideBySide(data.samples, first, [second, reference]);
  const batch = place.settings.integer('batch', 1, 65536, 1);
  const on: TaskSamples = { samples, indices: data.indices.judge, batch };
  const runnable = (document: ModelDocument): RunnableModel => ({
    document,
    graph: document.graph,
    feeds: feedsOf(document),
  });
  const contenders = models.filter((one) => one !== reference);
  const { labels } = data.samples;
  const engine = place.engine();
  try {
    const result = await evaluate(
      {
        engine,
        reference: runnable(reference),
        contenders: contenders.map(runnable),
        on,
        ...(labels ? { labels } : {}),
      },
      place.job,
    );
    reportFailures(place, result.failures);
    warnOfFewJudges(place, result.count, result.contenders[0]?.accuracy);
    const both = [runnable(first), runnable(second)] as const;
    const values = await compareValues(engine, both, matching, quantized, on, place.job);
    return {
      data,
      values,
      model: {
        ...modelFields(result, reference, contenders),
        ...(notes.length > 0 ? { notes } : {}),
      },
      notes,
      text: modelText(result, reference, contenders),
    };
  } catch (thrown) {
    if (!(thrown instanceof EngineFault) || thrown.code === 'died') throw thrown;
    return { model: { unavailable: thrown.message }, text: [thrown.message] };
  }
}

/** Says of corrected files that samples which corrected them are among these; of an export once. */
function noteCorrectedBy(
  place: Workplace,
  [first, second]: readonly [ModelDocument, ModelDocument],
  data: PlaceSamples,
): void {
  const [own, other] = [correctionIn(first)?.on, correctionIn(second)?.on];
  hintAtSamples(place, first, data, basename(first.path));
  if (own && isDeepStrictEqual(own, other)) return;
  hintAtSamples(place, second, data, basename(second.path));
}

const modelFields = (
  { float, contenders, count }: Evaluation,
  reference: ModelDocument,
  models: readonly ModelDocument[],
): object => ({
  reference: {
    path: reference.path,
    ...(float.accuracy ? accuracyFields(float.accuracy) : {}),
  },
  others: contenders.map((scores, at) => ({ path: models[at]?.path, ...scoreFields(scores) })),
  samples: count,
});

function modelText(
  { float, contenders, count }: Evaluation,
  reference: ModelDocument,
  models: readonly ModelDocument[],
): string[] {
  const accuracy = float.accuracy ? ` (top-1 ${percent(float.accuracy.top1)})` : '';
  return contenders.map((scores, at) => {
    const top = scores.accuracy ? `, top-1 ${percent(scores.accuracy.top1)}` : '';
    const same = scores.agreement === undefined ? '' : `, same answer ${percent(scores.agreement)}`;
    return `As the files are: outputs of ${models[at]?.path ?? ''} on ${counted(count, 'sample')}: ${judgedText(scores)}${top}${same}, against ${reference.path}${accuracy}.`;
  });
}

function layerFields(
  { first, second, kind, affinity, isPermuted }: LayerMatch,
  difference: LayerDifference | undefined,
  values: ComparedValues | undefined,
): object {
  const output = values?.layers.get(first.name);
  return {
    name: first.name,
    other: second.name,
    op: first.node.op,
    match: kind,
    affinity,
    ...(isPermuted ? { permutedInputs: true } : {}),
    weight: difference?.weight,
    ...(difference?.bias ? { bias: difference.bias } : {}),
    ranges: difference?.ranges,
    ...(output ? { output: { sqnrDb: output.sqnrDb, maxAbs: output.maxAbs } } : {}),
  };
}

/** The first few names, and how many more; JSON has all. */
const someOf = (names: readonly string[]): string =>
  names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');

/** Says so where hardly a layer has a twin, and what was paired is not alike. */
function noteOtherNetwork({ issues }: Workplace, { matches, unmatched }: LayerMatching): void {
  const common = matches.length;
  const sizes = [unmatched.first, unmatched.second].map(({ length }) => common + length);
  const same = matches.filter(({ affinity }) => affinity >= alike).length;
  if (common === 0 || common * 4 >= Math.max(...sizes) || same * 2 >= Math.min(...sizes)) return;
  const message = `These seem to be different networks: ${common} of ${sizes.join(' and ')} layers have a twin in the other, and the weights of ${same === 0 ? 'none' : same} of them are alike.`;
  issues.push({ code: 'other-network', severity: 'warning', message });
}

const factorWords = { none: '', output: 'output channel', both: 'channel' } as const;

/** Says which layers are the same but for a factor of each channel. */
function noteFactors(
  place: Workplace,
  { matches }: LayerMatching,
  factors: readonly (FactoredChannels | undefined)[],
): void {
  const tell = (wanted: FactoredChannels, how: string): void => {
    const names = matches.flatMap(({ first }, at) => (factors[at] === wanted ? [first.name] : []));
    if (names.length === 0) return;
    const message = `The weights of ${counted(names.length, 'layer')} differ by ${how}: ${someOf(names)}.`;
    place.issues.push({ code: 'rescaled', severity: 'info', message });
  };
  tell('output', 'one factor for each output channel alone, as a folded batch norm leaves them');
  tell('both', 'factors for each output and input channel alone, as equalizing leaves them');
}

function textOf(
  { matches, unmatched }: LayerMatching,
  differences: readonly LayerDifference[],
  factors: readonly (FactoredChannels | undefined)[],
  onSamples: OnSamples | undefined,
): string[] {
  const hasFactors = factors.some((one) => one !== undefined);
  const hasOtherNames = matches.some(({ first, second }) => second.name !== first.name);
  const namesOn = (side: 'first' | 'second'): ShortNames =>
    shortNamesOf(
      [...matches.map((match) => match[side]), ...unmatched[side]].map(({ name }) => name),
    );
  const [own, other] = [namesOn('first'), namesOn('second')];
  const rows = matches.map(({ first, second, kind }, at) => {
    const difference = differences[at];
    const output = onSamples?.values?.layers.get(first.name);
    return [
      own.text(first.name),
      ...(hasOtherNames ? [second.name === first.name ? '' : other.text(second.name)] : []),
      kind,
      difference ? db(difference.weight.sqnrDb) : '',
      difference ? significant(difference.weight.maxAbs) : '',
      difference?.bias ? db(difference.bias.sqnrDb) : '',
      output ? db(output.sqnrDb) : '',
      ...(hasFactors ? [factorWords[factors[at] ?? 'none']] : []),
    ];
  });
  const alone = (
    names: readonly { name: string }[],
    where: string,
    { text }: ShortNames,
  ): string[] =>
    names.length === 0
      ? []
      : [`Only in the ${where}: ${someOf(names.map(({ name }) => text(name)))}.`];
  return [
    `${counted(matches.length, 'layer')} in common.`,
    ...new Set([...own.note, ...other.note]),
    ...table([
      [
        'Layer',
        ...(hasOtherNames ? ['In the other'] : []),
        ...['Found by', 'dB weight', 'max |Δw|', 'dB bias', 'dB output'],
        ...(hasFactors ? ['A factor for each'] : []),
      ],
      ...rows,
    ]),
    ...alone(unmatched.first, 'first', own),
    ...alone(unmatched.second, 'second', other),
    ...(onSamples?.notes ?? []),
    ...(onSamples?.data ? [samplesText(onSamples.data)] : []),
    ...(onSamples?.text ?? []),
    ...(onSamples?.values?.findings ?? []).map(({ severity, message, code }) =>
      own.text(`${severity}: ${message} [${code}]`),
    ),
  ];
}
