import { resolvingConstants } from '../graph/constants.ts';
import { activationOf } from '../graph/activations.ts';
import { floatAttribute, type Graph, type NodeId } from '../graph/graph.ts';
import type { Layer, Wiring } from '../graph/layer.ts';
import { inferShapes } from '../graph/shapes.ts';
import { wiringOf } from '../graph/wiring.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { roundingSums } from '../kernels/roundingSums.ts';
import { isLeftInFloat, targetOf } from '../quant/apart.ts';
import { expectedSpreads, type ExpectedSpread } from '../quant/expectedMeans.ts';
import { isSummedOver, perInput } from '../quant/layerInputs.ts';
import { behindPad, tapShares } from '../quant/tapShares.ts';
import type { ShapeOf } from '../sets/channelPlace.ts';
import type { Target } from '../quant/targets.ts';
import { tensorGrid } from './gridFigures.ts';
import { ChannelReaders } from './channelReaders.ts';
import type { LayerReport } from './weightReport.ts';

/** Estimates are given where this share of the layers has one: a rank of few would mislead. */
const leastShare = 0.5;

/**
 * What a layer's output would keep with only its weights rounded, in dB, from the file alone: the
 * batch norms, folded or not, say how far each channel varies. With W~ the rounded weights,
 *
 *   noise[o] = (sum over i of E[x_i] * sum over taps of (W~ - W)[o, i, tap])^2
 *            + sum over i of Var[x_i] * sum over taps of (W~ - W)[o, i, tap]^2
 *   estimate = 10 log10(sum over o of r[o] Var[y_o] / sum over o of r[o] inside[o] c[o] noise[o])
 *
 * where y is the output behind the clamps that follow (ReLU, ReLU6), inside[o] the share of it that
 * they do not cut off, and Var[x], E[x] those of what the layer reads, by normal distributions
 * (Nagel et al. 2019, appendix C, for the moments; the use as a rank is ours). r[o] is what the
 * layers that read y make of the channel (`ChannelReaders`): it makes the estimate blind to how
 * channels are scaled against each other. c[o] <= 1 is what the output varies by over what inputs
 * that know nothing of each other would make of the weights: where it is less, so is the noise. A
 * mean is no signal, any bias makes it. An input that nothing is known of is taken as centred, with
 * one variance that explains the output's. Higher is better. Unlike the SQNR of the weights it sees a
 * channel of small weights whose output is as large as any other; it is never more than that SQNR,
 * which stands for layers that nothing is known around. Empty where those are most, and where each
 * channel has a scale: then no channel is lost to another, and the SQNR ranks as well.
 */
export async function estimateAlone(
  graph: Graph,
  reports: readonly LayerReport[],
  target: Target,
  job: Job,
): Promise<ReadonlyMap<NodeId, number>> {
  const estimates = new Map<NodeId, number>();
  let told = 0;
  if (target.granularity === 'channel') return estimates;
  const spreadOf = expectedSpreads(graph);
  const wiring = resolvingConstants(wiringOf(graph));
  const layers = reports.filter(({ fault }) => fault === undefined).map(({ layer }) => layer);
  const shapes = inferShapes(graph);
  const shapeOf: ShapeOf = (value) => shapes.get(value);
  const known = { wiring, spreadOf, shapeOf, readers: new ChannelReaders(layers, wiring) };
  for (const [done, report] of reports.entries()) {
    await job.checkpoint(done, reports.length, report.layer.name);
    if (report.fault !== undefined) continue;
    const estimate = estimateOf(report, target, known);
    if (estimate !== undefined) told++;
    estimates.set(report.layer.node.id, Math.min(estimate ?? Infinity, report.figures.sqnrChosen));
  }
  return told >= leastShare * estimates.size ? estimates : new Map();
}

type SpreadOf = (value: string) => ExpectedSpread | undefined;

/** What is known of the network around a layer. */
interface Known {
  readonly wiring: Wiring;
  readonly spreadOf: SpreadOf;
  readonly shapeOf: ShapeOf;
  readonly readers: ChannelReaders;
}

/** Moments of each input channel of a layer. */
interface Read {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Undefined where neither what the layer reads nor what it makes is known. */
function estimateOf(
  { layer, ranges }: LayerReport,
  target: Target,
  { wiring, spreadOf, shapeOf, readers }: Known,
): number | undefined {
  const output = outputOf(layer, wiring, spreadOf);
  const known = inputOf(layer, wiring, spreadOf);
  if (!output && !known) return undefined;
  if (isLeftInFloat(target, layer.name)) return Infinity;
  const share = sharesOf(layer, shapeOf);
  if (!share) return undefined;
  // An input of mean 0 and one variance, so large that the weights make of it what the output has.
  const read = known ?? centred(layer);
  const grid = tensorGrid(ranges, targetOf(target, layer.name));
  const { shift, noise, energy } = roundingSums(
    readFloats(layer.weight),
    layer.layout,
    grid,
    read.mean,
    read.variance,
    share,
  );
  const factor = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) ** 2 : 1;
  const whole = spreadOf(layer.output);
  const scale = known || !whole ? factor : total(whole.variance) / total(energy);
  const implied = energy.map((own) => scale * own);
  const weights = readers.weightsOf(layer);
  const weighted = (values: Float64Array): number =>
    total(weights ? values.map((value, o) => value * (weights[o] ?? 0)) : values);
  const kept = weighted(output?.variance ?? implied);
  const lost = weighted(
    noise.map((own, o) => {
      const all = implied[o] ?? 0;
      const share = whole && all > 0 ? Math.min(1, (whole.variance[o] ?? NaN) / all) : 1;
      return (scale * own + factor * (shift[o] ?? NaN) ** 2) * (output?.inside[o] ?? 1) * share;
    }),
  );
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

/**
 * How often each kernel position meets an input. Padding counts as more of the same; a transposed
 * convolution with strides has places where a position meets nothing, and needs sizes to tell them.
 */
function sharesOf(layer: Layer, shapeOf: ShapeOf): Float64Array | undefined {
  if (layer.kind === 'convTranspose') return tapShares(layer, shapeOf);
  return new Float64Array(layer.layout.taps).fill(1);
}

const centred = ({ inChannels }: Layer): Read => ({
  mean: new Float64Array(inChannels),
  variance: new Float64Array(inChannels).fill(1),
});

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
