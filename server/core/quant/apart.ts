import type { Graph } from '../graph/graph.ts';
import { layerUnits } from './layerUnits.ts';
import type { QuantizationPlan } from './plan.ts';
import type { Target } from './targets.ts';

/** What the exceptions of a target mean for the tensors of a graph. */
export interface Apart {
  /** Why a tensor stays in float, as a sentence. */
  readonly inFloat: ReadonlyMap<string, string>;
  /** Bits of weights that have others than the target says. */
  readonly bits: ReadonlyMap<string, number>;
}

/** A target without exceptions. */
export const nothingApart: Apart = { inFloat: new Map(), bits: new Map() };

/**
 * The tensors of the layers that a target treats unlike the others. A layer in float is so with its
 * weight, its bias and the value that it hands on; what it reads is still rounded by who makes it.
 * `plan`: where the target would round without its exceptions.
 */
export function apartOf(graph: Graph, plan: QuantizationPlan, { exceptions }: Target): Apart {
  if (!exceptions || exceptions.length === 0) return nothingApart;
  const inFloat = new Map<string, string>();
  const bits = new Map<string, number>();
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const byLayer = new Map(exceptions.map(({ layer, weightBits }) => [layer, weightBits]));
  for (const { layer, quantized } of layerUnits(graph, plan)) {
    const wanted = byLayer.get(layer.name);
    if (wanted === 'float') {
      const reason = `The target leaves "${layer.name}" in float.`;
      for (const tensor of quantized) if (!inputs.has(tensor)) inFloat.set(tensor, reason);
    } else if (wanted !== undefined) bits.set(layer.weight.name, wanted);
  }
  return { inFloat, bits };
}

/** The target of one layer: with the bits that it has for its weight alone. */
export function targetOf<T extends Target>(target: T, layer: string): T {
  const own = target.exceptions?.find((one) => one.layer === layer)?.weightBits;
  return own === undefined || own === 'float' ? target : { ...target, weightBits: own };
}

/** True for a layer that the target leaves in float. */
export const isLeftInFloat = ({ exceptions }: Target, layer: string): boolean =>
  exceptions?.some((one) => one.layer === layer && one.weightBits === 'float') ?? false;
