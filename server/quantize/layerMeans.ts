import { intAttribute, stringAttribute, type Node } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import { paddingOf, windowsOf } from '../core/graph/padding.ts';
import { outputMeans } from '../core/quant/outputMeans.ts';
import type { PaddedWindow, Reduction, ReductionResult, ValueAt } from '../engines/sampleTask.ts';
import type { QuantizeContext } from './context.ts';
import { channelAxisOf } from './measureLayers.ts';

/**
 * The value from which the mean output of a layer is told: its input where the layer is a plain sum
 * over it, so that it need not be run; else its output.
 */
export const valueOfMeans = (layer: Layer): string =>
  isToldByInput(layer) ? layer.input : layer.output;

/** What is asked of that value. */
export function meansReduction(
  layer: Layer,
  of: ValueAt,
  context: Pick<QuantizeContext, 'dimsOf'>,
): Reduction {
  if (!isToldByInput(layer)) return outputMeansReduction(layer, of, context);
  if (layer.kind === 'conv') return { kind: 'windowSums', of, windows: paddedWindows(layer) };
  return { kind: 'means', of, channelAxis: -1 };
}

/** The means of a layer's output itself. */
export const outputMeansReduction = (
  layer: Layer,
  of: ValueAt,
  { dimsOf }: Pick<QuantizeContext, 'dimsOf'>,
): Reduction => ({
  kind: 'means',
  of,
  channelAxis:
    layer.kind === 'matMul' || layer.kind === 'gemm'
      ? -1
      : (channelAxisOf({ layer }, dimsOf(layer.output)) ?? 1),
});

/** What is asked of a value whose blocks the runtime has averaged. */
export const pooledReduction = (of: ValueAt): Reduction => ({ kind: 'means', of, channelAxis: 1 });

/**
 * The mean of each output channel, before the activation, in double. `isTold`: from what the layer
 * reads; default: where nothing but its input was asked for.
 */
export function meansOf(
  layer: Layer,
  result: ReductionResult | undefined,
  isTold = isToldByInput(layer),
): Float64Array {
  if (result?.kind === 'windowSums') {
    return told(
      layer,
      result.sum.map((sum) => sum / result.positions),
    );
  }
  if (result?.kind !== 'means') throw new Error('no means of the channels');
  const means = result.sum.map((sum, c) => sum / (result.count[c] ?? 0));
  return isTold ? told(layer, means) : means;
}

function told(layer: Layer, seen: Float64Array): Float64Array {
  const means = outputMeans(layer, seen);
  if (!means) throw new Error(`the bias of ${layer.name} is made at run time`);
  return means;
}

/** Convolutions over [N, C, spatial...], and products with the channels on the last axis. */
const isToldByInput = ({ kind, node }: Layer): boolean =>
  kind === 'conv' ||
  kind === 'matMul' ||
  (kind === 'gemm' && intAttribute(node, 'transA', 0) === 0);

function paddedWindows({ node, weight }: Layer): PaddedWindow[] {
  const kernel = weight.dims.slice(2);
  const auto = sameSide(node);
  const padding = auto ? [] : paddingOf(node, kernel, undefined);
  return windowsOf(node, kernel).map((window, axis) => ({
    ...window,
    padding: auto ?? padding[axis] ?? [0, 0],
  }));
}

function sameSide(node: Node): 'upper' | 'lower' | undefined {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER') return 'upper';
  return auto === 'SAME_LOWER' ? 'lower' : undefined;
}
