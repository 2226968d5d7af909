import { resolvingConstants } from '../graph/constants.ts';
import { activationOf } from '../graph/activations.ts';
import { floatAttribute, type Graph, type NodeId } from '../graph/graph.ts';
import type { Layer, Wiring } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { roundingSums } from '../kernels/roundingSums.ts';
import { isLeftInFloat, targetOf } from '../quant/apart.ts';
import { expectedSpreads, type ExpectedSpread } from '../quant/expectedMeans.ts';
import { isSummedOver, perInput } from '../quant/layerInputs.ts';
import { behindPad } from '../quant/tapShares.ts';
import type { Target } from '../quant/targets.ts';
import { tensorGrid } from './gridFigures.ts';
import type { LayerReport } from './weightReport.ts';

/** Estimates are given where this share of the layers has one: a rank of few would mislead. */
const leastShare = 0.5;

/**
 * What a layer's output would keep with only its weights rounded, in dB, from the file alone: the
 * batch norms, folded or not, say how far each channel varies. With W~ the rounded weights,
 *
 *   noise[o] = (sum over i of E[x_i] * sum over taps of (W~ - W)[o, i, tap])^2
 *            + sum over i of Var[x_i] * sum over taps of (W~ - W)[o, i, tap]^2
 *   estimate = 10 log10(sum over o of Var[y_o] / sum over o of inside[o] * noise[o])
 *
 * where y is the output behind the clamps that follow (ReLU, ReLU6), inside[o] the share of it that
 * they do not cut off, and Var[x], E[x] those of what the layer reads, by normal distributions
 * (Nagel et al. 2019, appendix C, for the moments; the use as a rank is ours). Padding counts as
 * more of the same. An input that nothing is known of is taken as centred, with one variance that
 * explains the output's. Higher is better; unlike the SQNR of the weights it sees a channel of small
 * weights whose output is as large as any other. Layers of which neither what they read nor what they
 * make is known have no estimate, and none has one where those are most.
 */
export async function estimateAlone(
  graph: Graph,
  reports: readonly LayerReport[],
  target: Target,
  job: Job,
): Promise<ReadonlyMap<NodeId, number>> {
  const estimates = new Map<NodeId, number>();
  if (target.granularity === 'channel') return estimates;
  const spreadOf = expectedSpreads(graph);
  const wiring = resolvingConstants(wiringOf(graph));
  for (const [done, report] of reports.entries()) {
    await job.checkpoint(done, reports.length, report.layer.name);
    const estimate = estimateOf(report, target, wiring, spreadOf);
    if (estimate !== undefined) estimates.set(report.layer.node.id, estimate);
  }
  return estimates.size >= leastShare * reports.length ? estimates : new Map();
}

type SpreadOf = (value: string) => ExpectedSpread | undefined;

/** Moments of each input channel of a layer. */
interface Read {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

function estimateOf(
  { layer, ranges, fault }: LayerReport,
  target: Target,
  wiring: Wiring,
  spreadOf: SpreadOf,
): number | undefined {
  if (fault !== undefined) return undefined;
  const output = outputOf(layer, wiring, spreadOf);
  const known = inputOf(layer, wiring, spreadOf);
  if (!output && !known) return undefined;
  if (isLeftInFloat(target, layer.name)) return Infinity;
  // An input of mean 0 and one variance, so large that the weights make of it what the output has.
  const read = known ?? centred(layer);
  const grid = tensorGrid(ranges, targetOf(target, layer.name));
  const { shift, noise, energy } = roundingSums(
    readFloats(layer.weight),
    layer.layout,
    grid,
    read.mean,
    read.variance,
  );
  const factor = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) ** 2 : 1;
  const whole = spreadOf(layer.output);
  const scale = known || !whole ? factor : total(whole.variance) / total(energy);
  const lost = total(
    noise.map(
      (own, o) => (scale * own + factor * (shift[o] ?? NaN) ** 2) * (output?.inside[o] ?? 1),
    ),
  );
  const kept = total(output?.variance ?? energy.map((own) => factor * own));
  // A layer that makes constants has nothing to keep.
  if (Number.isNaN(lost) || !(kept > 0)) return undefined;
  return lost === 0 ? Infinity : 10 * Math.log10(kept / lost);
}

/** The output behind the clamps that alone read it. */
function outputOf(layer: Layer, wiring: Wiring, spreadOf: SpreadOf): ExpectedSpread | undefined {
  let value = layer.output;
  for (;;) {
    const [user] = wiring.users(value);
    const isAlone = wiring.useCount(value) === 1 && !wiring.isGraphOutput(value);
    const activation = user && isAlone ? activationOf(user, wiring) : undefined;
    if (!activation?.isClamp || activation.input !== value) break;
    value = activation.output;
  }
  const spread = spreadOf(value) ?? spreadOf(layer.output);
  return spread?.variance.length === layer.outChannels ? spread : undefined;
}

function inputOf(layer: Layer, wiring: Wiring, spreadOf: SpreadOf): Read | undefined {
  const spread = spreadOf(behindPad(layer, wiring).source);
  if (!spread || !isSummedOver(layer, spread.place)) return undefined;
  const mean = perInput(layer, spread.mean, spread.place);
  const variance = perInput(layer, spread.variance, spread.place);
  return mean && variance && { mean, variance };
}

const centred = ({ inChannels }: Layer): Read => ({
  mean: new Float64Array(inChannels),
  variance: new Float64Array(inChannels).fill(1),
});

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
