import fs from 'node:fs';
import { createReadStream } from 'node:fs';
import type { Group } from 'h5wasm/node';
import { elementCount } from '../../../core/graph/tensor.ts';
import { PendingFile } from '../../atomicFile.ts';
import { formatJson } from '../config/json.ts';
import { listOrder } from '../config/listOrder.ts';
import type { KerasModel } from '../config/model.ts';
import { groupsOf, join, weightNames } from '../containers/layerGroups.ts';
import { Hdf5File } from '../containers/hdf5.ts';
import type { KerasChanges, NewWeight } from '../source.ts';
import { readFloats } from '../../../core/graph/tensorValues.ts';
import { assignWeights, baseName } from '../config/assign.ts';

/** An `.h5` file to be saved. */
export interface Hdf5Place {
  readonly path: string;
  /** Group that the layers are in. */
  readonly base: string;
  /** The text of the architecture, whose style is kept. */
  readonly style: string;
  /** The architecture in the file, read. */
  readonly model: KerasModel | undefined;
}

/** Copies the file and edits the copy; what is not edited stays byte for byte. */
export async function saveHdf5(
  place: Hdf5Place,
  target: string,
  changes: KerasChanges | undefined,
): Promise<string[]> {
  const real = fs.existsSync(target) ? fs.realpathSync(target) : target;
  const pending = await PendingFile.create(real);
  try {
    for await (const part of createReadStream(place.path)) await pending.write(part as Buffer);
    await pending.finish();
    const notes = changes ? await editHdf5(pending.temporary, place, changes) : [];
    await pending.commit();
    return notes;
  } finally {
    await pending.discard();
  }
}

async function editHdf5(path: string, place: Hdf5Place, changes: KerasChanges): Promise<string[]> {
  const file = await Hdf5File.open(path, 'a', place.path);
  const notes: string[] = [];
  try {
    const root = file.file;
    for (const [name, value] of changes.metadata) setText(file, root, name, value);
    if (changes.architecture) {
      setText(file, root, 'model_config', formatJson(changes.architecture, place.style));
    }
    if (changes.model && place.model) writeGroups(file, place, changes, notes);
    else writeLoose(file, place, changes);
    if (changes.architecture && dropOptimizer(file)) {
      notes.push('The state of the optimizer does not fit the layers any more and was dropped.');
    }
  } finally {
    file.close();
  }
  return notes;
}

/** Writes weights into the group of each outermost layer, and lists them as Keras does. */
function writeGroups(
  file: Hdf5File,
  place: Hdf5Place,
  changes: KerasChanges,
  notes: string[],
): void {
  const { model, weights } = changes;
  if (!model || !place.model) return;
  const { base } = place;
  const groups = groupsOf(file, base, place.model);
  for (const layer of model.layers) {
    const wanted = listOrder(layer);
    const group = groups.get(layer.name) ?? layer.name;
    const paths = pathsOf(file, place, layer.name, group);
    const names = wanted.map(({ leaf, slot }) => {
      const known = paths.get(`${leaf.key} ${slot}`);
      const weight = weights.get(leaf.key)?.get(slot);
      const name = known ?? newName(leaf.name, slot, [...paths.values()]);
      if (weight) writeWeight(file, join(base, group, name), weight, notes);
      return name;
    });
    const before = weightNames(file, base, group);
    if (names.length > 0 && names.join('\n') !== before?.join('\n')) {
      const holder = file.group(join(base, group)) ?? file.file.create_group(join(base, group));
      setTexts(holder, 'weight_names', names);
    }
  }
  const root = file.group(base);
  const listed = root && file.texts(root, 'layer_names');
  if (!root || !listed) return;
  const gone = new Set(
    place.model.layers
      .filter(({ key }) => changes.removed.has(key))
      .map(({ name }) => groups.get(name) ?? name),
  );
  const kept = listed.filter((name) => !gone.has(name));
  const back = model.layers
    .map(({ name }) => name)
    .filter((name) => weightNames(file, base, name)?.length && !kept.includes(name));
  const next = [...kept, ...back];
  if (next.join('\n') !== listed.join('\n')) setTexts(root, 'layer_names', next);
}

