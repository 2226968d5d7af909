import type { Graph } from '../graph/graph.ts';
import type { Target } from '../quant/targets.ts';
import { listEncodings, type EncodingEntry } from '../reports/encodings.ts';

/** The grids that a quantized model states for its weights or for its values. */
export interface GridKind {
  /** Types of the integers, sorted: `int8`. */
  readonly types: readonly string[];
  readonly bits: readonly number[];
  readonly granularity: 'tensor' | 'channel';
}

export interface GridKinds {
  /** Undefined where none is stated by constants. */
  readonly weights: GridKind | undefined;
  readonly activations: GridKind | undefined;
}

/** What kinds of grids a quantized model rounds to; integers of 32 bits are its biases. */
export function gridKinds(graph: Graph): GridKinds {
  const all = listEncodings(graph).filter(({ type }) => bitsOf(type) < 32);
  const isConstant = ({ tensor }: EncodingEntry): boolean => graph.tensors.has(tensor);
  return {
    weights: kindOf(all.filter(isConstant)),
    activations: kindOf(all.filter((entry) => !isConstant(entry))),
  };
}

/** `int8 weights with a scale for each channel, uint8 activations`. */
export function gridWords({ weights, activations }: GridKinds): string {
  const types = ({ types: names }: GridKind): string => names.join(' and ');
  const scales = (kind: GridKind): string =>
    kind.granularity === 'channel' ? 'with a scale for each channel' : 'with one scale a tensor';
  return [
    weights ? `${types(weights)} weights ${scales(weights)}` : 'weights of unknown grids',
    activations ? `${types(activations)} activations` : 'float activations',
  ].join(', ');
}

/** In what a quantized model differs from a target, in words; empty: it is the same target. */
export function differencesFrom({ weights, activations }: GridKinds, target: Target): string[] {
  const { weightBits, activationBits, granularity } = target;
  const own = activations?.bits ?? ['float'];
  return [
    ...(weights && weights.bits.join() !== String(weightBits)
      ? [`${weights.bits.join(' and ')} instead of ${weightBits} bits for weights`]
      : []),
    ...(weights && weights.granularity !== granularity
      ? [`scales of weights per ${weights.granularity} instead of per ${granularity}`]
      : []),
    ...(own.join() !== String(activationBits)
      ? [`activations of ${own.join(' and ')} instead of ${activationBits} bits`]
      : []),
  ];
}

/** True where two quantized models state grids of the same kinds. */
export const isSameKind = (first: GridKinds, second: GridKinds): boolean =>
  gridWords(first) === gridWords(second);

const bitsOf = (type: string): number => Number(/\d+$/.exec(type)?.[0] ?? 0);

function kindOf(entries: readonly EncodingEntry[]): GridKind | undefined {
  if (entries.length === 0) return undefined;
  const types = [...new Set(entries.map(({ type }) => type))].sort();
  return {
    types,
    bits: [...new Set(types.map(bitsOf))].sort((a, b) => a - b),
    granularity: entries.some(({ count }) => count > 1) ? 'channel' : 'tensor',
  };
}
