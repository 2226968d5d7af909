import { aloneLimitsDb } from '../core/diagnose/marks.ts';
import type { NodeId } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import { nounText, timesText, withUnit } from '../core/reports/words.ts';
import { floatAtChance } from '../quantize/chance.ts';
import type { Measured } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';
import { weakLayersOf } from '../session/weakLayers.ts';
import { activationGrowth, biasedError } from './errorFindings.ts';
import type { CodedRow } from './findings.ts';
import { outputRemedies } from './outputRemedies.ts';

/** What the samples show that the weights alone do not, worst first. */
export function dataFindings(measurement: Measurement, layers: readonly Layer[]): CodedRow[] {
  const ids = new Map(layers.map(({ name, node }) => [name, node.id]));
  return [
    atChance(measurement),
    weakLayers(measurement, ids),
    biasedError(measurement, ids),
    overflows(measurement.now, ids),
    fewSamples(measurement),
    constantActivations(measurement.now),
    activationGrowth(measurement, ids),
  ].filter((one) => one !== undefined);
}

/** A float network that does not work on these samples: nothing else that they say is worth much. */
function atChance({ now, data }: Measurement): CodedRow | undefined {
  const { float } = now.scores ?? {};
  const text = float && floatAtChance(float, data.classCount);
  if (text === undefined) return undefined;
  const { preprocessing } = data;
  const cause = preprocessing?.isGuess
    ? `How samples become inputs was only guessed: ${preprocessing.words.replace(/\.$/, '')}.`
    : 'The inputs are probably not what the network was trained on.';
  return {
    code: 'float-at-chance',
    mark: 'hurts',
    title: 'The float network itself is at chance',
    text: `${text} ${cause} Set "preprocess" in rangefinder.json (scale, mean, order of channels), or check the order of the labels.`,
    layers: [],
    remedies: [],
  };
}

type Ids = ReadonlyMap<string, NodeId>;

/** What is marked as hurting in the table, by the figure that it is marked by. */
function weakLayers({ now }: Measurement, ids: Ids): CodedRow | undefined {
  const found = weakLayersOf(now);
  const [worst] = found?.weak ?? [];
  if (!found || !worst) return undefined;
  const { figure, weak } = found;
  const isOwn = figure === 'local';
  const isOne = weak.length === 1;
  const limit = aloneLimitsDb.hurts;
  const many = nounText(weak.length, 'layer');
  const outputs = now.scores?.quantized.logits ? 'logits' : 'outputs';
  const title = isOwn
    ? `${many} ${isOne ? 'keeps' : 'keep'} less than ${limit} dB of ${isOne ? 'its' : 'their'} own output`
    : `Quantized alone, ${isOne ? '1 layer leaves' : `each of ${many} leaves`} the ${outputs} less than ${limit} dB`;
  const kept = isOwn
    ? `Worst: ${worst.name}, ${withUnit(worst.db)} with only this layer quantized.`
    : `Worst: ${worst.name}, ${withUnit(worst.db)}.`;
  return {
    code: 'weak-layer',
    mark: 'hurts',
    title,
    text: `${kept}${ownShare(now, worst.name)}${isOwn ? ' Measure each layer alone to see what that costs the outputs.' : ''}`,
    layers: weak.flatMap(({ name }) => ids.get(name) ?? []),
    remedies: outputRemedies(now) ?? [],
  };
}

/** Whether it is the weights or the values of a layer that rounding hurts. */
function ownShare({ layers }: Measured, name: string): string {
  const own = layers?.[name];
  if (!own || !Number.isFinite(own.weights) || !Number.isFinite(own.activations)) return '';
  return ` SQNR of its own output: ${withUnit(own.weights)} with only its weights rounded, ${withUnit(own.activations)} with only its activations rounded.`;
}

function overflows({ calibration }: Measured, ids: Ids): CodedRow | undefined {
  const found = [...(calibration?.overflows ?? [])].sort((a, b) => b.factor - a.factor);
  const [worst] = found;
  if (!worst) return undefined;
  const channels = found.reduce((sum, one) => sum + one.channels, 0);
  return {
    code: 'bias-overflow',
    mark: 'hurts',
    title: `${nounText(channels, 'bias', 'biases')} of ${nounText(found.length, 'layer')} ${channels === 1 ? 'does' : 'do'} not fit into the integers of the target`,
    text: `${worst.layer}: ${timesText(worst.factor)} the largest integer of its grid, which is the scale of the input times that of the weight. The channel's weights are small beside its bias.`,
    layers: found.flatMap(({ layer }) => ids.get(layer) ?? []),
    remedies: [],
  };
}

/** Fewer samples than this are usual neither to calibrate nor to correct. */
const usual = { calibration: 8, judge: 30 };

function fewSamples({ data, now }: Measurement): CodedRow | undefined {
  const { calibration, correction, judge } = data.indices;
  const judged = now.scores?.samples ?? judge.length;
  if (calibration.length >= usual.calibration && judged >= usual.judge) return undefined;
  const error = 100 / Math.sqrt(Math.max(1, correction.length));
  return {
    code: 'few-samples',
    mark: 'watch',
    title: `${nounText(data.samples.count, 'sample is', 'samples are')} few`,
    text: `${nounText(calibration.length, 'calibrates', 'calibrate')}, ${nounText(correction.length, 'corrects', 'correct')}, ${nounText(judged, 'judges', 'judge')}. Means of corrections are uncertain by about ${error.toFixed(0)} % of the deviation from sample to sample.`,
    layers: [],
    remedies: [],
  };
}

function constantActivations({ calibration }: Measured): CodedRow | undefined {
  const found = (calibration?.notes ?? []).filter(({ code }) => code === 'constant-activation');
  const [first] = found;
  if (!first) return undefined;
  return {
    code: 'constant-activation',
    mark: 'watch',
    title: `${nounText(found.length, 'value is', 'values are')} the same on every sample`,
    text: `${first.message} Other samples may need a wider one.`,
    layers: [],
    remedies: [],
  };
}
