import { assignWeights, freeSlot, mismatch } from '../config/assign.ts';
import { leavesOf, type KerasLayer, type KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import type { KerasWeight, LayerWeights } from '../source.ts';
import type { Hdf5File } from './hdf5.ts';

/** Name of the group that a layer's weights are in, by the layer's name. */
export type GroupNames = ReadonlyMap<string, string>;

/**
 * The layout of Keras 1 and 2, and of `.h5` in Keras 3: a group for each outermost layer, its
 * attribute `weight_names` lists the datasets. `base` is `model_weights`, or the root where the file
 * has weights only.
 */
export function bindGroups(
  file: Hdf5File,
  base: string,
  model: KerasModel,
): Map<string, LayerWeights> {
  const out = new Map<string, LayerWeights>();
  const groups = groupsOf(file, base, model);
  for (const layer of model.layers) {
    if (!hasWeights(layer)) continue;
    const name = groups.get(layer.name);
    const listed = name === undefined ? undefined : weightsOf(file, base, name);
    if (!listed) {
      if (slotsOf(layer) === undefined && !layer.model) continue;
      mismatch(file.shown, layer, 'none are there');
    }
    for (const [key, own] of assignWeights(layer, listed, file.shown)) out.set(key, own);
  }
  return out;
}

const hasWeights = (layer: KerasLayer): boolean =>
  (layer.model ? leavesOf(layer.model) : [layer]).some((leaf) => slotsOf(leaf)?.length !== 0);

/** Where each layer's weights are: under its own name, else in the order of the file. */
export function groupsOf(file: Hdf5File, base: string, model: KerasModel): GroupNames {
  const root = file.group(base);
  const names = (root && (file.texts(root, 'layer_names') ?? root.keys())) ?? [];
  const own = new Set(names);
  const wanted = model.layers.filter(hasWeights).map(({ name }) => name);
  if (wanted.every((name) => own.has(name))) return new Map(wanted.map((name) => [name, name]));
  const filled = names.filter((name) => (weightNames(file, base, name)?.length ?? 0) > 0);
  const isInOrder = filled.length === wanted.length;
  return new Map(
    wanted.flatMap((name, i) => {
      const found = own.has(name) ? name : isInOrder ? filled[i] : undefined;
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}

/** The names that a layer's group lists, in order; undefined where there is no such group. */
export function weightNames(file: Hdf5File, base: string, name: string): string[] | undefined {
  const group = file.group(join(base, name));
  if (!group) return undefined;
  return file.texts(group, 'weight_names') ?? datasetsUnder(file, join(base, name));
}

function weightsOf(file: Hdf5File, base: string, name: string): KerasWeight[] | undefined {
  return weightNames(file, base, name)?.map((weight) => ({
    name: weight,
    ...file.tensor(join(base, name, weight)),
  }));
}

/** Every layer of a file that has no architecture. */
export function allGroups(file: Hdf5File, base: string): Map<string, LayerWeights> {
  const root = file.group(base);
  const names = (root && (file.texts(root, 'layer_names') ?? root.keys())) ?? [];
  const out = new Map<string, LayerWeights>();
  for (const name of names) {
    const own = new Map<string, KerasWeight>();
    for (const weight of weightsOf(file, base, name) ?? []) own.set(freeSlot(weight, own), weight);
    if (own.size > 0) out.set(name, own);
  }
  return out;
}

/** Paths of the datasets in a group, from it on, in the order of the file. */
export function datasetsUnder(file: Hdf5File, path: string, prefix = '', depth = 0): string[] {
  const group = file.group(path);
  if (!group || depth > 16) return [];
  return group.keys().flatMap((name) => {
    const at = join(path, name);
    const own = prefix === '' ? name : `${prefix}/${name}`;
    if (file.group(at)) return datasetsUnder(file, at, own, depth + 1);
    return file.dataset(at) ? [own] : [];
  });
}

/** The path of an object in an HDF5 file. */
export const join = (...names: readonly string[]): string =>
  names.filter((name) => name !== '').join('/');
