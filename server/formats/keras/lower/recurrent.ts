import { readFloats } from '../../../core/graph/tensorValues.ts';
import type { Attribute } from '../../../core/graph/graph.ts';
import { flagOf, textOf } from '../config/fields.ts';
import type { JsonObject } from '../config/json.ts';
import { activationOf } from './activations.ts';
import type { LayerContext } from './builder.ts';
import type { Flow, Size } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';

/** A recurrent layer of ONNX: its operator, and where Keras keeps each of its gates. */
interface Cell {
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  /** Gates of ONNX, as places in Keras' order (LSTM: i o f c from i f c o). */
  readonly gates: readonly number[];
}

const cells: Readonly<Record<string, Cell>> = {
  LSTM: { op: 'LSTM', gates: [0, 3, 1, 2] },
  GRU: { op: 'GRU', gates: [0, 1, 2] },
  SimpleRNN: { op: 'RNN', gates: [0] },
};

/** What one direction computes with. */
interface Direction {
  readonly input: readonly number[];
  readonly recurrent: readonly number[];
  readonly bias: readonly number[];
  readonly features: number;
  readonly units: number;
}

const activations: Readonly<Record<string, readonly [string, number, number]>> = {
  tanh: ['Tanh', 0, 0],
  sigmoid: ['Sigmoid', 0, 0],
  relu: ['Relu', 0, 0],
  softsign: ['Softsign', 0, 0],
  softplus: ['Softplus', 0, 0],
  elu: ['Elu', 1, 0],
};

/** The activations of a cell by ONNX's names; undefined where one is not known there. */
function activationsOf(
  context: LayerContext,
  config: JsonObject,
  cell: Cell,
): Record<string, Attribute> | undefined {
  const hard: readonly [string, number, number] = [
    'HardSigmoid',
    context.dialect >= 3 ? 1 / 6 : 0.2,
    0.5,
  ];
  const find = (name: string, otherwise: string): readonly [string, number, number] | undefined => {
    const { kind } = activationOf(config[name] ?? otherwise);
    return kind === 'hard_sigmoid' ? hard : activations[kind];
  };
  const outer = find('activation', 'tanh');
  const gate = find('recurrent_activation', 'sigmoid');
  const list =
    cell.op === 'LSTM' ? [gate, outer, outer] : cell.op === 'GRU' ? [gate, outer] : [outer];
  if (list.includes(undefined)) return undefined;
  const known = list.filter((one) => one !== undefined);
  return {
    activations: { kind: 'strings', value: known.map(([name]) => name) },
    activation_alpha: { kind: 'floats', value: known.map(([, alpha]) => alpha) },
    activation_beta: { kind: 'floats', value: known.map(([, , beta]) => beta) },
  };
}

/** Reads the weights of one direction in the order of ONNX: gate after gate, rows are outputs. */
function directionOf(
  context: LayerContext,
  prefix: string,
  cell: Cell,
  isReset: boolean,
): Direction {
  const kernel = context.need(`${prefix}kernel`, [undefined, undefined]);
  const recurrent = context.need(`${prefix}recurrent_kernel`, [undefined, kernel.dims[1]]);
  const [features = 1, columns = 1] = kernel.dims;
  const units = columns / cell.gates.length;
  const turned = (values: ArrayLike<number>, rows: number): number[] =>
    cell.gates.flatMap((gate) =>
      Array.from({ length: units * rows }, (_, i) => {
        const [unit, row] = [Math.floor(i / rows), i % rows];
        return values[row * columns + gate * units + unit] ?? 0;
      }),
    );
  const bias = context.has(`${prefix}bias`)
    ? Array.from(readFloats(context.need(`${prefix}bias`)))
    : [];
  const gatesOf = (from: number): number[] =>
    cell.gates.flatMap((gate) =>
      Array.from({ length: units }, (_, unit) => bias[from + gate * units + unit] ?? 0),
    );
  // The second half is that of the recurrent product, which GRU with reset_after has.
  const second = isReset ? gatesOf(columns) : gatesOf(bias.length);
  return {
    input: turned(readFloats(kernel), features),
    recurrent: turned(readFloats(recurrent), units),
    bias: [...gatesOf(0), ...second],
    features,
    units,
  };
}

