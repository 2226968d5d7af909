import { memberOf, type JsonNode, type JsonRecord } from '../json/jsonTree.ts';
import type { TextProblems } from '../json/textProblem.ts';
import type { FileEncoding, FileGrid } from './encodingsFile.ts';
import { EntryReader } from './entryReader.ts';
import { levelColumns, levelsOfOffset, type Levels } from './levels.ts';

type Section = 'activation' | 'parameter';

interface Listed {
  readonly name: string;
  readonly section: Section;
  readonly path: string;
  readonly namePlace: FileEncoding['namePlace'];
}

/** Reads an entry of version 1.0.0: one object for a tensor (algorithms: section 7.2). */
export function readListed(
  node: JsonNode,
  section: Section,
  path: string,
  problems: TextProblems,
): FileEncoding | undefined {
  const named = memberOf(node, 'name');
  if (node.kind !== 'object' || named?.kind !== 'string') {
    const place = { start: node.start, end: Math.min(node.end, node.start + 1) };
    problems.add(place, 'missing-field', 'An entry must be an object with a "name".');
    return undefined;
  }
  const listed = { name: named.value, section, path, namePlace: named };
  const reader = new EntryReader(node, named.value, problems);
  const parts = partsOf(reader);
  const { bits, isFloat, type } = typeOf(reader);
  const base = { ...listed, place: node, parts, type };
  if (isFloat || bits === undefined) return { ...base, grid: undefined };
  const kind = reader.word('enc_type') ?? '';
  const isSymmetric = reader.flag('is_sym', 'is_symmetric') ?? reader.lacks('"is_sym"') ?? false;
  const scale = reader.scales(parts.scale, '"scale"');
  if (!parts.offset) reader.lacks('"offset"');
  if (!scale || !parts.offset) return { ...base, grid: undefined };
  const offsets = reader.wholes(parts.offset, 'The offset', scale.length, offsetBounds(bits));
  const block = reader.node('block_size');
  const blockSize = reader.integer(block, 'The block size', 1, 2 ** 31);
  if (kind === 'per_tensor' && scale.length > 1) {
    reader.fail(parts.scale ?? node, 'bad-length', 'PER_TENSOR must have one scale.');
  }
  if ((kind === 'per_block' || kind === 'lpbq') && blockSize === undefined) {
    reader.lacks('"block_size"');
  }
  if (!offsets || !reader.isSound) return { ...base, grid: undefined };
  const grid: FileGrid = {
    bits,
    isSymmetric,
    scale,
    ...levelColumns(offsets, (offset) => levelsOfOffset({ bits, isSymmetric, offset })),
    axis: undefined,
    blockSize,
  };
  return { ...base, grid: kind === 'lpbq' ? expanded(grid, reader) : grid };
}

/** Reads an entry of version 0.6.1: an object for each channel (algorithms: section 7.1). */
export function readChannels(
  node: JsonNode,
  { name, section, path, namePlace }: Listed,
  problems: TextProblems,
): FileEncoding {
  const base = { name, section, path, place: node, namePlace };
  const records = node.kind === 'array' ? node.records : undefined;
  const channelAt = (at: number): JsonNode | undefined =>
    node.kind !== 'array' ? node : at === 0 && node.head ? node.head : node.items[at];
  const head = channelAt(0);
  if (head?.kind !== 'object') {
    problems.add(node, 'missing-field', `"${name}": must have an object for each channel.`);
    return { ...base, parts: {}, type: '', grid: undefined };
  }
  const first = new EntryReader(head, name, problems);
  const parts = partsOf(first);
  const { bits, isFloat, type } = typeOf(first);
  if (isFloat || bits === undefined) return { ...base, parts, type, grid: undefined };
  const isSymmetric = first.flag('is_symmetric', 'is_sym') ?? false;
  const count = node.kind === 'array' ? (records ?? node.items).length : 1;
  const scale = new Float64Array(count);
  const levels: Levels[] = [];
  for (let at = 0; at < count; at++) {
    const record = records?.[at];
    const plain = record && plainChannel(record, bits, isSymmetric);
    if (plain) {
      scale[at] = plain.scale;
      levels.push(plain.levels);
      continue;
    }
    const channel = channelAt(at) ?? node;
    const reader = at === 0 ? first : new EntryReader(channel, name, problems);
    const found = readChannel(reader, channel, bits, isSymmetric, at === 0);
    if (!found || !reader.isSound) return { ...base, parts, type, grid: undefined };
    scale[at] = found.scale;
    levels.push(found.levels);
  }
  const grid: FileGrid = {
    bits,
    isSymmetric,
    scale,
    ...columns(levels),
    axis: undefined,
    blockSize: undefined,
  };
  return { ...base, parts, type, grid };
}

