import type { Graph, Node } from '../graph/graph.ts';
import type { ElementType } from '../graph/tensor.ts';
import type { Wiring } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import { isQuantizing, numbersOf } from '../quant/quantizedModel.ts';

/** The encoding of one tensor of a quantized model. */
export interface EncodingEntry {
  readonly tensor: string;
  /** Of the integers: `int8`. */
  readonly type: string;
  /** The largest, where there are several. */
  readonly scale: number;
  /** The first, where there are several. */
  readonly zeroPoint: number;
  /** Number of scales: 1 per tensor. */
  readonly count: number;
  /** What the integers can stand for, over all channels. */
  readonly min: number;
  readonly max: number;
}

/** Where a node names a tensor, its scale and its zero point: names of values. */
interface Mention {
  readonly tensor: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** The encodings that a quantized model states by constants, each tensor once, in model order. */
export function listEncodings(graph: Graph): EncodingEntry[] {
  const wiring = wiringOf(graph);
  const entries = new Map<string, EncodingEntry>();
  for (const node of graph.nodes) {
    if (!isQuantizing(node)) continue;
    for (const mention of mentionsOf(node, wiring)) {
      if (mention.tensor === '' || entries.has(mention.tensor)) continue;
      const entry = entryOf(mention, wiring);
      if (entry) entries.set(mention.tensor, entry);
    }
  }
  return [...entries.values()];
}

function mentionsOf(node: Node, wiring: Wiring): Mention[] {
  const { inputs, outputs } = node;
  const at = (i: number): string => inputs[i] ?? '';
  const mention = (tensor: string, scale: number): Mention => ({
    tensor,
    scale: at(scale),
    zeroPoint: at(scale + 1),
  });
  const output = outputs[0] ?? '';
  switch (node.op) {
    case 'QuantizeLinear':
      return [mention(at(0), 1)];
    case 'DequantizeLinear':
      // one that undoes a QuantizeLinear repeats its encoding
      return wiring.maker(at(0))?.op === 'QuantizeLinear' ? [] : [mention(at(0), 1)];
    case 'QLinearConv':
    case 'QLinearMatMul':
    case 'QLinearAdd':
    case 'QLinearMul':
      return [mention(at(0), 1), mention(at(3), 4), mention(output, 6)];
    case 'QGemm':
      return [mention(at(0), 1), mention(at(3), 4), mention(output, 7)];
    case 'QLinearConcat':
      return [
        mention(output, 0),
        ...inputs.flatMap((name, i) => (i >= 2 && i % 3 === 2 ? [mention(name, i + 1)] : [])),
      ];
    default:
      return node.op.startsWith('QLinear') ? [mention(at(0), 1), mention(output, 3)] : [];
  }
}

function entryOf(
  { tensor, scale: scaleName, zeroPoint: zeroName }: Mention,
  wiring: Wiring,
): EncodingEntry | undefined {
  const scales = numbersOf(wiring.tensor(scaleName));
  if (!scales || scales.length === 0) return undefined;
  const zero = wiring.tensor(zeroName);
  const zeros = numbersOf(zero) ?? [0];
  const own = wiring.tensor(tensor)?.type;
  const type = zero?.type ?? (own && levelsOf(own) ? own : 'uint8');
  const levels = levelsOf(type);
  if (!levels) return undefined;
  const zeroAt = (i: number): number => zeros[zeros.length === 1 ? 0 : i] ?? 0;
  let min = 0;
  let max = 0;
  let top = 0;
  for (const [i, scale] of scales.entries()) {
    min = Math.min(min, (levels[0] - zeroAt(i)) * scale);
    max = Math.max(max, (levels[1] - zeroAt(i)) * scale);
    top = Math.max(top, scale);
  }
  return { tensor, type, scale: top, zeroPoint: zeroAt(0), count: scales.length, min, max };
}

/** Least and greatest integer of a type; undefined for types that are not for quantizing. */
function levelsOf(type: ElementType): readonly [number, number] | undefined {
  const found = /^(u?)int(8|16|32)$/.exec(type);
  if (!found) return undefined;
  const bits = Number(found[2]);
  return found[1] === 'u' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}
