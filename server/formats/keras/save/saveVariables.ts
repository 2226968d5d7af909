import { leavesOf, type KerasLayer, type KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import { Hdf5File } from '../containers/hdf5.ts';
import { datasetsUnder, join } from '../containers/layerGroups.ts';
import { placeIn, placeOf, variablePaths } from '../containers/variablePaths.ts';
import type { KerasChanges, NewWeight } from '../source.ts';
import { writeWeight } from './saveHdf5.ts';

/** Overwrites weights in place: the architecture, and so each layer's place, is as it was. */
export async function overwriteVariables(
  path: string,
  shown: string,
  model: KerasModel,
  changes: KerasChanges,
  notes: string[],
): Promise<void> {
  const file = await Hdf5File.open(path, 'a', shown);
  try {
    for (const [leaf, at] of variablePaths(model, file)) {
      for (const [i, { name }] of (slotsOf(leaf) ?? []).entries()) {
        const weight = changes.weights.get(leaf.key)?.get(name);
        if (weight) writeWeight(file, join(at, placeIn(file, at, leaf, name, i)), weight, notes);
      }
    }
  } finally {
    file.close();
  }
}

/**
 * Writes the variables of a changed architecture anew. A layer is found by its place among those of
 * its class, so taking one out moves those behind it; and the library cannot take a dataset out of
 * a file. The state of the optimizer, which fits the old variables, is left out.
 */
export async function rebuildVariables(
  old: Hdf5File,
  path: string,
  before: KerasModel,
  changes: KerasChanges,
  notes: string[],
): Promise<void> {
  const file = await Hdf5File.open(path, 'w', old.shown);
  try {
    const was = new Map(
      [...variablePaths(before, old)].map(([leaf, at]) => [leaf.key, { leaf, at }]),
    );
    const after = changes.model ?? before;
    const root = old.group('layers') ? 'layers' : '_layer_checkpoint_dependencies';
    file.file.create_group(root);
    for (const [leaf, at] of variablePaths(after, file)) {
      const source = was.get(leaf.key);
      const own = changes.weights.get(leaf.key);
      for (const [to, weight] of weightsOf(old, leaf, source, own)) {
        writeWeight(file, join(at, to), weight, notes);
      }
      if (source) copyName(old, file, join(source.at, 'vars'), join(at, 'vars'));
    }
    for (const { at } of nested(before, after, old, file)) copyName(old, file, at.from, at.to);
    copyName(old, file, 'vars', 'vars');
    if (datasetsUnder(old, 'optimizer').length > 0) {
      notes.push('The state of the optimizer does not fit the layers any more and was dropped.');
    }
  } finally {
    file.close();
  }
}

/** The weights of a layer by their place in its folder: new ones, else those of the old file. */
function* weightsOf(
  old: Hdf5File,
  leaf: KerasLayer,
  source: { leaf: KerasLayer; at: string } | undefined,
  own: ReadonlyMap<string, NewWeight> | undefined,
): Generator<[string, NewWeight]> {
  const slots = slotsOf(leaf);
  if (!slots) {
    for (const name of source ? datasetsUnder(old, source.at) : []) {
      yield [name, stored(old, join(source?.at ?? '', name))];
    }
    return;
  }
  const before = source ? (slotsOf(source.leaf) ?? []) : [];
  for (const [i, { name }] of slots.entries()) {
    const at = before.findIndex((slot) => slot.name === name);
    const known = own?.get(name);
    const place = source ? placeIn(old, source.at, leaf, name, i) : placeOf(leaf, name, i);
    if (known) yield [place, known];
    else if (source && at >= 0) {
      const from = placeIn(old, source.at, source.leaf, name, at);
      yield [place, stored(old, join(source.at, from))];
    }
  }
}

function stored(file: Hdf5File, path: string): NewWeight {
  const { type, dims, data } = file.tensor(path);
  return { type, dims, read: () => data.read() };
}

/** Keras notes the name of a layer beside its variables. */
function copyName(old: Hdf5File, file: Hdf5File, from: string, to: string): void {
  const group = old.group(from);
  const name = group && old.text(group, 'name');
  if (!group) return;
  const parts = to.split('/');
  for (let i = 1; i <= parts.length; i++) {
    const folder = parts.slice(0, i).join('/');
    if (!file.group(folder)) file.file.create_group(folder);
  }
  const made = file.group(to);
  if (made && name !== undefined && !made.attrs['name']) made.create_attribute('name', name);
}

/** The folders of nested models themselves, which stay where they were unless a twin was taken out. */
function* nested(
  before: KerasModel,
  after: KerasModel,
  old: Hdf5File,
  file: Hdf5File,
): Generator<{ at: { from: string; to: string } }> {
  const folders = (model: KerasModel, holder: Hdf5File): Map<string, string> => {
    const out = new Map<string, string>();
    const paths = variablePaths(model, holder);
    for (const layer of model.layers) {
      const [first] = layer.model ? leavesOf(layer.model).filter((leaf) => paths.has(leaf)) : [];
      const path = first && paths.get(first);
      if (path) out.set(layer.key, path.split('/').slice(0, 2).join('/'));
    }
    return out;
  };
  const to = folders(after, file);
  for (const [key, path] of folders(before, old)) {
    const now = to.get(key);
    if (now) yield { at: { from: `${path}/vars`, to: `${now}/vars` } };
  }
}
