import type { GraphDraft } from './draft.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  type Attribute,
  type Node,
} from './graph.ts';
import { integerTensor } from './integerTensor.ts';
import { floatTensor, readNumbers } from './tensorValues.ts';

export interface ConversionContext {
  readonly draft: GraphDraft;
  readonly rankOf: (value: string) => number | undefined;
}

/** A change of operators between two operator sets. */
export interface Conversion {
  readonly ops: readonly string[];
  /** The operator set that brought it. */
  readonly since: number;
  /** Rewrites a node from the form before; a reason where it cannot. */
  readonly convert: (node: Node, context: ConversionContext) => string | undefined;
}

const arithmetic = 'Add Sub Mul Div Pow And Or Xor Equal Greater Less Gemm PRelu'.split(' ');
const reductions =
  'ReduceMax ReduceMin ReduceMean ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare'.split(
    ' ',
  );

/** Every change of signature or meaning from operator set 6 to 21, oldest first. */
export const conversions: readonly Conversion[] = [
  { ops: arithmetic, since: 7, convert: dropBroadcast },
  { ops: ['BatchNormalization'], since: 7, convert: (node, to) => dropTraining(node, to) },
  { ops: ['Dropout'], since: 7, convert: (node, to) => drop(node, to, ['is_test']) },
  {
    ops: ['RNN', 'LSTM', 'GRU'],
    since: 7,
    convert: (node, to) => drop(node, to, ['output_sequence']),
  },
  { ops: ['Scan'], since: 9, convert: () => 'its inputs changed in 9' },
  { ops: ['BatchNormalization'], since: 9, convert: dropSpatial },
  { ops: ['Upsample'], since: 9, convert: scalesToInput },
  { ops: ['Slice'], since: 10, convert: sliceToInputs },
  { ops: ['TopK'], since: 10, convert: (node, to) => intsToInput(node, to, 'k', 1) },
  {
    ops: ['Upsample'],
    since: 10,
    convert: (node, { draft }) => put(draft, { ...node, op: 'Resize' }),
  },
  { ops: ['Resize', 'Upsample'], since: 11, convert: resizeTo11 },
  { ops: ['Clip'], since: 11, convert: clipToInputs },
  { ops: ['Pad'], since: 11, convert: padToInputs },
  {
    ops: ['Scatter'],
    since: 11,
    convert: (node, { draft }) => put(draft, { ...node, op: 'ScatterElements' }),
  },
  { ops: ['Dropout'], since: 12, convert: dropoutTo12 },
  { ops: ['Softmax', 'LogSoftmax', 'Hardmax'], since: 13, convert: softmaxTo13 },
  {
    ops: ['Squeeze', 'Unsqueeze', 'ReduceSum'],
    since: 13,
    convert: (node, to) => intsToInput(node, to, 'axes', 1),
  },
  { ops: ['Split'], since: 13, convert: (node, to) => intsToInput(node, to, 'split', 1) },
  { ops: ['BatchNormalization'], since: 14, convert: refuseTraining },
  {
    ops: ['RoiAlign'],
    since: 16,
    convert: (node, to) =>
      setDefault(node, to, 'coordinate_transformation_mode', 'output_half_pixel'),
  },
  { ops: ['Split'], since: 18, convert: countOutputs },
  { ops: reductions, since: 18, convert: (node, to) => intsToInput(node, to, 'axes', 1) },
  { ops: ['GridSample'], since: 20, convert: renameSampling },
  { ops: ['DFT'], since: 20, convert: () => 'its axis became an input in 20' },
  {
    ops: ['GroupNormalization'],
    since: 21,
    convert: () => 'its scales became those of channels in 21',
  },
];

function put(draft: GraphDraft, node: Node): undefined {
  draft.setNode(node);
}

/** The node without attributes, and with inputs at places; left-out places before are ''. */
function rewrite(
  node: Node,
  { draft }: ConversionContext,
  without: readonly string[],
  inputs: Readonly<Record<number, string>> = {},
  set: Readonly<Record<string, Attribute>> = {},
): undefined {
  const places = Object.keys(inputs).map(Number);
  const count = Math.max(node.inputs.length, ...places.map((at) => at + 1));
  const all = Array.from({ length: count }, (_, at) => inputs[at] ?? node.inputs[at] ?? '');
  const attributes = new Map([...node.attributes].filter(([name]) => !without.includes(name)));
  for (const [name, attribute] of Object.entries(set)) attributes.set(name, attribute);
  draft.setNode({ ...node, inputs: all, attributes });
}

