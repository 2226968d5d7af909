import type { Graph } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { fileOf } from './fileOf.ts';
import { graphOf, intTensor, node, tensor, type NodeSpec } from './graphs.ts';
import type { Random } from './random.ts';

interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A network that grows, operator by operator, from whatever values fit. */
class Growth {
  readonly nodes: NodeSpec[] = [];
  readonly tensors: Tensor[] = [];
  readonly values: Value[] = [{ name: 'x', shape: [2, 3, 8, 8] }];
  /** By the output of each If: the name of a value within its branches. */
  readonly inner = new Map<string, string>();

  constructor(readonly random: Random) {}

  get last(): Value {
    return this.values.at(-1) as Value;
  }

  /** A constant: one of the tensors, or what Identity makes of one. */
  constant(dims: readonly number[], values: ArrayLike<number>): string {
    const name = `k${this.tensors.length}`;
    const isComputed = this.random.next() < 0.25;
    const stored = isComputed ? `${name}.stored` : name;
    this.tensors.push(tensor(stored, dims, Float32Array.from(values)));
    if (isComputed) this.nodes.push(node('Identity', [stored], [name], {}, this.nodeName(name)));
    return name;
  }

  normal(dims: readonly number[], std = 1): string {
    const count = dims.reduce((a, b) => a * b, 1);
    return this.constant(dims, this.random.normal(count, 0, std));
  }

  /** No name, the node's own, or one that a node without a name is shown by. */
  nodeName(own: string): string {
    const other = `v${this.random.int(0, 14)}`;
    const name = this.random.pick(['', own, other]);
    return this.nodes.some((made) => made.name === name) ? '' : name;
  }

  /** Gemm's C: one number, one a column, one a row, or one for each element; or none. */
  maybeC(channels: number): string[] {
    const dims = this.random.pick([[], [1], [channels], [1, channels], [2, 1], [2, channels]]);
    return this.random.next() < 0.7 ? [this.normal(dims, 3)] : [];
  }

  /** Weights; now and then a channel of them (axis 0) is 0 or next to it. */
  weight(dims: readonly number[]): string {
    const { random } = this;
    const count = dims.reduce((a, b) => a * b, 1);
    const values = random.normal(count);
    const [channels = 1] = dims;
    const each = count / channels;
    const at = random.int(0, channels - 1) * each;
    if (random.next() < 0.4) values.fill(random.pick([0, 1e-13, 0.01]), at, at + each);
    return this.constant(dims, values);
  }

  maybeBias(channels: number): string[] {
    return this.random.next() < 0.5 ? [this.normal([channels], 3)] : [];
  }

  add(
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Parameters<typeof node>[3] = {},
  ): void {
    const name = `v${this.nodes.length}`;
    this.nodes.push(node(op, inputs, [name], attributes, this.nodeName(name)));
    this.values.push({ name, shape });
  }
}

/** A batch norm; now and then one that lifts all channels far above 0. */
function normalize(g: Growth, { name, shape }: Value, channels: number): void {
  const { random } = g;
  const isHigh = random.next() < 0.3;
  const gamma = g.weight([channels]);
  const beta = isHigh
    ? g.constant([channels], random.uniform(channels, 5, 9))
    : g.normal([channels], 2);
  const variance = g.constant([channels], random.uniform(channels, 0.2, 2));
  const inputs = [name, gamma, beta, g.normal([channels]), variance];
  g.add('BatchNormalization', inputs, shape, { epsilon: 1e-3 });
}

/** Min or Max of a value and a constant a channel, in either order. */
function clamp(g: Growth, { name, shape }: Value, channels: number): void {
  const constant = g.constant([1, channels, 1, 1], g.random.uniform(channels, -0.5, 3));
  const inputs = [constant, name];
  g.add(g.random.pick(['Min', 'Max']), g.random.pick([inputs, inputs.toReversed()]), shape);
}

type Grow = (growth: Growth, value: Value, sizes: readonly [number, number, number]) => void;

