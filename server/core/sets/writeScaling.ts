import type { GraphDraft } from '../graph/draft.ts';
import type { LayerStatistics } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { floatTensor, readFloats, withFloats } from '../graph/tensorValues.ts';
import { areAll, positionsOtherThan, product, quotient, times } from '../kernels/vectors.ts';
import type { Correspondence } from '../passes/pass.ts';
import { boundsAt, setClampBounds } from './clamps.ts';
import type { Link } from './links.ts';
import type { ScaledLayer } from './scaledLayer.ts';
import { atPositions } from './scaleFactors.ts';
import type { Step } from './steps.ts';
import { writeConstant } from './writeConstant.ts';

/** Writes a layer's weight, bias and statistics with its factors, each tensor once. */
export async function writeLayer(draft: GraphDraft, scaled: ScaledLayer): Promise<void> {
  const { layer, byOutput, byInput } = scaled;
  const isOutputScaled = !areAll(byOutput, 1);
  if (!isOutputScaled && areAll(byInput, 1)) return;
  writeConstant(draft, layer.node.id, 1, withFloats(layer.weight, await scaled.scaledWeight()));
  if (!isOutputScaled) return;
  if (layer.bias) writeBias(draft, layer, scaledBias(layer.bias, byOutput));
  const known = draft.statistics(layer.output);
  if (known?.scale.length === byOutput.length) {
    draft.setStatistics(layer.output, scaledStatistics(known, byOutput));
  }
}

/** Puts another bias into a layer: its third input, or the constant of the Add after a MatMul. */
export function writeBias(draft: GraphDraft, layer: Layer, bias: Tensor): void {
  if (layer.biasAdd === undefined) {
    writeConstant(draft, layer.node.id, 2, bias);
    return;
  }
  const value = layer.node.outputs[0] ?? '';
  const add = draft.node(layer.biasAdd);
  writeConstant(draft, layer.biasAdd, add?.inputs[0] === value ? 1 : 0, bias);
}

/** A bias times a factor a channel; one that is a single number becomes one a channel. */
function scaledBias(bias: Tensor, byOutput: Float64Array): Tensor {
  const values = readFloats(bias);
  if (elementCount(bias.dims) !== 1) return withFloats(bias, product(values, byOutput));
  const scaled = times(byOutput, values[0] ?? 0);
  return floatTensor(bias.name, [scaled.length], scaled, bias.type);
}

/** N(beta/scale - absorbed, (|gamma|/scale)^2) of an output that is multiplied by `byOutput`. */
const scaledStatistics = (known: LayerStatistics, byOutput: Float64Array): LayerStatistics => ({
  ...known,
  scale: quotient(known.scale, byOutput),
  absorbed: product(known.absorbed, byOutput),
});

/**
 * Changes the clamps of a link for its factors: with bounds of their own (`cap`), or without upper
 * bound (`relu`). Answers the number of Min and Max nodes added.
 */
export function writeClamps(
  draft: GraphDraft,
  link: Link,
  total: Float64Array,
  handling: 'cap' | 'relu',
): number {
  let added = 0;
  for (const step of link.steps) {
    if (step.kind !== 'clamp') continue;
    const bounds = boundsAt(step.activation, step.before.size);
    const factors = atPositions(total, step.before.channelAt);
    const lo = quotient(bounds.lo, factors);
    const hi = handling === 'relu' ? bounds.hi.fill(Infinity) : quotient(bounds.hi, factors);
    added += setClampBounds(draft, step.activation, { lo, hi }, step.before, link.from.weight.type);
  }
  return added;
}

/** The last value of a link with the channels on axis 1, and by what it is divided. */
export function correspondenceOf(link: Link, total: Float64Array): Correspondence | undefined {
  const last = link.steps.findLast(isActivation);
  const place = last?.after ?? link.steps[0]?.before;
  if (place && place.axis !== 1) return undefined;
  if (!place && link.from.kind === 'matMul') return undefined;
  const name = last?.node.outputs[0] ?? link.from.output;
  const divisor = atPositions(total, place?.channelAt);
  return {
    before: name,
    after: name,
    divisor,
    // Only a proof asks for them.
    get changed() {
      return positionsOtherThan(1, divisor);
    },
  };
}

/** True for a step that is not linear: Identity and Dropout are clamps without bounds. */
export function isActivation(step: Step): boolean {
  if (step.kind === 'clamp') return true;
  if (step.kind !== 'homogeneous') return false;
  const { isClamp, lo, hi } = step.activation;
  return (
    !isClamp || lo.some((bound) => bound !== -Infinity) || hi.some((bound) => bound !== Infinity)
  );
}
