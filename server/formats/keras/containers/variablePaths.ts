import { mismatch } from '../config/assign.ts';
import type { KerasLayer, KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import type { KerasWeight, LayerWeights } from '../source.ts';
import type { Hdf5File } from './hdf5.ts';
import { datasetsUnder, join } from './layerGroups.ts';

/**
 * The layout of `model.weights.h5` in a `.keras` file: `layers/<class>_<n>/vars/<i>`, where the
 * class is in snake case and `n` counts the layers of that class in their model; sub-layers lie in
 * folders named after the attribute that holds them. Layer names are not used for it.
 */
export function bindVariables(file: Hdf5File, model: KerasModel): Map<string, LayerWeights> {
  const out = new Map<string, LayerWeights>();
  for (const [leaf, path] of variablePaths(model, file)) {
    const slots = slotsOf(leaf);
    if (slots?.length === 0) continue;
    const own = new Map<string, KerasWeight>();
    const places = slots
      ? slots.map(({ name }, i) => [name, join(path, placeIn(file, path, leaf, name, i))] as const)
      : datasetsUnder(file, path).map((name) => [name, join(path, name)] as const);
    for (const [slot, place] of places) {
      if (!file.dataset(place)) mismatch(file.shown, leaf, `"${slot}" is not there (${place})`);
      own.set(slot, { name: place, ...file.tensor(place) });
    }
    if (own.size > 0) out.set(leaf.key, own);
  }
  return out;
}

/** The folder of each leaf layer's variables. */
export function variablePaths(model: KerasModel, file: Hdf5File): Map<KerasLayer, string> {
  const out = new Map<KerasLayer, string>();
  walk(model, file.group('layers') ? 'layers' : '_layer_checkpoint_dependencies', out);
  return out;
}

function walk(model: KerasModel, folder: string, out: Map<KerasLayer, string>): void {
  const counts = new Map<string, number>();
  for (const layer of model.layers) {
    // Sequential.layers leaves the InputLayer out.
    if (model.kind === 'sequential' && layer.className === 'InputLayer') continue;
    const name = snakeCase(layer.className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const path = join(folder, count === 0 ? name : `${name}_${count}`);
    if (layer.model) walk(layer.model, join(path, 'layers'), out);
    else out.set(layer, path);
  }
}

/** As Keras does it: `Conv2DTranspose` is `conv2d_transpose`, `ReLU` is `re_lu`. */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Where a slot lies in the folder of its layer in a file: Keras 2 has `_query_dense` in it. */
export function placeIn(
  file: Hdf5File,
  folder: string,
  layer: KerasLayer,
  slot: string,
  index: number,
): string {
  const place = placeOf(layer, slot, index);
  const isOld = !file.dataset(join(folder, place)) && file.dataset(join(folder, `_${place}`));
  return isOld ? `_${place}` : place;
}

/** Where a slot lies in the folder of its layer. */
export function placeOf(layer: KerasLayer, slot: string, index: number): string {
  const isRecurrent = (name: string): boolean => /^(LSTM|GRU|SimpleRNN)$/.test(name);
  switch (layer.className) {
    case 'LSTM':
    case 'GRU':
    case 'SimpleRNN':
      return `cell/vars/${index}`;
    case 'Bidirectional': {
      const half = (layer.wrapped ? (slotsOf(layer.wrapped)?.length ?? 0) : 0) || 1;
      const cell = isRecurrent(layer.wrapped?.className ?? '') ? 'cell/' : '';
      return `${slot.split('/')[0] ?? ''}_layer/${cell}vars/${index % half}`;
    }
    case 'TimeDistributed':
      return `layer/${layer.wrapped ? placeOf(layer.wrapped, slot, index) : `vars/${index}`}`;
    case 'MultiHeadAttention': {
      const [part = '', name] = slot.split('/');
      const folder = part === 'attention_output' ? 'output_dense' : `${part}_dense`;
      return `${folder}/vars/${name === 'bias' ? 1 : 0}`;
    }
    default:
      return `vars/${index}`;
  }
}
