import { aloneLimitsDb } from '../core/diagnose/marks.ts';
import type { NodeId } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import { decibelText, nounText, timesText } from '../core/reports/words.ts';
import type { Remedy } from '../protocol/model.ts';
import { fromWire, toWire } from '../protocol/wire.ts';
import type { Measured } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';
import { activationGrowth, biasedError } from './errorFindings.ts';
import type { CodedRow } from './findings.ts';
import { outputRemedies } from './outputRemedies.ts';

/** What the samples show that the weights alone do not, worst first. */
export function dataFindings(measurement: Measurement, layers: readonly Layer[]): CodedRow[] {
  const ids = new Map(layers.map(({ name, node }) => [name, node.id]));
  return [
    weakLayers(measurement, ids),
    biasedError(measurement, ids),
    overflows(measurement.now, ids),
    fewSamples(measurement),
    constantActivations(measurement.now),
    activationGrowth(measurement, ids),
  ].filter((one) => one !== undefined);
}

type Ids = ReadonlyMap<string, NodeId>;

function weakLayers(measurement: Measurement, ids: Ids): CodedRow | undefined {
  const { sensitivity, layers } = measurement.now;
  const weak = Object.entries(sensitivity ?? {})
    .filter(([, { alone }]) => alone < aloneLimitsDb.hurts)
    .sort(([, a], [, b]) => a.alone - b.alone);
  const [worst] = weak;
  if (!worst) return undefined;
  const [name, { alone }] = worst;
  const own = layers?.[name];
  const share =
    own && Number.isFinite(own.weights) && Number.isFinite(own.activations)
      ? ` Of its own output rounding the weights leaves ${decibelText(own.weights)} dB, rounding its values ${decibelText(own.activations)} dB.`
      : '';
  return {
    code: 'weak-layer',
    mark: 'hurts',
    title: `${nounText(weak.length, 'layer costs', 'layers cost')} the outputs more than ${aloneLimitsDb.hurts} dB allow`,
    text: `${name}: ${decibelText(alone)} dB with only this layer quantized (limit ${aloneLimitsDb.hurts}).${share}`,
    layers: weak.flatMap(([one]) => ids.get(one) ?? []),
    remedies: remediesOf(measurement.now, name),
  };
}

/** What was tried, and what leaving the worst layer in float was measured to bring; the best first. */
function remediesOf(measured: Measured, worst: string): Remedy[] {
  const scores = measured.scores?.quantized;
  if (!scores) return [];
  const found = outputRemedies(measured) ?? [];
  const without = measured.sensitivity?.[worst]?.allButThis;
  if (without === undefined) return found;
  const remedy: Remedy = {
    label: `Leave ${worst} in float`,
    fromDb: toWire((scores.logits ?? scores).sqnrDb),
    toDb: toWire(without),
    isMeasured: true,
    of: 'outputs',
  };
  return [...found, remedy].sort((a, b) => fromWire(b.toDb) - fromWire(a.toDb));
}

function overflows({ calibration }: Measured, ids: Ids): CodedRow | undefined {
  const found = [...(calibration?.overflows ?? [])].sort((a, b) => b.factor - a.factor);
  const [worst] = found;
  if (!worst) return undefined;
  const channels = found.reduce((sum, one) => sum + one.channels, 0);
  return {
    code: 'bias-overflow',
    mark: 'hurts',
    title: `${nounText(channels, 'bias', 'biases')} of ${nounText(found.length, 'layer')} do not fit into the integers of the target`,
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
    title: `${nounText(data.samples.count, 'sample')} are few`,
    text: `${calibration.length} calibrate, ${correction.length} correct, ${judged} judge. Means of corrections are uncertain by about ${error.toFixed(0)} % of the deviation from sample to sample.`,
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
