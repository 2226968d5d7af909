import type { Graph } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { graphOf, intTensor, node, randomTensor, tensor, type NodeSpec } from './graphs.ts';
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

  constructor(readonly random: Random) {}

  constant(dims: readonly number[], values: Float32Array): string {
    const name = `k${this.tensors.length}`;
    this.tensors.push(tensor(name, dims, values));
    return name;
  }

  normal(dims: readonly number[], std = 1): string {
    const name = `k${this.tensors.length}`;
    this.tensors.push(randomTensor(this.random, name, dims, { std }));
    return name;
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
    this.nodes.push(node(op, inputs, [name], attributes));
    this.values.push({ name, shape });
  }
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
  (g, v, [c]) =>
    g.add('Min', [v.name, g.constant([1, c, 1, 1], g.random.uniform(c, -0.5, 3))], v.shape),
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
    const inputs = [v.name, g.weight(transB ? [out, c] : [c, out]), ...g.maybeBias(out)];
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
  ...Array<Grow>(3).fill((g, v, [c]) => {
    const { random } = g;
    const gamma = g.weight([c]);
    const variance = g.constant([c], random.uniform(c, 0.2, 2));
    const inputs = [v.name, gamma, g.normal([c], 2), g.normal([c]), variance];
    g.add('BatchNormalization', inputs, v.shape, { epsilon: 1e-3 });
  }),
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

/** A random network of 3 to 14 operators: what no hand-written case thinks of. */
export function randomNetwork(random: Random): Graph {
  const growth = new Growth(random);
  const steps = random.int(3, 14);
  for (let step = 0; step < steps || growth.nodes.length === 0; step++) {
    const last = growth.values.at(-1) as Value;
    const value = random.next() < 0.75 ? last : random.pick(growth.values);
    const [, c = 1, h = 1, w = 1] = value.shape;
    const grow = random.pick([...onAny, ...(value.shape.length === 4 ? onImages : onRows)]);
    grow(growth, value, [c, h, w]);
  }
  const used = new Set(growth.nodes.flatMap(({ inputs }) => inputs));
  const made = growth.values.slice(1).map(({ name }) => name);
  const outputs = made.filter((name) => !used.has(name) || random.next() < 0.02);
  const batch = random.pick([2, 'N']);
  const { nodes, tensors } = growth;
  return graphOf({ inputs: { x: [batch, 3, 8, 8] }, outputs, nodes, tensors });
}
