import { refuse } from '../../badFile.ts';
import type { KerasWeight, LayerWeights } from '../source.ts';
import { listOrder } from './listOrder.ts';
import { leavesOf, type KerasLayer } from './model.ts';
import { slotsOf } from './slots.ts';

/** `dense_1/kernel:0` is called `kernel`. */
export const baseName = (name: string): string =>
  (name.split('/').at(-1) ?? '').replace(/:\d+$/, '');

/**
 * Gives the weights that a file lists for a layer, or for a model that is nested in another, to its
 * slots: by name where each name is there once, else in the order in which Keras lists them.
 */
export function assignWeights(
  layer: KerasLayer,
  weights: readonly KerasWeight[],
  where: string,
): Map<string, LayerWeights> {
  const leaves = layer.model ? leavesOf(layer.model) : [layer];
  const out = new Map<string, Map<string, KerasWeight>>();
  const give = (key: string, slot: string, weight: KerasWeight): void => {
    const own = out.get(key) ?? new Map<string, KerasWeight>();
    out.set(key, own.set(slot, weight));
  };
  const wanted = listOrder(layer);
  const strangers = leaves.filter((leaf) => !slotsOf(leaf));
  const [stranger] = strangers;
  if (stranger && strangers.length === 1) {
    const spare = wanted.length === 0 ? weights : spareOf(wanted, weights, stranger);
    for (const weight of spare) give(stranger.key, freeSlot(weight, out.get(stranger.key)), weight);
    weights = weights.filter((weight) => !spare.includes(weight));
  }
  if (wanted.length !== weights.length) {
    if (strangers.length > 1) return out;
    mismatch(where, layer, `${wanted.length} are expected and ${weights.length} are there`);
  }
  const byName = matchNames(wanted, weights, leaves.length > 1);
  for (const [i, { leaf, slot }] of wanted.entries()) {
    const weight = byName?.get(`${leaf.key} ${slot}`) ?? weights[i];
    if (weight) give(leaf.key, slot, weight);
  }
  return out;
}

type Wanted = ReturnType<typeof listOrder>;

/** The weights of a layer whose class is not known, among those of the model it stands in. */
function spareOf(
  wanted: Wanted,
  weights: readonly KerasWeight[],
  stranger: KerasLayer,
): readonly KerasWeight[] {
  const others = new Set(wanted.map(({ leaf }) => leaf.name));
  return weights.filter(({ name }) => {
    const parts = name.split('/');
    return parts.includes(stranger.name) || !parts.some((part) => others.has(part));
  });
}

function matchNames(
  wanted: Wanted,
  weights: readonly KerasWeight[],
  isNested: boolean,
): Map<string, KerasWeight> | undefined {
  const byName = new Map<string, KerasWeight[]>();
  for (const weight of weights) {
    const layer = isNested ? `${weight.name.split('/').at(-2) ?? ''} ` : '';
    const name = layer + baseName(weight.name);
    byName.set(name, [...(byName.get(name) ?? []), weight]);
  }
  const out = new Map<string, KerasWeight>();
  for (const { leaf, slot } of wanted) {
    const found = byName.get(isNested ? `${leaf.name} ${slot}` : slot);
    if (found?.length !== 1 || !found[0]) return undefined;
    out.set(`${leaf.key} ${slot}`, found[0]);
  }
  return out;
}

/** A name for a weight of a layer whose class is not known. */
export function freeSlot(
  weight: KerasWeight,
  taken: ReadonlyMap<string, KerasWeight> | undefined,
): string {
  const wish = baseName(weight.name) || 'weight';
  let name = wish;
  for (let i = 1; taken?.has(name); i++) name = `${wish}_${i}`;
  return name;
}

/** Ends the reading of a file whose weights do not fit its architecture. */
export function mismatch(where: string, layer: KerasLayer, what: string): never {
  refuse({
    code: 'weights-mismatch',
    message: `${where}: the weights of the layer "${layer.name}" do not fit the architecture: ${what}.`,
    where: layer.name,
    remedy:
      'The file is damaged, or its weights belong to another model: save it again with Keras.',
  });
}