/** Name of each weight that the file lists for an outermost layer, by leaf key and slot. */
function pathsOf(
  file: Hdf5File,
  place: Hdf5Place,
  name: string,
  group: string,
): Map<string, string> {
  const out = new Map<string, string>();
  const layer = place.model?.layers.find((one) => one.name === name);
  const listed = weightNames(file, place.base, group);
  if (!layer || !listed) return out;
  const weights = listed.map((one) => ({
    name: one,
    ...file.tensor(join(place.base, group, one)),
  }));
  for (const [key, own] of assignWeights(layer, weights, file.shown)) {
    for (const [slot, weight] of own) out.set(`${key} ${slot}`, weight.name);
  }
  return out;
}

/** A name like those of the other weights: `conv/kernel:0` gives `conv/bias:0`. */
function newName(layer: string, slot: string, others: readonly string[]): string {
  const own = others.filter((name) => name.split('/').at(-2) === layer);
  const like = own[0] ?? others[0];
  if (like === undefined) return `${layer}/${slot}:0`;
  const suffix = /:\d+$/.exec(like)?.[0] ?? '';
  const folder = own[0] ? like.split('/').slice(0, -1).join('/') : layer;
  const name = `${folder}/${slot}${suffix}`;
  return baseName(like) === slot ? like : name;
}

function writeLoose(file: Hdf5File, place: Hdf5Place, changes: KerasChanges): void {
  for (const [layer, own] of changes.weights) {
    for (const [slot, weight] of own) {
      const names = weightNames(file, place.base, layer) ?? [];
      const name = names.find((one) => baseName(one) === slot) ?? `vars/${slot}`;
      file.overwrite(join(place.base, layer, name), weight.read());
    }
  }
}

/** Overwrites a dataset, or makes one where there is none. */
export function writeWeight(
  file: Hdf5File,
  path: string,
  weight: NewWeight,
  notes: string[],
): void {
  const dataset = file.dataset(path);
  const bytes = weight.read();
  if (dataset?.shape?.join() === weight.dims.join()) {
    const { type } = file.tensor(path);
    if (type === weight.type) return file.overwrite(path, bytes);
  }
  if (dataset) throw new Error(`${path} has another shape than its layer`);
  const values = readFloats({
    name: path,
    type: weight.type,
    dims: weight.dims,
    data: { sizeBytes: bytes.length, read: () => bytes },
  });
  const data = Float32Array.from(values);
  if (elementCount(weight.dims) !== data.length) throw new Error(`${path}: wrong size`);
  if (weight.type === 'float16') notes.push(`"${path}" is stored as float32.`);
  const parts = path.split('/');
  for (let i = 1; i < parts.length; i++) {
    const folder = parts.slice(0, i).join('/');
    if (!file.group(folder)) file.file.create_group(folder);
  }
  file.file.create_dataset({ name: path, data, shape: [...weight.dims], dtype: '<f' });
}

/** State of an optimizer that no longer fits: Keras starts afresh where none is listed. */
function dropOptimizer(file: Hdf5File): boolean {
  const group = file.group('optimizer_weights');
  if (!group || (file.texts(group, 'weight_names') ?? []).length === 0) return false;
  group.delete_attribute('weight_names');
  group.create_attribute('weight_names', new Float64Array(0), [0]);
  return true;
}

/** Sets a text in the type that it had: of fixed or variable length. */
function setText(file: Hdf5File, group: Group, name: string, value: string | undefined): void {
  const before = file.text(group, name);
  if (before === value) return;
  if (group.attrs[name]) group.delete_attribute(name);
  if (value !== undefined) group.create_attribute(name, value);
}

function setTexts(group: Group, name: string, values: readonly string[]): void {
  const before = group.attrs[name];
  const isFixed = before !== undefined && !before.metadata.vlen && before.metadata.type === 3;
  for (const key of Object.keys(group.attrs)) {
    if (key === name || (key.startsWith(name) && /^\d+$/.test(key.slice(name.length)))) {
      group.delete_attribute(key);
    }
  }
  const longest = Math.max(...values.map((value) => Buffer.byteLength(value)), 1);
  const type = isFixed ? `S${longest}` : undefined;
  // An attribute of fixed length holds 64 KB; Keras cuts longer lists into pieces.
  const perPiece = Math.max(1, Math.floor(60_000 / (isFixed ? longest : 16)));
  if (values.length === 0) group.create_attribute(name, new Float64Array(0), [0]);
  else if (values.length <= perPiece)
    group.create_attribute(name, [...values], [values.length], type);
  else {
    for (let i = 0; i * perPiece < values.length; i++) {
      const piece = values.slice(i * perPiece, (i + 1) * perPiece);
      group.create_attribute(`${name}${i}`, piece, [piece.length], type);
    }
  }
}
