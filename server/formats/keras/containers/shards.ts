import fs from 'node:fs';
import path from 'node:path';
import {
  elementCount,
  elementSize,
  type ElementType,
  type TensorData,
} from '../../../core/graph/tensor.ts';
import { refuse } from '../../badFile.ts';
import { FileSource } from '../../fileSource.ts';
import { isInside } from '../../samePath.ts';
import { isObject, listOf, objectOf, textOf } from '../config/fields.ts';
import type { Json, JsonObject } from '../config/json.ts';

/** How a weight of a TF.js model is stored: value = stored * scale + min; float16 as it is. */
export interface Quantization {
  readonly stored: ElementType;
  readonly scale: number;
  readonly min: number;
}

/** A weight in the manifest of a TF.js model. */
export interface ManifestWeight {
  readonly name: string;
  readonly entry: JsonObject;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly quantization: Quantization | undefined;
  /** Where its stored bytes lie among those of its group. */
  readonly start: number;
  readonly end: number;
}

/** A group of weights: shards that hold them one after the other. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly shards: readonly FileSource[];
  readonly weights: readonly ManifestWeight[];
}

/** Reads `weightsManifest`, and checks that each group's shards have exactly its bytes. */
export function readManifest(manifest: Json | undefined, file: string): WeightGroup[] {
  const groups: WeightGroup[] = [];
  try {
    for (const group of listOf(manifest)) groups.push(readGroup(objectOf(group), file));
    return groups;
  } catch (thrown) {
    for (const { shards } of groups) for (const shard of shards) shard.close();
    throw thrown;
  }
}

function readGroup(group: JsonObject, file: string): WeightGroup {
  const weights: ManifestWeight[] = [];
  let end = 0;
  for (const value of listOf(group['weights'])) {
    const weight = readWeight(value, end, file);
    weights.push(weight);
    end = weight.end;
  }
  const paths = listOf(group['paths']).map((one) => textOf(one));
  const shards = openShards(paths, file);
  const there = shards.reduce((sum, shard) => sum + shard.sizeBytes, 0);
  if (there !== end) {
    for (const shard of shards) shard.close();
    const names = paths.join(', ');
    refuse({
      code: there < end ? 'shard-short' : 'shard-long',
      message: `${file}: the weights in ${names} take ${end} bytes by the manifest, and ${there} are there.`,
      where: names,
      remedy: 'A shard is damaged or belongs to another model: fetch all files of the model again.',
      beside: shards.map((shard) => shard.path),
    });
  }
  return { paths, shards, weights };
}

const types: Readonly<Record<string, ElementType>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  uint8: 'uint8',
  uint16: 'uint16',
  float16: 'float16',
};

function readWeight(value: Json, start: number, file: string): ManifestWeight {
  const entry = objectOf(value);
  const name = textOf(entry['name']);
  const dims = listOf(entry['shape']).map((size) => (typeof size === 'number' ? size : NaN));
  const type = types[textOf(entry['dtype'])];
  const isSound = dims.every((size) => Number.isInteger(size) && size >= 0);
  if (name === '' || !type || !Array.isArray(entry['shape']) || !isSound) {
    refuse({
      code: 'bad-manifest',
      message: `${file}: the manifest describes the weight "${name}" in a way that cannot be read (dtype ${JSON.stringify(entry['dtype'])}).`,
      where: name,
      remedy: 'Convert the model again with tensorflowjs_converter.',
    });
  }
  const quantization = isObject(entry['quantization']) ? entry['quantization'] : undefined;
  const stored = quantization ? types[textOf(quantization['dtype'])] : type;
  if (!stored) {
    refuse({
      code: 'bad-manifest',
      message: `${file}: the weight "${name}" is quantized as ${JSON.stringify(quantization?.['dtype'])}, which is not known.`,
      where: name,
      remedy: 'Convert the model again with tensorflowjs_converter.',
    });
  }
  const [scale, min] = [quantization?.['scale'], quantization?.['min']];
  return {
    name,
    entry,
    type,
    dims,
    quantization: quantization && {
      stored,
      scale: typeof scale === 'number' ? scale : 1,
      min: typeof min === 'number' ? min : 0,
    },
    start,
    end: start + elementCount(dims) * elementSize(stored),
  };
}

function openShards(names: readonly string[], file: string): FileSource[] {
  const shards: FileSource[] = [];
  try {
    for (const name of names) shards.push(openShard(name, file));
    return shards;
  } catch (thrown) {
    for (const shard of shards) shard.close();
    throw thrown;
  }
}

function openShard(name: string, file: string): FileSource {
  const folder = path.dirname(file);
  const full = path.resolve(folder, name);
  const isNamedInside =
    !path.isAbsolute(name) && !/^[a-z]+:\/\//i.test(name) && isInside(full, folder);
  const isThere = isNamedInside && fs.existsSync(full);
  // A link may lead out of the folder, too.
  const isOutside =
    !isNamedInside || (isThere && !isInside(fs.realpathSync(full), fs.realpathSync(folder)));
  if (isOutside) {
    refuse({
      code: 'outside-folder',
      message: `${file}: the weights "${name}" lie outside the folder of the model, where they are not looked for.`,
      where: name,
      remedy: 'Put the files of the model into one folder.',
    });
  }
  if (!isThere) {
    refuse({
      code: 'shard-missing',
      message: `${full} does not exist; ${path.basename(file)} names it as a file with its weights.`,
      where: full,
      remedy: 'Put all files of the model into one folder, or fetch them again.',
      beside: [full],
    });
  }
  return new FileSource(full);
}

/** Stored bytes of a weight, which may lie in several shards. */
export class ShardedData implements TensorData {
  readonly sizeBytes: number;
  constructor(
    private readonly shards: readonly FileSource[],
    private readonly start: number,
    end: number,
  ) {
    this.sizeBytes = end - start;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    const out = new Uint8Array(end - start);
    const [from, to] = [this.start + start, this.start + end];
    let at = 0;
    for (const shard of this.shards) {
      const [a, b] = [Math.max(from, at), Math.min(to, at + shard.sizeBytes)];
      if (a < b) out.set(shard.read(a - at, b - at), a - from);
      at += shard.sizeBytes;
    }
    return out;
  }
}

/** The values of a quantized weight as float32. */
export class DequantizedData implements TensorData {
  constructor(
    private readonly stored: TensorData,
    private readonly quantization: Quantization,
  ) {}

  get sizeBytes(): number {
    return (this.stored.sizeBytes / elementSize(this.quantization.stored)) * 4;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    const { stored, scale, min } = this.quantization;
    const bytes = this.stored.read();
    const values = stored === 'uint8' ? bytes : new Uint16Array(bytes.slice().buffer);
    const out = Float32Array.from(values, (value) => value * scale + min);
    return new Uint8Array(out.buffer).subarray(start, end);
  }
}