/** Operators on [2, C, H, W], H = W. */
const onImages: readonly Grow[] = [
  (g, v, [c, h]) => {
    const [k, out, p] = [
      h >= 3 ? g.random.pick([1, 3]) : 1,
      g.random.int(1, 5),
      g.random.pick([0, 0, 1]),
    ];
    const side = h + 2 * p - k + 1;
    const inputs = [v.name, g.weight([out, c, k, k]), ...g.maybeBias(out)];
    g.add('Conv', inputs, [2, out, side, side], { pads: [p, p, p, p] });
  },
  (g, v, [c, h]) => {
    if (h < 3) return;
    const p = g.random.pick([0, 1]);
    const inputs = [v.name, g.weight([c, 1, 3, 3]), ...g.maybeBias(c)];
    g.add('Conv', inputs, [2, c, h + 2 * p - 2, h + 2 * p - 2], { group: c, pads: [p, p, p, p] });
  },
  (g, v, [c, h]) => {
    if (c % 2 === 1) return;
    const out = 2 * g.random.int(1, 3);
    const inputs = [v.name, g.weight([out, c / 2, 1, 1]), ...g.maybeBias(out)];
    g.add('Conv', inputs, [2, out, h, h], { group: 2 });
  },
  (g, v, [c, h]) => {
    if (h > 10) return;
    const out = g.random.int(1, 4);
    const inputs = [v.name, g.weight([c, out, 2, 2]), ...g.maybeBias(out)];
    g.add('ConvTranspose', inputs, [2, out, 2 * h, 2 * h], { strides: [2, 2] });
  },
  (g, v, [c]) => clamp(g, v, c),
  (g, v, [c, h]) => {
    const other = g.random.pick(g.values.filter(({ shape }) => shape[2] === h));
    g.add('Concat', [v.name, other.name], [2, c + (other.shape[1] ?? 0), h, h], { axis: 1 });
  },
  (g, v, [c, h]) => {
    if (h < 2) return;
    const op = g.random.pick(['MaxPool', 'AveragePool']);
    g.add(op, [v.name], [2, c, h - 1, h - 1], { kernel_shape: [2, 2] });
  },
  (g, v, [c]) => g.add('GlobalAveragePool', [v.name], [2, c, 1, 1]),
  (g, v, [c, h]) => g.add('Flatten', [v.name], [2, c * h * h]),
  (g, v, [c, h]) => {
    const pads = intTensor(`p${g.tensors.length}`, [0, 0, 1, 1, 0, 0, 1, 1]);
    g.tensors.push(pads);
    g.add('Pad', [v.name, pads.name], [2, c, h + 2, h + 2]);
  },
];

/** Operators on [2, C]. */
const onRows: readonly Grow[] = [
  (g, v, [c]) => {
    const [out, transB] = [g.random.int(1, 5), g.random.int(0, 1)];
    const inputs = [v.name, g.weight(transB ? [out, c] : [c, out]), ...g.maybeC(out)];
    const attributes = { transB, alpha: g.random.pick([1, 0.5]), beta: g.random.pick([1, 2]) };
    g.add('Gemm', inputs, [2, out], attributes);
  },
  (g, v, [c]) => {
    const out = g.random.int(1, 5);
    g.add('MatMul', [v.name, g.weight([c, out])], [2, out]);
  },
];

