import { constantInts } from '../graph/constants.ts';
import { floatAttribute, intsAttribute, isStandard, stringAttribute } from '../graph/graph.ts';
import type { Layer, Wiring } from '../graph/layer.ts';
import { paddingOf, transposedPaddingOf, windowsOf } from '../graph/padding.ts';
import { readNumbers } from '../graph/tensorValues.ts';
import type { ShapeOf } from '../sets/channelPlace.ts';

/**
 * For each kernel position the share of output positions at which it meets real input. Undefined
 * where sizes are needed and not known.
 */
export function tapShares(
  layer: Layer,
  shapeOf: ShapeOf,
  source = layer.input,
  begin: readonly number[] = [],
): Float64Array | undefined {
  const { kind, node, weight, layout } = layer;
  if (kind === 'gemm' || kind === 'matMul') return new Float64Array(layout.taps).fill(1);
  const kernel = weight.dims.slice(2);
  const padding = kind === 'conv' ? paddingOf : transposedPaddingOf;
  const pads = padding(node, kernel, shapeOf(layer.input));
  const isPlain =
    kind === 'conv' &&
    begin.length === 0 &&
    pads.every((pad) => pad && pad[0] === 0 && pad[1] === 0);
  if (isPlain) return new Float64Array(layout.taps).fill(1);
  const [input, output] = [shapeOf(source), shapeOf(node.outputs[0] ?? '')];
  let shares = Float64Array.of(1);
  for (const [axis, window] of windowsOf(node, kernel).entries()) {
    const [inSize, outSize, cut] = [input?.[axis + 2], output?.[axis + 2], pads[axis]];
    if (typeof inSize !== 'number' || typeof outSize !== 'number' || !cut) return undefined;
    const pad = cut[0] + (begin[axis] ?? 0);
    const [from, to] = kind === 'conv' ? [outSize, inSize] : [inSize, outSize];
    const own = Array.from({ length: window.kernel }, (_, tap) => {
      let inside = 0;
      for (let p = 0; p < from; p++) {
        const at = p * window.stride + tap * window.dilation - pad;
        if (at >= 0 && at < to) inside++;
      }
      return inside / outSize;
    });
    shares = Float64Array.from(
      Array.from(shares).flatMap((share) => own.map((one) => share * one)),
    );
  }
  return shares;
}

/**
 * The value behind a Pad with zeros on the spatial axes, which counts as padding of the layer, and
 * how much it puts before each axis; the layer's own input where there is none.
 */
export function behindPad(
  layer: Layer,
  wiring: Wiring,
): { readonly source: string; readonly begin: readonly number[] } {
  const none = { source: layer.input, begin: [] };
  const node = wiring.maker(layer.input);
  if (!node || node.op !== 'Pad' || !isStandard(node) || layer.kind !== 'conv') return none;
  const pads = constantInts(wiring, node.inputs[1] ?? '') ?? intsAttribute(node, 'pads');
  const rank = layer.weight.dims.length;
  const value = node.inputs[2] ? wiring.tensor(node.inputs[2]) : undefined;
  const isZero = node.inputs[2]
    ? value !== undefined && readNumbers(value)[0] === 0
    : floatAttribute(node, 'value', 0) === 0;
  const isSpatial =
    pads?.length === 2 * rank &&
    !node.inputs[3] &&
    [0, 1, rank, rank + 1].every((i) => pads[i] === 0) &&
    pads.every((pad) => pad >= 0);
  if (!pads || !isZero || !isSpatial || stringAttribute(node, 'mode', 'constant') !== 'constant') {
    return none;
  }
  return { source: node.inputs[0] ?? '', begin: pads.slice(2, rank) };
}
