import { leavesOf, type KerasLayer } from './model.ts';
import { flagOf } from './fields.ts';
import { slotsOf } from './slots.ts';

/** The weights of a layer, or of a model nested in another, in the order in which Keras lists them. */
export function listOrder(layer: KerasLayer): { leaf: KerasLayer; slot: string }[] {
  const leaves = layer.model ? leavesOf(layer.model) : [layer];
  const all = leaves.flatMap((leaf) => {
    const isFrozen = !flagOf(leaf.config, ['trainable'], true);
    const slots = slotsOf(leaf) ?? [];
    return slots.map(({ name, isState }) => ({ leaf, slot: name, isState: isFrozen || !!isState }));
  });
  return [...all.filter(({ isState }) => !isState), ...all.filter(({ isState }) => isState)];
}
