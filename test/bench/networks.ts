import type { Graph } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { floatTensor } from '../../server/core/graph/tensorValues.ts';
import { graphOf, node, type NodeSpec } from '../kit/graphs.ts';
import { Random } from '../kit/random.ts';

/** Builds networks layer by layer: convolution, batch norm, activation; seeded random weights. */
class Builder {
  readonly nodes: NodeSpec[] = [];
  readonly tensors: Tensor[] = [
    floatTensor('low', [], Float32Array.of(0)),
    floatTensor('high', [], Float32Array.of(6)),
  ];
  readonly #random = new Random(1);
  #count = 0;

  conv(x: string, from: number, to: number, k: number, stride = 1, group = 1): string {
    const name = `conv${this.#count++}`;
    const range = Math.sqrt(6 / ((from * k * k) / group));
    const values = this.#random.uniform((to * from * k * k) / group, -range, range);
    this.tensors.push(floatTensor(`${name}.w`, [to, from / group, k, k], values));
    const pad = (k - 1) >> 1;
    const attributes = {
      group,
      kernel_shape: [k, k],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    };
    this.nodes.push(node('Conv', [x, `${name}.w`], [name], attributes, name));
    const draw = (low: number, high: number): Float32Array => this.#random.uniform(to, low, high);
    const parts = { g: draw(0.2, 2), b: draw(-0.5, 1), m: draw(-0.5, 0.5), v: draw(0.1, 2) };
    for (const [part, values] of Object.entries(parts)) {
      this.tensors.push(floatTensor(`${name}.${part}`, [to], values));
    }
    const inputs = [name, ...Object.keys(parts).map((part) => `${name}.${part}`)];
    this.nodes.push(node('BatchNormalization', inputs, [`${name}_bn`], {}, `${name}_bn`));
    return `${name}_bn`;
  }

  relu(x: string): string {
    this.nodes.push(node('Relu', [x], [`${x}_relu`], {}, `${x}_relu`));
    return `${x}_relu`;
  }

  relu6(x: string): string {
    this.nodes.push(node('Clip', [x, 'low', 'high'], [`${x}_relu6`], {}, `${x}_relu6`));
    return `${x}_relu6`;
  }

  add(a: string, b: string): string {
    this.nodes.push(node('Add', [a, b], [`${a}_add`], {}, `${a}_add`));
    return `${a}_add`;
  }

  finish(x: string, channels: number): Graph {
    const values = this.#random.uniform(1000 * channels, -0.05, 0.05);
    this.tensors.push(floatTensor('fc.w', [1000, channels], values));
    this.tensors.push(floatTensor('fc.b', [1000], new Float32Array(1000)));
    this.nodes.push(
      node('GlobalAveragePool', [x], ['pool'], {}, 'pool'),
      node('Flatten', ['pool'], ['flat'], { axis: 1 }, 'flat'),
      node('Gemm', ['flat', 'fc.w', 'fc.b'], ['logits'], { transB: 1 }, 'fc'),
    );
    return graphOf({
      inputs: { x: [1, 3, 224, 224] },
      outputs: ['logits'],
      nodes: this.nodes,
      tensors: this.tensors,
      opset: 17,
    });
  }
}

/** ResNet-50 (He et al. 2015, table 1) with its batch norms unfolded: 25.6 M parameters. */
export function resNet50(): Graph {
  const b = new Builder();
  let x = b.relu(b.conv('x', 3, 64, 7, 2));
  b.nodes.push(
    node(
      'MaxPool',
      [x],
      ['stem'],
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      'stem',
    ),
  );
  x = 'stem';
  let channels = 64;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const inner = b.relu(b.conv(x, channels, width, 1));
      const middle = b.relu(b.conv(inner, width, width, 3, stride));
      const out = b.conv(middle, width, 4 * width, 1);
      const skip = block === 0 ? b.conv(x, channels, 4 * width, 1, stride) : x;
      x = b.relu(b.add(out, skip));
      channels = 4 * width;
    }
  }
  return b.finish(x, channels);
}

/** MobileNetV2 (Sandler et al. 2018, table 2) with its batch norms unfolded: 3.5 M parameters. */
export function mobileNetV2(): Graph {
  const b = new Builder();
  let x = b.relu6(b.conv('x', 3, 32, 3, 2));
  let channels = 32;
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expand, width, count, firstStride] of table) {
    for (let i = 0; i < count; i++) {
      const inner = channels * expand;
      const stride = i === 0 ? firstStride : 1;
      const wide = expand === 1 ? x : b.relu6(b.conv(x, channels, inner, 1));
      const deep = b.relu6(b.conv(wide, inner, inner, 3, stride, inner));
      const out = b.conv(deep, inner, width, 1);
      x = stride === 1 && channels === width ? b.add(out, x) : out;
      channels = width;
    }
  }
  return b.finish(b.relu6(b.conv(x, channels, 1280, 1)), 1280);
}

/** Convolutions with ReLU, two a block, around each of which its input is added: 5 nodes a block. */
export function residualBlocks(nodeCount: number): Graph {
  const channels = 8;
  const random = new Random(5);
  const nodes: NodeSpec[] = [];
  const tensors: Tensor[] = [];
  const conv = (x: string): string => {
    const name = `conv${tensors.length}`;
    const weight = random.normal(channels * channels, 0, 0.3);
    tensors.push(floatTensor(`${name}.w`, [channels, channels, 1, 1], weight));
    nodes.push(node('Conv', [x, `${name}.w`], [name], { kernel_shape: [1, 1] }, name));
    return name;
  };
  let x = 'x';
  for (let block = 0; nodes.length + 5 <= nodeCount; block++) {
    const inner = conv(x);
    nodes.push(node('Relu', [inner], [`${inner}_relu`]));
    const sum = `sum${block}`;
    nodes.push(
      node('Add', [conv(`${inner}_relu`), x], [sum]),
      node('Relu', [sum], [`${sum}_relu`]),
    );
    x = `${sum}_relu`;
  }
  return graphOf({
    inputs: { x: [1, channels, 8, 8] },
    outputs: [x],
    nodes,
    tensors,
    opset: 17,
  });
}
