import { moving } from '../comparedPairs.ts';
import { isStandard, type Graph } from '../core/graph/graph.ts';
import type { Wiring } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { listEncodings, type EncodingEntry } from '../core/reports/encodings.ts';
import type { EncodingRow } from '../protocol/model.ts';

/**
 * The encodings of a quantized model, to inspect: of what flows through it, then of its constants;
 * `ranges`: what samples feed to its inputs.
 */
export const encodingRowsOf = (
  graph: Graph,
  ranges: ReadonlyMap<string, { readonly min: number; readonly max: number }> = new Map(),
): EncodingRow[] =>
  inOrder(graph).map(({ tensor, type, scale, zeroPoint, count, min, max }) => {
    const range = ranges.get(originOf(tensor, wiringOf(graph)));
    const samples = range && { min: range.min, max: range.max };
    const row = { tensor, type, scale, zeroPoint, count, min, max };
    return samples ? { ...row, samples } : row;
  });

/** What a value has its elements from: itself, or what was only reshaped or moved to make it. */
function originOf(value: string, wiring: Wiring): string {
  let origin = value;
  for (let maker = wiring.maker(origin); maker && isStandard(maker) && moving.has(maker.op);) {
    origin = maker.inputs[0] ?? '';
    maker = wiring.maker(origin);
  }
  return origin;
}

function inOrder(graph: Graph): EncodingEntry[] {
  const all = listEncodings(graph);
  const isConstant = ({ tensor }: EncodingEntry): boolean => graph.tensors.has(tensor);
  return [...all.filter((one) => !isConstant(one)), ...all.filter(isConstant)];
}