const drop = (node: Node, context: ConversionContext, names: readonly string[]): undefined =>
  names.some((name) => node.attributes.has(name)) ? rewrite(node, context, names) : undefined;

function dropBroadcast(node: Node, context: ConversionContext): string | undefined {
  // Without an axis it means what numpy does; with one the second input would need a new shape.
  if (node.attributes.has('axis')) return 'it broadcasts along an axis';
  return drop(node, context, ['broadcast']);
}

function dropTraining(node: Node, context: ConversionContext): string | undefined {
  if (intAttribute(node, 'is_test', 0) === 0) return 'it is in training mode';
  return drop(node, context, ['is_test', 'consumed_inputs']);
}

function dropSpatial(node: Node, context: ConversionContext): string | undefined {
  if (intAttribute(node, 'spatial', 1) !== 1) return 'it normalizes each position by itself';
  return drop(node, context, ['spatial']);
}

function refuseTraining(node: Node): string | undefined {
  const count = node.outputs.filter((name) => name !== '').length;
  return count > 1 ? 'it is in training mode' : undefined;
}

function integers(
  node: Node,
  { draft }: ConversionContext,
  what: string,
  values: readonly number[],
): string {
  const name = draft.freshName(`${node.outputs[0] ?? node.name}_${what}`);
  draft.setTensor(name, integerTensor(name, [values.length], values, 'int64'));
  return name;
}

function single(node: Node, { draft }: ConversionContext, what: string, value: number): string {
  const name = draft.freshName(`${node.outputs[0] ?? node.name}_${what}`);
  draft.setTensor(name, floatTensor(name, [], Float32Array.of(value)));
  return name;
}

/** An attribute of integers that became an input; absent stays absent. */
function intsToInput(
  node: Node,
  context: ConversionContext,
  attribute: string,
  at: number,
): undefined {
  const found = node.attributes.get(attribute);
  if (found?.kind !== 'ints' && found?.kind !== 'int') return undefined;
  const values = found.kind === 'int' ? [found.value] : found.value;
  rewrite(node, context, [attribute], { [at]: integers(node, context, attribute, values) });
}

function sliceToInputs(node: Node, context: ConversionContext): string | undefined {
  const starts = intsAttribute(node, 'starts');
  const ends = intsAttribute(node, 'ends');
  if (!starts || !ends) return 'it has no starts and ends';
  const axes = intsAttribute(node, 'axes');
  return rewrite(node, context, ['starts', 'ends', 'axes'], {
    1: integers(node, context, 'starts', starts),
    2: integers(node, context, 'ends', ends),
    ...(axes ? { 3: integers(node, context, 'axes', axes) } : {}),
  });
}

function clipToInputs(node: Node, context: ConversionContext): undefined {
  const bounds: Record<number, string> = {};
  for (const [at, name] of [
    [1, 'min'],
    [2, 'max'],
  ] as const) {
    if (node.attributes.has(name)) {
      bounds[at] = single(node, context, name, floatAttribute(node, name, 0));
    }
  }
  rewrite(node, context, ['min', 'max'], bounds);
}

function padToInputs(node: Node, context: ConversionContext): string | undefined {
  const pads = intsAttribute(node, 'pads');
  if (!pads) return 'it has no pads';
  const value = floatAttribute(node, 'value', 0);
  return rewrite(node, context, ['pads', 'value'], {
    1: integers(node, context, 'pads', pads),
    ...(value === 0 ? {} : { 2: single(node, context, 'value', value) }),
  });
}

function dropoutTo12(node: Node, context: ConversionContext): undefined {
  rewrite(node, context, ['ratio']);
}

