import type { Graph } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { readFloats } from '../../server/core/graph/tensorValues.ts';
import { graphOf, node, randomTensor, tensor, type NodeSpec } from './graphs.ts';
import { Random } from './random.ts';

/** A network in which every weight has channels of uneven ranges. */
export class Net {
  readonly random: Random;
  readonly nodes: NodeSpec[] = [];
  readonly tensors: Tensor[] = [];
  value = 'x';

  constructor(
    readonly input: readonly number[],
    seed = 1,
  ) {
    this.random = new Random(seed);
  }

  /** A convolution named `name`; `dims` as the file has them, `channels`: of its output. */
  conv(name: string, dims: number[], channels: number, attributes = {}, op = 'Conv'): this {
    const weight = randomTensor(this.random, `${name}.w`, dims);
    const uneven = Float32Array.from(readFloats(weight), (w) => w * 4 ** this.random.int(-2, 2));
    this.tensors.push(tensor(`${name}.w`, dims, uneven));
    this.tensors.push(randomTensor(this.random, `${name}.b`, [channels]));
    const inputs = [this.value, `${name}.w`, `${name}.b`];
    return this.add(node(op, inputs, [`${name}.y`], attributes, name));
  }

  op(op: string, attributes = {}, more: readonly Tensor[] = []): this {
    const name = `${op.toLowerCase()}${this.nodes.length}`;
    this.tensors.push(...more);
    return this.add(node(op, [this.value, ...more.map((each) => each.name)], [name], attributes));
  }

  relu(): this {
    return this.op('Relu');
  }

  clip(hi = 1): this {
    const at = this.nodes.length;
    return this.op('Clip', {}, [tensor(`lo${at}`, [], [0]), tensor(`hi${at}`, [], [hi])]);
  }

  add(made: NodeSpec): this {
    this.nodes.push(made);
    this.value = made.outputs[0] ?? '';
    return this;
  }

  graph(opset = 17): Graph {
    return graphOf({
      inputs: { x: this.input },
      outputs: [this.value],
      nodes: this.nodes,
      tensors: this.tensors,
      opset,
    });
  }
}
