import type { Affine, Refusal } from '../../graph/affine.ts';
import { resolvingConstants } from '../../graph/constants.ts';
import type { GraphDraft } from '../../graph/draft.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import type { Layer } from '../../graph/layer.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { FloatArray, Tensor } from '../../graph/tensor.ts';
import { readFloats, readsOwnFloats } from '../../graph/tensorValues.ts';
import { emptyLike, scaleChannels } from '../../kernels/channels.ts';
import { chunksOf } from '../../kernels/chunks.ts';
import { absMax, isAllFinite } from '../../kernels/finite.ts';
import type { InParts } from '../../kernels/inParts.ts';
import type { Correspondence, Skip } from '../pass.ts';
import type { FoldApplied } from '../foldBatchNorm.ts';
import type { View } from './way.ts';

/** A fold under way: the draft, what may be looked at, and what came out so far. */
export interface Folding extends View {
  readonly draft: GraphDraft;
  readonly fixed: Graph['fixed'];
  readonly lacksBias: Graph['lacksBias'];
  readonly keepTensors: boolean;
  /** False to try only whether it could be done: weights are neither read nor made. */
  readonly computes: boolean;
  /** Whether the user wants this pair. */
  isWanted(layer: string, batchNorm: string, direction: 'backward' | 'forward'): boolean;
  readonly applied: FoldApplied[];
  readonly skipped: Skip[];
  readonly correspondences: Correspondence[];
}

/** A fold to begin on this draft. */
export function folding(
  graph: Graph,
  draft: GraphDraft,
  choice: Pick<Folding, 'keepTensors' | 'computes' | 'isWanted'>,
): Folding {
  return {
    ...choice,
    draft,
    fixed: graph.fixed,
    lacksBias: graph.lacksBias,
    wiring: resolvingConstants(draft),
    shapes: inferShapes(graph),
    opset: graph.opsets.get('') ?? graph.opsets.get('ai.onnx') ?? 1,
    applied: [],
    skipped: [],
    correspondences: [],
  };
}

/** Values that a fold changed are not what they were before any more, whatever an earlier one said. */
export function forgetChanged({ correspondences }: Folding, values: readonly string[]): void {
  const kept = correspondences.filter(({ after }) => !values.includes(after));
  correspondences.splice(0, correspondences.length, ...kept);
}

/** An attempt: no layer there, a reason why not, or done. */
export type Attempt = 'none' | 'unwanted' | Refusal | 'done';

/** Notes why an affine was not folded. */
export function skip(
  into: Folding,
  affine: { readonly name: string },
  node: NodeId,
  { code, reason, remedy }: Refusal,
): void {
  const place = affine.name;
  into.skipped.push({ code, place, node, reason, ...(remedy === undefined ? {} : { remedy }) });
}

/**
 * The weight of a layer times a factor a channel. `read` is what `readFloats` gave; it is written
 * over where nobody else has it, because fresh memory costs more than the multiplication.
 */
export function* scaledWeight(
  { weight, layout: whole }: Layer,
  read: FloatArray,
  byOutput?: Float64Array,
  byInput?: Float64Array,
): InParts<FloatArray> {
  const out = readsOwnFloats(weight) ? read : emptyLike(read);
  for (const { layout, start, end, firstOutput, firstInput } of chunksOf(whole)) {
    if (start > 0) yield;
    const { groups, outPerGroup, inPerGroup } = layout;
    scaleChannels(
      read.subarray(start, end),
      layout,
      byOutput?.subarray(firstOutput, firstOutput + groups * outPerGroup),
      byInput?.subarray(firstInput, firstInput + groups * inPerGroup),
      out.subarray(start, end),
    );
  }
  return out;
}

/** `whyNotStored` of a weight that may be large. */
export function* whyWeightNotStored(
  values: FloatArray,
  layer: Layer,
  affine: Affine,
): InParts<Refusal | undefined> {
  for (const { start, end } of chunksOf(layer.layout)) {
    if (start > 0) yield;
    const why = whyNotStored(values.subarray(start, end), layer, affine);
    if (why) return why;
  }
  return undefined;
}

/** Why these weights cannot be stored; undefined when they can. */
export function whyNotStored(
  values: FloatArray | Float64Array,
  layer: Layer,
  affine: Affine,
): Refusal | undefined {
  const { weight, name } = layer;
  const top = largest(weight);
  if (top === undefined ? isAllFinite(values) : absMax(values) <= top) return undefined;
  if (!isAllFinite(readFloats(weight))) return notFinite(weight, name);
  return {
    code: 'overflow',
    reason: `Folding "${affine.name}" makes values of "${name}" too large for ${weight.type}.`,
    remedy: 'Store the weights as float32.',
  };
}

/** The refusal of a tensor with NaN or infinite values. */
export const notFinite = (tensor: Tensor, layer: string): Refusal => ({
  code: 'not-finite',
  reason: `"${tensor.name}" of "${layer}" has NaN or infinite values.`,
  remedy: 'Train or export the layer again: such a model cannot work.',
});

/** Largest value of the half types (with rounding); the others show as infinite by themselves. */
function largest(tensor: Tensor): number | undefined {
  if (tensor.type === 'float16') return 65519;
  return tensor.type === 'bfloat16' ? 3.3961e38 : undefined;
}