function lowerCell(
  context: LayerContext,
  input: Flow,
  config: JsonObject,
  className: string,
  prefixes: readonly string[],
  merge: string,
): Flow | undefined {
  const cell = cells[className];
  if (!cell || input.shape.length !== 3) return undefined;
  const names = activationsOf(context, config, cell);
  const isOdd = flagOf(config, ['stateful'], false) || flagOf(config, ['return_state'], false);
  const isBackward = flagOf(config, ['go_backwards'], false);
  const sequences = flagOf(config, ['return_sequences'], false);
  const isKnown = ['concat', 'sum', 'ave', 'mul'].includes(merge);
  if (!names || isOdd || !isKnown || (isBackward && prefixes.length > 1)) return undefined;
  const isReset = cell.op === 'GRU' && flagOf(config, ['reset_after'], context.dialect >= 3);
  const { builder, layer } = context;
  const parts = prefixes.map((prefix) => directionOf(context, prefix, cell, isReset));
  const [first] = parts;
  if (!first) return undefined;
  const { features, units } = first;
  const count = parts.length;
  const rows = cell.gates.length * units;
  const tensor = (name: string, values: readonly number[], dims: readonly number[]): string =>
    builder.floats(context.part(name), values, dims);
  const flow = builder.straight(input);
  const turned = builder.add('Transpose', context.part('time_first'), [flow.value], {
    perm: [1, 0, 2],
  });
  builder.mark(layer.key, 'turn');
  const all = builder.freshName(context.part('sequence'));
  const lastOne = builder.freshName(context.part('last'));
  const weights = [
    tensor(
      'input_weights',
      parts.flatMap(({ input: values }) => values),
      [count, rows, features],
    ),
    tensor(
      'recurrent_weights',
      parts.flatMap(({ recurrent }) => recurrent),
      [count, rows, units],
    ),
    tensor(
      'biases',
      parts.flatMap(({ bias }) => bias),
      [count, 2 * rows],
    ),
  ];
  const repeated = Object.fromEntries(
    Object.entries(names).map(([name, value]) => [name, repeat(value, count)]),
  );
  builder.addMany(
    cell.op,
    context.name,
    [turned, ...weights],
    {
      ...repeated,
      hidden_size: units,
      direction: count === 2 ? 'bidirectional' : isBackward ? 'reverse' : 'forward',
      ...(cell.op === 'GRU' ? { linear_before_reset: isReset ? 1 : 0 } : {}),
    },
    [all, lastOne],
  );
  builder.mark(layer.key, 'main');
  const [batch, time] = input.shape;
  const shape: Size[] = sequences ? [batch, time] : [batch];
  // ONNX: Y is time, direction, batch, unit; Y_h is direction, batch, unit.
  const perm = sequences ? [2, 0, 1, 3] : [1, 0, 2];
  const source = sequences ? (isBackward ? turnedRound(context, all) : all) : lastOne;
  const apart = builder.add('Transpose', context.part('batch_first'), [source], { perm });
  builder.mark(layer.key, 'turn');
  if (count === 1 || merge === 'concat') {
    const sizes = builder.integers(
      context.part('shape'),
      sequences ? [0, 0, count * units] : [0, count * units],
    );
    builder.add('Reshape', context.part('join'), [apart, sizes], {}, context.output);
    builder.mark(layer.key, 'join');
    return builder.flow(context.output, [...shape, count * units], false);
  }
  const op = merge === 'sum' ? 'ReduceSum' : merge === 'ave' ? 'ReduceMean' : 'ReduceProd';
  const axes = builder.integers(context.part('axes'), [shape.length]);
  builder.add(op, context.part('join'), [apart, axes], { keepdims: 0 }, context.output);
  builder.mark(layer.key, 'join');
  return builder.flow(context.output, [...shape, units], false);
}

/** Keras lists the steps in the order in which it took them, ONNX in that of time. */
function turnedRound(context: LayerContext, value: string): string {
  const { builder, layer } = context;
  const number = (name: string, one: number): string => builder.integers(context.part(name), [one]);
  const range = [
    number('start', -1),
    number('end', -(2 ** 31)),
    number('time', 0),
    number('step', -1),
  ];
  const turned = builder.add('Slice', context.part('backwards'), [value, ...range]);
  builder.mark(layer.key, 'turn');
  return turned;
}

/** The lists of both directions, one after the other. */
function repeat(value: Attribute, count: number): Attribute {
  const times = Array.from({ length: count });
  if (value.kind === 'strings') return { kind: 'strings', value: times.flatMap(() => value.value) };
  if (value.kind === 'floats') return { kind: 'floats', value: times.flatMap(() => value.value) };
  return value;
}

const single =
  (className: string): Lowering =>
  (context, inputs) =>
    inputs.length === 1 && inputs[0]
      ? lowerCell(context, inputs[0], context.layer.config, className, [''], 'concat')
      : undefined;

const bidirectional: Lowering = (context, inputs) => {
  const { wrapped, config } = context.layer;
  const [input] = inputs;
  if (!wrapped || !input || inputs.length !== 1) return undefined;
  const merge = textOf(config['merge_mode'], 'concat');
  return lowerCell(
    context,
    input,
    wrapped.config,
    wrapped.className,
    ['forward/', 'backward/'],
    merge,
  );
};

/** Layers that go along the time axis. */
export const recurrentLayers: Lowerings = {
  LSTM: single('LSTM'),
  GRU: single('GRU'),
  SimpleRNN: single('SimpleRNN'),
  Bidirectional: bidirectional,
};