/** A channel without anything to say about: files have tens of thousands of them. */
function plainChannel(
  { bitwidth, scale, offset, min, max, bw, delta }: JsonRecord,
  bits: number,
  isSymmetric: boolean,
): { readonly scale: number; readonly levels: Levels } | undefined {
  if (bitwidth !== bits || bw !== undefined || delta !== undefined) return undefined;
  if (typeof scale !== 'number' || typeof offset !== 'number') return undefined;
  if (typeof min !== 'number' || typeof max !== 'number') return undefined;
  const [least, most] = offsetBounds(bits);
  if (!(scale > 0 && scale < Infinity && Number.isInteger(offset))) return undefined;
  if (offset < least || offset > most) return undefined;
  const levels = levelsOfOffset({ bits, isSymmetric, offset });
  const slack = rangeSlack * scale;
  const isNear =
    Math.abs(min - levels.lowest * scale) <= slack &&
    Math.abs(max - levels.highest * scale) <= slack;
  return isNear ? { scale, levels } : undefined;
}

function readChannel(
  reader: EntryReader,
  node: JsonNode,
  bits: number,
  isSymmetric: boolean,
  isFirst: boolean,
): { readonly scale: number; readonly levels: Levels } | undefined {
  const own = reader.node('bitwidth', 'bw');
  if (!isFirst && own?.kind === 'number' && own.value !== bits) {
    return reader.fail(own, 'mixed-bits', 'all channels must have the same bits.');
  }
  const scale = reader.scales(reader.node('scale', 'delta'), '"scale"')?.[0];
  const offset = reader.node('offset');
  if (!offset) return reader.lacks('"offset"');
  const found = reader.wholes(offset, 'The offset', 1, offsetBounds(bits))?.[0];
  if (scale === undefined || found === undefined) return undefined;
  const levels = levelsOfOffset({ bits, isSymmetric, offset: found });
  checkRange(reader, node, scale, levels);
  return { scale, levels };
}

/** Half a step: what rounding of a written range can be off. */
const rangeSlack = 0.5;

/** `min` and `max` say the same once more; where they do not, scale and offset count. */
function checkRange(reader: EntryReader, node: JsonNode, scale: number, levels: Levels): void {
  for (const [name, level] of [
    ['min', levels.lowest],
    ['max', levels.highest],
  ] as const) {
    const range = memberOf(node, name);
    if (range?.kind !== 'number') continue;
    if (Math.abs(range.value - level * scale) <= rangeSlack * scale) continue;
    const text = `"${name}" is ${range.value}, but scale and offset make it ${Number((level * scale).toPrecision(6))}.`;
    reader.warn(range, 'range-disagrees', text);
  }
}

const partsOf = (reader: EntryReader): FileEncoding['parts'] => {
  const scale = reader.node('scale', 'delta');
  const offset = reader.node('offset');
  const bits = reader.node('bw', 'bitwidth');
  return { ...(scale ? { scale } : {}), ...(offset ? { offset } : {}), ...(bits ? { bits } : {}) };
};

function typeOf(reader: EntryReader): {
  readonly bits: number | undefined;
  readonly isFloat: boolean;
  readonly type: string;
} {
  const word = reader.word('dtype') ?? 'int';
  const node = reader.node('bw', 'bitwidth');
  if (!node) reader.lacks('The bit width ("bw" or "bitwidth")');
  const bits = reader.integer(node, 'The bit width', 2, 32);
  return { bits, isFloat: word === 'float', type: bits === undefined ? '' : `${word}${bits}` };
}

const offsetBounds = (bits: number): readonly [number, number] => [-(2 ** bits - 1), 0];

const columns = (levels: readonly Levels[]): Pick<FileGrid, 'lowest' | 'highest'> => ({
  lowest: Float64Array.from(levels, ({ lowest }) => lowest),
  highest: Float64Array.from(levels, ({ highest }) => highest),
});

/** Low-power blocks: scale of a block = that of its channel, times a small integer. */
function expanded(grid: FileGrid, reader: EntryReader): FileGrid | undefined {
  const factors = reader.scales(reader.node('per_block_int_scale'), '"per_block_int_scale"');
  const bits = reader.integer(reader.node('compressed_bw'), 'The compressed width', 2, 16);
  if (bits === undefined) reader.lacks('"compressed_bw"');
  const channels = grid.scale.length;
  if (!factors || bits === undefined) return undefined;
  const blocks = factors.length / channels;
  if (!Number.isInteger(blocks)) {
    const node = reader.node('per_block_int_scale');
    const text = `${factors.length} block scales do not divide among ${channels} channels.`;
    return node && reader.fail(node, 'bad-length', text);
  }
  const half = 2 ** (bits - 1);
  return {
    ...grid,
    bits,
    scale: factors.map((factor, at) => factor * (grid.scale[Math.floor(at / blocks)] ?? NaN)),
    lowest: new Float64Array(factors.length).fill(-half),
    highest: new Float64Array(factors.length).fill(half - 1),
  };
}