/** Operators on both. */
const onAny: readonly Grow[] = [
  ...Array<Grow>(3).fill((g, v, [c]) => normalize(g, v, c)),
  (g, v) => g.add('Relu', [v.name], v.shape),
  (g, v) => g.add('LeakyRelu', [v.name], v.shape, { alpha: 0.2 }),
  (g, v) => {
    const top = g.constant([], Float32Array.of(g.random.pick([6, 1])));
    g.add('Clip', [v.name, g.constant([], Float32Array.of(0)), top], v.shape);
  },
  (g, v) => g.add(g.random.pick(['Identity', 'Dropout']), [v.name], v.shape),
  (g, v, [c]) => {
    const perChannel =
      v.shape.length === 4
        ? [
            [1, c, 1, 1],
            [c, 1, 1],
          ]
        : [[c]];
    const dims = g.random.pick([...perChannel, [1]]);
    const constant = g.constant(
      dims,
      g.random.uniform(
        dims.reduce((a, b) => a * b, 1),
        0.3,
        2,
      ),
    );
    const op = g.random.pick(['Mul', 'Add', 'Sub', 'Div']);
    const isFirst = op !== 'Div' && g.random.next() < 0.3;
    g.add(op, isFirst ? [constant, v.name] : [v.name, constant], v.shape);
  },
  (g, v) => {
    const twin = g.values.find((other) => other !== v && other.shape.join() === v.shape.join());
    if (twin) g.add('Add', [v.name, twin.name], v.shape);
  },
];

/** A layer without a bias, a batch norm, an activation and a layer: what all passes work on. */
const block: Grow = (g, v, [c, h]) => {
  const isImage = v.shape.length === 4;
  const [middle, out] = [g.random.int(2, 5), g.random.int(1, 5)];
  const layer = (input: string, [to, from]: readonly [number, number], more: string[]): void =>
    isImage
      ? g.add('Conv', [input, g.weight([to, from, 1, 1]), ...more], [2, to, h, h])
      : g.add('Gemm', [input, g.weight([to, from]), ...more], [2, to], { transB: 1 });
  layer(v.name, [middle, c], []);
  normalize(g, g.last, middle);
  if (isImage && g.random.next() < 0.4) clamp(g, g.last, middle);
  else g.add('Relu', [g.last.name], g.last.shape);
  layer(g.last.name, [out, middle], isImage ? g.maybeBias(out) : g.maybeC(out));
};

/** An If whose branches give its value back; within them is a value named as passes name theirs. */
const branching: Grow = (g, v) => {
  const shown = g.random.pick(g.nodes)?.outputs[0] ?? v.name;
  const maker = g.nodes.find(({ outputs }) => outputs.includes(shown));
  const inner = `${maker?.name || shown}${g.random.pick(['.bias', '.bias', '_cap', '.product'])}`;
  const isNew = ![...g.inner.values()].includes(inner);
  if (!isNew || g.nodes.length === 0) return;
  g.inner.set(`v${g.nodes.length}`, inner);
  g.add('If', ['yes'], v.shape);
  const made = g.nodes.pop() as NodeSpec;
  g.nodes.push({ ...made, captures: [v.name] });
};

/** A random network of 3 to 14 operators: what no hand-written case thinks of. */
export function randomNetwork(random: Random): Graph {
  return grown(random, random.pick([2, 'N']), []).graph;
}

/** The same as an ONNX file with sub-graphs, its names as the network has them. */
export function randomFile(random: Random): Uint8Array {
  const { graph, inner } = grown(random, 2, [block, block, block, block, branching, branching]);
  return fileOf(graph, inner);
}

function grown(
  random: Random,
  batch: number | string,
  more: readonly Grow[],
): { graph: Graph; inner: ReadonlyMap<string, string> } {
  const growth = new Growth(random);
  const steps = random.int(3, 14);
  for (let step = 0; step < steps || growth.nodes.length === 0; step++) {
    const value = random.next() < 0.75 ? growth.last : random.pick(growth.values);
    const [, c = 1, h = 1, w = 1] = value.shape;
    const grow = random.pick([
      ...onAny,
      ...more,
      ...(value.shape.length === 4 ? onImages : onRows),
    ]);
    grow(growth, value, [c, h, w]);
  }
  const used = new Set(growth.nodes.flatMap(({ inputs, captures }) => [...inputs, ...captures]));
  const made = growth.values.slice(1).map(({ name }) => name);
  const outputs = made.filter((name) => !used.has(name) || random.next() < 0.02);
  const { nodes, tensors, inner } = growth;
  const graph = graphOf({ inputs: { x: [batch, 3, 8, 8] }, outputs, nodes, tensors });
  return { graph, inner };
}
