import type { GraphDraft } from '../graph/draft.ts';
import { floatAttribute } from '../graph/graph.ts';
import type { Layer, Wiring } from '../graph/layer.ts';
import { effectiveBias } from '../graph/layerFacts.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readFloatsInParts } from '../graph/floatParts.ts';
import { isFiniteInParts, type InParts } from '../kernels/inParts.ts';
import { countEqual, keepMarked } from '../kernels/vectors.ts';
import { absorbable, betweenOf, type Between } from './absorption.ts';
import {
  borderEffect,
  borderOf,
  unaffectedChannels,
  type Border,
  type BorderEffect,
} from './borderEffect.ts';
import type { Refusal, ShapeOf } from './channelPlace.ts';
import { broadcastingMin } from './clamps.ts';
import type { Link } from './links.ts';
import { atPositions } from './scaleFactors.ts';

/** What decides how much is taken. */
export interface PlanOptions {
  readonly sigmas: number;
  readonly allowBorderEffect: boolean;
  readonly opset: number;
}

/** What is to be taken from the first layer of a link, and what that does. */
export interface Plan {
  readonly between: Between;
  /** What to take from each channel of the first layer. */
  readonly c: Float64Array;
  readonly channels: number;
  readonly weight: FloatArray;
  readonly effect: BorderEffect;
  /** Why some channels gave nothing, and how many did. */
  readonly refused?: Refusal & { readonly left: number };
}

/** What to take from the first layer of a link, or why nothing; nothing is changed. */
export function* planOf(
  draft: GraphDraft,
  wiring: Wiring,
  link: Link,
  shapeOf: ShapeOf,
  options: PlanOptions,
): InParts<Plan | Refusal> {
  const statistics = draft.statistics(link.from.output);
  if (statistics?.gamma.length !== link.from.outChannels) return noStatistics;
  const between = betweenOf(link);
  if ('reason' in between) return between;
  const why = whyNotBias(link.from) ?? whyNotBias(link.to);
  if (why) return why;
  const c = absorbable(statistics, between, options.sigmas);
  if (countOf(c) === 0) return nothingToAbsorb(options.sigmas);
  if (link.steps.some((step) => step.kind === 'clamp') && options.opset < broadcastingMin) {
    return {
      code: 'opset',
      reason: `a bound per channel between them needs operator set 8, and the model has ${options.opset}`,
      remedy: 'Convert the model to a newer operator set.',
    };
  }
  const weight = yield* readFloatsInParts(link.to.weight);
  if (!(yield* isFiniteInParts(weight, link.to.layout))) {
    return {
      code: 'non-finite',
      reason: `the tensor "${link.to.weight.name}" has NaN or infinite elements`,
    };
  }
  const border = borderOf(link, wiring, shapeOf(link.to.input));
  const perInput = atPositions(c, link.channelAt);
  if (options.allowBorderEffect && !isStrided(link.to)) {
    const effect = borderEffect(border, weight, link, perInput);
    return { between, c, channels: countOf(c), weight, effect };
  }
  const kept = c.slice();
  keepOnly(unaffectedChannels(border, weight, link, perInput), link.channelAt, kept);
  const plan = {
    between,
    c: kept,
    channels: countOf(kept),
    weight,
    effect: { share: 0, largest: 0 },
  };
  const left = countOf(c) - plan.channels;
  if (left === 0) return plan;
  const whole = borderEffect(border, weight, link, perInput);
  return {
    ...plan,
    refused: { ...(isStrided(link.to) ? strided : padded(left, whole, border)), left },
  };
}

const countOf = (c: Float64Array): number => c.length - countEqual(c, 0);

/** Leaves nothing of the channels that are at a position without a mark. */
function keepOnly(marks: Uint8Array, channelAt: Int32Array | undefined, c: Float64Array): void {
  if (!channelAt) {
    keepMarked(c, marks);
    return;
  }
  for (let position = 0; position < marks.length; position++) {
    if (marks[position] === 0) c[channelAt[position] ?? position] = 0;
  }
}

/** A transposed convolution with strides shows each output position other kernel positions. */
const isStrided = (layer: Layer): boolean => {
  const strides = layer.node.attributes.get('strides');
  return (
    layer.kind === 'convTranspose' && strides?.kind === 'ints' && strides.value.some((s) => s > 1)
  );
};

function whyNotBias(layer: Layer): Refusal | undefined {
  if (layer.kind === 'gemm' && floatAttribute(layer.node, 'beta', 1) === 0) {
    return { code: 'no-bias', reason: `${layer.name} multiplies its bias by 0` };
  }
  const name = layer.kind === 'matMul' ? '' : (layer.node.inputs[2] ?? '');
  if (name !== '' && !layer.bias) {
    return {
      code: 'dynamic-bias',
      reason: `the bias "${name}" of ${layer.name} is made while the model runs`,
    };
  }
  if (effectiveBias(layer)) return undefined;
  return {
    code: 'bias-shape',
    reason: `the bias "${name}" of ${layer.name} does not have one number for each output channel`,
  };
}

const noStatistics: Refusal = {
  code: 'no-statistics',
  reason:
    'the distribution of its values is not known: no batch norm was folded into the first of the two',
  remedy:
    'Fold the batch norms first. Where the model came folded, its activations would have to be measured on data.',
};

function padded(channels: number, effect: BorderEffect, { view }: Border): Refusal {
  const share = view.isMeasured ? `${Math.round(100 * effect.share)} %` : 'some';
  return {
    code: 'padded',
    reason:
      `${channels === 1 ? 'one channel stays' : `${channels} channels stay`}: the second pads its input, and the ${share} of its output positions ` +
      `that see padding would change by up to ${effect.largest.toPrecision(3)}`,
    remedy: 'Allow the border effect if that is small beside the range of the layer.',
  };
}

const nothingToAbsorb = (sigmas: number): Refusal => ({
  code: 'nothing-to-absorb',
  reason: `no channel of the first stays above 0 by ${sigmas} standard deviations`,
});

const strided: Refusal = {
  code: 'strided',
  reason:
    'the second is a transposed convolution with strides: each output position sees other weights, so no single bias can stand for a constant',
};