function scalesToInput(node: Node, context: ConversionContext): string | undefined {
  const found = node.attributes.get('scales');
  if (found?.kind !== 'floats') return 'it has no scales';
  const { draft } = context;
  const name = draft.freshName(`${node.outputs[0] ?? node.name}_scales`);
  draft.setTensor(name, floatTensor(name, [found.value.length], Float32Array.from(found.value)));
  return rewrite(node, context, ['scales'], { 1: name });
}

/** Before 11 positions were x / scale, and the nearest was the one below, or above when shrinking. */
function resizeTo11(node: Node, context: ConversionContext): string | undefined {
  const { draft } = context;
  const scales = node.inputs[1] ?? '';
  const constant = draft.tensor(scales);
  const values = constant && readNumbers(constant);
  if (!values) return 'its scales are not constant';
  const grows = values.every((scale) => scale >= 1);
  if (!grows && values.some((scale) => scale > 1)) return 'it grows one axis and shrinks another';
  const mode = stringAttribute(node, 'mode', 'nearest');
  const text = (value: string): Attribute => ({ kind: 'string', value });
  const empty = draft.freshName(`${node.outputs[0] ?? node.name}_roi`);
  draft.setTensor(empty, floatTensor(empty, [0], new Float32Array(0)));
  const made: Node = { ...node, op: 'Resize', inputs: [node.inputs[0] ?? '', empty, scales] };
  return rewrite(
    made,
    context,
    [],
    {},
    {
      mode: text(mode === 'bilinear' ? 'linear' : mode),
      coordinate_transformation_mode: text('asymmetric'),
      ...(mode === 'nearest' ? { nearest_mode: text(grows ? 'floor' : 'ceil') } : {}),
    },
  );
}

/** Before 13 everything from `axis` on was one vector: where that is the last axis, it still is. */
function softmaxTo13(node: Node, context: ConversionContext): string | undefined {
  const { draft, rankOf } = context;
  const axis = intAttribute(node, 'axis', 1);
  const input = node.inputs[0] ?? '';
  const rank = rankOf(input) ?? rankOf(node.outputs[0] ?? '');
  const int = (value: number): Attribute => ({ kind: 'int', value });
  if (axis === -1 || (rank !== undefined && (axis + rank) % rank === rank - 1)) {
    return rewrite(node, context, [], {}, { axis: int(-1) });
  }
  const [output = ''] = node.outputs;
  const step = (
    op: string,
    inputs: string[],
    out: string,
    attributes: Record<string, Attribute>,
  ): void => {
    draft.insertNode(
      {
        name: out,
        op,
        domain: '',
        inputs,
        outputs: [out],
        attributes: new Map(Object.entries(attributes)),
        captures: [],
      },
      node.id,
    );
  };
  const flat = draft.freshName(`${output}_flat`);
  const shape = draft.freshName(`${output}_shape`);
  const rows = draft.freshName(`${output}_rows`);
  step('Flatten', [input], flat, { axis: int(axis) });
  step('Shape', [input], shape, {});
  const after = draft.nextOf(node.id);
  draft.setNode({
    ...node,
    inputs: [flat],
    outputs: [rows],
    attributes: new Map([...node.attributes, ['axis', int(-1)]]),
  });
  draft.insertNode(
    {
      name: draft.freshName(`${node.name || output}_unflatten`),
      op: 'Reshape',
      domain: '',
      inputs: [rows, shape],
      outputs: [output],
      attributes: new Map(),
      captures: [],
    },
    after,
  );
  return undefined;
}

function setDefault(
  node: Node,
  context: ConversionContext,
  name: string,
  value: string,
): string | undefined {
  if (node.attributes.has(name)) return undefined;
  return rewrite(node, context, [], {}, { [name]: { kind: 'string', value } });
}

/** A Split into equal parts says how many. */
function countOutputs(node: Node, context: ConversionContext): undefined {
  if (node.inputs.length > 1 && node.inputs[1] !== '') return;
  rewrite(node, context, [], {}, { num_outputs: { kind: 'int', value: node.outputs.length } });
}

function renameSampling(node: Node, context: ConversionContext): undefined {
  const names: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };
  const value = names[stringAttribute(node, 'mode', 'bilinear')];
  if (value !== undefined) rewrite(node, context, [], {}, { mode: { kind: 'string', value } });
}
