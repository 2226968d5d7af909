import fs from 'node:fs';
import path from 'node:path';
import { elementCount, elementSize } from '../../../core/graph/tensor.ts';
import { floatTensor, readFloats } from '../../../core/graph/tensorValues.ts';
import { listOf, objectOf } from '../config/fields.ts';
import { cloneJson, formatJson, type Json, type JsonObject } from '../config/json.ts';
import { leavesOf, type KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import { ShardedData, type WeightGroup } from '../containers/shards.ts';
import type { KerasChanges, NewWeight } from '../source.ts';
import { writeFiles, type Piece } from './writeFiles.ts';

/** A TF.js model to be saved. */
export interface TfjsPlace {
  readonly path: string;
  readonly text: string;
  readonly document: JsonObject;
  readonly groups: readonly WeightGroup[];
  /** The name in the manifest of each weight, by layer key and slot. */
  readonly names: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Writes `model.json` and its shards; shards that are as they were are copied byte for byte. */
export async function saveTfjs(
  place: TfjsPlace,
  target: string,
  changes: KerasChanges | undefined,
): Promise<string[]> {
  const notes: string[] = [];
  const document = cloneJson(place.document);
  const names = shardNames(place, target);
  const { groups, pieces } = writeGroups(place, changes, names, notes);
  let text = place.text;
  const isRenamed = [...names].some(([before, after]) => before !== after);
  if (changes || isRenamed) {
    document['weightsManifest'] = groups;
    if (changes?.architecture) {
      const topology = objectOf(document['modelTopology']);
      if ('model_config' in topology) topology['model_config'] = changes.architecture;
      else document['modelTopology'] = changes.architecture;
    }
    writeMetadata(document, changes?.metadata);
    text = formatJson(document, place.text);
  }
  const model: Piece = { name: path.basename(target), read: () => Buffer.from(text) };
  const written = new Set(pieces.map(({ name }) => name));
  const stale = [...shardsOf(target)].filter((name) => !written.has(name) && isInside(name));
  await writeFiles(path.dirname(target), [...pieces, model], stale);
  return notes;
}

function writeMetadata(
  document: JsonObject,
  metadata: ReadonlyMap<string, string | undefined> | undefined,
): void {
  if (!metadata || metadata.size === 0) return;
  const own = cloneJson(objectOf(document['userDefinedMetadata']));
  for (const [name, value] of metadata) own[name] = value;
  if (Object.values(own).some((value) => value !== undefined))
    document['userDefinedMetadata'] = own;
  else delete document['userDefinedMetadata'];
}

/**
 * What each shard is called beside `target`: as it was, unless a file of that name there belongs to
 * another model.
 */
function shardNames(place: TfjsPlace, target: string): Map<string, string> {
  const folder = path.dirname(target);
  const isOwn = fs.existsSync(target) && fs.realpathSync(target) === fs.realpathSync(place.path);
  const stem = path.basename(target).replace(/\.json$/i, '');
  const belongs = isOwn ? undefined : shardsOf(target);
  return new Map(
    place.groups
      .flatMap(({ paths }) => paths)
      .map((name) => {
        const isFree = !fs.existsSync(path.join(folder, name)) || belongs?.has(name);
        if (isOwn || isFree) return [name, name];
        return [
          name,
          path.posix.join(path.posix.dirname(name), `${stem}.${path.posix.basename(name)}`),
        ];
      }),
  );
}

/** The shards that the model at a path names; that model is about to be written over. */
function shardsOf(target: string): Set<string> {
  try {
    const parsed = JSON.parse(fs.readFileSync(target, 'utf8')) as Json;
    const groups = listOf(objectOf(parsed)['weightsManifest']).map((group) => objectOf(group));
    return new Set(groups.flatMap(({ paths }) => listOf(paths)).map(String));
  } catch {
    return new Set();
  }
}

/** Only what lies in the model's own folder is taken away. */
const isInside = (name: string): boolean =>
  !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..') && name !== '';

interface Item {
  readonly entry: JsonObject;
  readonly read: () => Uint8Array;
}

function writeGroups(
  place: TfjsPlace,
  changes: KerasChanges | undefined,
  names: ReadonlyMap<string, string>,
  notes: string[],
): { groups: Json[]; pieces: Piece[] } {
  const plan = planOf(place, changes);
  const groups: Json[] = [];
  const pieces: Piece[] = [];
  const manifest = listOf(place.document['weightsManifest']);
  for (const [i, group] of place.groups.entries()) {
    const paths = group.paths.map((name) => names.get(name) ?? name);
    const entry = cloneJson(objectOf(manifest[i]));
    const isTouched = group.weights.some(
      ({ name }) => plan.gone.has(name) || plan.changed.has(name) || plan.added.has(name),
    );
    if (!isTouched) {
      entry['paths'] = paths;
      groups.push(entry);
      for (const [k, shard] of group.shards.entries()) {
        const read = (): Uint8Array => shard.read(0, shard.sizeBytes);
        pieces.push({ name: paths[k] ?? '', read, same: shard.path });
      }
      continue;
    }
    const items = itemsOf(group, plan, notes);
    if (items.length === 0) continue;
    const bytes = Buffer.concat(items.map(({ read }) => read()));
    const sizes = group.shards.map(({ sizeBytes }) => sizeBytes);
    const cut = cutShards(bytes, sizes, paths);
    entry['paths'] = cut.map(({ name }) => name);
    entry['weights'] = items.map((item) => item.entry);
    groups.push(entry);
    pieces.push(...cut);
  }
  return { groups, pieces };
}

interface Plan {
  readonly gone: ReadonlySet<string>;
  readonly changed: ReadonlyMap<string, NewWeight>;
  /** New weights by the name of the one that they stand behind. */
  readonly added: ReadonlyMap<string, readonly { name: string; weight: NewWeight }[]>;
}

function planOf(place: TfjsPlace, changes: KerasChanges | undefined): Plan {
  const changed = new Map<string, NewWeight>();
  const added = new Map<string, { name: string; weight: NewWeight }[]>();
  const gone = new Set<string>();
  if (!changes) return { gone, changed, added };
  for (const key of changes.removed) {
    for (const name of place.names.get(key)?.values() ?? []) gone.add(name);
  }
  const kept = changes.model && slotsByKey(changes.model);
  for (const [key, own] of place.names) {
    for (const [slot, name] of own) if (kept?.get(key)?.has(slot) === false) gone.add(name);
  }
  for (const [key, own] of changes.weights) {
    for (const [slot, weight] of own) {
      const known = place.names.get(key)?.get(slot);
      if (known !== undefined) {
        changed.set(known, weight);
        continue;
      }
      const anchor = [...(place.names.get(key)?.values() ?? [])].at(-1) ?? lastName(place, gone);
      const like = place.names.get(key)?.size ? anchor : `${key.split('/').at(-1) ?? key}/x`;
      const name = `${like.slice(0, like.lastIndexOf('/'))}/${slot}`;
      added.set(anchor, [...(added.get(anchor) ?? []), { name, weight }]);
    }
  }
  return { gone, changed, added };
}

function slotsByKey(model: KerasModel): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  for (const leaf of leavesOf(model)) {
    const slots = slotsOf(leaf);
    if (slots) out.set(leaf.key, new Set(slots.map(({ name }) => name)));
  }
  return out;
}

const lastName = (place: TfjsPlace, gone: ReadonlySet<string>): string =>
  place.groups.flatMap(({ weights }) => weights).findLast(({ name }) => !gone.has(name))?.name ??
  '';

/** The weights of a group after the changes; quantization is kept where the values still fit it. */
function itemsOf(group: WeightGroup, plan: Plan, notes: string[]): Item[] {
  const isQuantized = group.weights.some(
    ({ name, quantization }) =>
      quantization && quantization.stored !== 'float16' && plan.changed.has(name),
  );
  if (isQuantized) {
    const names = group.paths.join(', ');
    notes.push(
      `The weights in ${names} no longer fit their quantization and are stored as float32.`,
    );
  }
  const items: Item[] = [];
  for (const weight of group.weights) {
    const { name, entry, start, end, quantization, dims } = weight;
    const stored = new ShardedData(group.shards, start, end);
    const fresh = plan.changed.get(name);
    const isHalf = quantization?.stored === 'float16';
    if (plan.gone.has(name)) {
      // Left out.
    } else if (quantization && isQuantized && !isHalf) {
      const plainEntry = cloneJson(entry);
      delete plainEntry['quantization'];
      const values = (): Uint8Array => {
        const raw = stored.read();
        const numbers = quantization.stored === 'uint8' ? raw : new Uint16Array(raw.slice().buffer);
        const floats = Float32Array.from(
          numbers,
          (one) => one * quantization.scale + quantization.min,
        );
        return new Uint8Array(floats.buffer);
      };
      items.push({ entry: plainEntry, read: fresh ? () => asFloat32(fresh) : values });
    } else if (fresh) {
      const read = (): Uint8Array => {
        const bytes = asFloat32(fresh);
        if (!isHalf) return bytes;
        const tensor = { name, type: 'float32' as const, dims, data: dataOf(bytes) };
        return floatTensor(name, dims, readFloats(tensor), 'float16').data.read();
      };
      items.push({ entry: cloneJson(entry), read });
    } else items.push({ entry: cloneJson(entry), read: () => stored.read() });
    for (const { name: added, weight: one } of plan.added.get(name) ?? []) {
      items.push({
        entry: { name: added, shape: [...one.dims], dtype: 'float32' },
        read: () => asFloat32(one),
      });
    }
  }
  return items;
}

function asFloat32(weight: NewWeight): Uint8Array {
  const { dims, type } = weight;
  const bytes = weight.read();
  if (type === 'float32') return bytes;
  if (bytes.length !== elementCount(dims) * elementSize(type)) throw new Error('wrong size');
  const values = readFloats({ name: '', type, dims, data: dataOf(bytes) });
  return floatTensor('', dims, values, 'float32').data.read();
}

const dataOf = (bytes: Uint8Array): { sizeBytes: number; read: () => Uint8Array } => ({
  sizeBytes: bytes.length,
  read: () => bytes,
});

/** Cuts a group's bytes into shards of the sizes that they had; the last takes what is left. */
function cutShards(bytes: Uint8Array, sizes: readonly number[], names: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [i, name] of names.entries()) {
    const end =
      i === names.length - 1 ? bytes.length : Math.min(at + (sizes[i] ?? 0), bytes.length);
    const part = bytes.subarray(at, end);
    if (part.length > 0) pieces.push({ name, read: () => part });
    at = end;
  }
  return pieces;
}
