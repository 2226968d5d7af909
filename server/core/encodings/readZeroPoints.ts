import { memberOf, type JsonNode } from '../json/jsonTree.ts';
import type { TextProblems } from '../json/textProblem.ts';
import type { FileEncoding, FileGrid } from './encodingsFile.ts';
import { EntryReader, flat } from './entryReader.ts';
import { levelColumns, levelsOfZeroPoint } from './levels.ts';

/** Reads an entry of version 2.0.0 or 2.1.0 (algorithms: sections 7.3 and 7.4). */
export function readTyped(
  node: JsonNode,
  path: string,
  problems: TextProblems,
): FileEncoding | undefined {
  const named = memberOf(node, 'name');
  if (node.kind !== 'object' || named?.kind !== 'string') {
    const place = { start: node.start, end: Math.min(node.end, node.start + 1) };
    problems.add(place, 'missing-field', 'An entry must be an object with a "name".');
    return undefined;
  }
  const reader = new EntryReader(node, named.value, problems);
  const type = reader.word('output_dtype') ?? reader.lacks('"output_dtype"') ?? '';
  const scaleNode = reader.node('y_scale', 'per_channel_float_scale');
  const offset = reader.node('y_zero_point');
  const axisNode = reader.node('axis');
  const bits = reader.node('output_dtype');
  const base = {
    name: named.value,
    section: undefined,
    type,
    path,
    place: node,
    namePlace: named,
    parts: {
      ...(scaleNode ? { scale: scaleNode } : {}),
      ...(offset ? { offset } : {}),
      ...(bits ? { bits } : {}),
      ...(axisNode ? { axis: axisNode } : {}),
    },
  };
  const integer = /^(u?)int(\d+)$/.exec(type);
  const width = Number(integer?.[2]);
  if (!integer || width < 2 || width > 32) {
    if (type !== '' && !type.startsWith('float') && type !== 'bfloat16') {
      reader.fail(bits ?? node, 'wrong-value', `"${type}" is no type that is known here.`);
    }
    return { ...base, grid: undefined };
  }
  const scale = scalesOf(reader, scaleNode);
  const axis = reader.integer(axisNode, 'The axis', -8, 7);
  const blockSize = reader.integer(reader.node('block_size'), 'The block size', 1, 2 ** 31);
  if (!scale) return { ...base, grid: undefined };
  if (scale.length > 1 && axis === undefined) reader.lacks('"axis", needed with several scales,');
  const isSigned = integer[1] === '';
  const least = isSigned ? -(2 ** (width - 1)) : 0;
  const bounds = [least, least + 2 ** width - 1] as const;
  const points = offset
    ? reader.wholes(offset, 'The zero point', scale.length, bounds)
    : new Float64Array(scale.length);
  if (!points || !reader.isSound) return { ...base, grid: undefined };
  const grid: FileGrid = {
    bits: width,
    isSymmetric: isSigned && points.every((zeroPoint) => zeroPoint === 0),
    scale,
    ...levelColumns(points, (zeroPoint) => levelsOfZeroPoint({ bits: width, isSigned, zeroPoint })),
    axis,
    blockSize,
  };
  return { ...base, grid };
}

/**
 * Scales as numbers: plain ones, small integers of blocks times the scale of their channel (LPBQ of
 * 2.0.0), or a quantized scale (2.1.0): (x - x_zero_point) * x_scale along its axis.
 */
function scalesOf(reader: EntryReader, node: JsonNode | undefined): Float64Array | undefined {
  const factors = reader.node('per_block_int_scale');
  if (factors) return product(reader, factors, reader.node('per_channel_float_scale'));
  if (node?.kind !== 'object') return reader.scales(node, '"y_scale"');
  const zero = memberOf(node, 'x_zero_point');
  if (zero && flat(zero).some((one) => one.kind !== 'number' || one.value !== 0)) {
    const text = 'scales that are themselves quantized with a zero point are not read.';
    return reader.fail(zero, 'not-understood', text);
  }
  return product(reader, memberOf(node, 'x'), memberOf(node, 'x_scale'));
}

/** Each block's factor times the scale of its channel; blocks of a channel are side by side. */
function product(
  reader: EntryReader,
  factors: JsonNode | undefined,
  channels: JsonNode | undefined,
): Float64Array | undefined {
  const all = reader.scales(factors, 'The scale of the blocks');
  const outer = reader.scales(channels, 'The scale of the channels');
  if (!all || !outer || !factors) return undefined;
  const blocks = all.length / outer.length;
  if (!Number.isInteger(blocks)) {
    const text = `${all.length} block scales do not divide among ${outer.length} channels.`;
    return reader.fail(factors, 'bad-length', text);
  }
  return all.map((factor, at) => factor * (outer[Math.floor(at / blocks)] ?? NaN));
}
