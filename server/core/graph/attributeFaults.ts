import { displayName, intAttribute, intsAttribute, isStandard, type Node } from './graph.ts';

/** Windows, strides and paddings from here on are nobody's, and loops over them do not end. */
const tooLarge = 2 ** 24;
/** More parts than this no Split is asked for in earnest; runtimes make a list of them. */
const mostParts = 2 ** 16;

const windowed = new Set(
  'Conv ConvTranspose ConvInteger QLinearConv MaxPool AveragePool LpPool MaxUnpool'.split(' '),
);

/** The least that each list of a windowed operator may hold. */
const least: readonly (readonly [name: string, low: number])[] = [
  ['kernel_shape', 1],
  ['strides', 1],
  ['dilations', 1],
  ['pads', 0],
  ['output_padding', 0],
  ['output_shape', 0],
];

/**
 * What an attribute says that makes no sense of its operator, in words: a stride of 0, a group of
 * -1, a kernel as large as no tensor is. Nothing can be worked out of such a node, and no runtime
 * runs it. Undefined where there is no such attribute.
 */
export function attributeFault(node: Node): string | undefined {
  if (!isStandard(node)) return undefined;
  if (windowed.has(node.op)) return windowFault(node);
  if (node.op === 'DepthToSpace' || node.op === 'SpaceToDepth') {
    return outside(node, 'blocksize', intAttribute(node, 'blocksize', 1), 1, tooLarge);
  }
  if (node.op !== 'Split' || !node.attributes.has('num_outputs')) return undefined;
  const parts = intAttribute(node, 'num_outputs', 1);
  return outside(node, 'num_outputs', parts, node.outputs.length, mostParts);
}

function windowFault(node: Node): string | undefined {
  for (const [name, low] of least) {
    for (const value of intsAttribute(node, name) ?? []) {
      const fault = outside(node, name, value, low, tooLarge);
      if (fault !== undefined) return fault;
    }
  }
  return outside(node, 'group', intAttribute(node, 'group', 1), 1, tooLarge);
}

const outside = (
  node: Node,
  name: string,
  value: number,
  low: number,
  high: number,
): string | undefined =>
  value >= low && value < high
    ? undefined
    : `${node.op} "${displayName(node)}": ${name} ${value < low ? 'cannot be' : 'is too large:'} ${BigInt(value)}`;
