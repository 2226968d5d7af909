/** Writes the trained sample network as it is: nothing is edited after training. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { encodeNpy, type NamedArray } from '../../server/data/writeNpy.ts';
import { floatTensor } from '../../server/core/graph/tensorValues.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { graphOf, node, type NodeSpec } from '../../test/kit/graphs.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { classNames, draw, side } from './draw.ts';
import { classCount, epsilon, type Network } from './network.ts';
import { accuracy, quantized } from './train.ts';

const folder = join(import.meta.dirname, '../../media/sample');
const testCount = 400;
const testSeed = 2026;

/** Judges the network on drawings that it has not seen, and writes model, drawings and classes. */
export async function writeSample(net: Network, log: (line: string) => void): Promise<void> {
  const test = draw(testCount, testSeed);
  const share = (n: Network): string => `${(100 * accuracy(n, test)).toFixed(1)} %`;
  log(
    `float ${share(net)}, 8 bits per tensor ${share(quantized(net, epsilon, false))}, per channel ${share(quantized(net, epsilon, true))}`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sample.onnx'), encodeGraph(toGraph(net)));
  await writeDeflated(join(folder, 'samples.npz'), [
    { name: 'x', type: 'float32', dims: [test.count, 1, side, side], values: test.x },
    { name: 'y', type: 'int32', dims: [test.count], values: test.y },
  ]);
  writeFileSync(join(folder, 'classes.txt'), `${classNames.join('\n')}\n`);
}

/** An .npz as `numpy.savez_compressed` makes it, without a date in it. */
async function writeDeflated(path: string, arrays: readonly NamedArray[]): Promise<void> {
  const zip = new ZipFile();
  for (const array of arrays) {
    zip.addBuffer(Buffer.concat(encodeNpy(array)), `${array.name}.npy`, {
      mtime: new Date(Date.UTC(2026, 0, 1)),
      compressionLevel: 9,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** The trained network as a graph, batch norms and ReLU6 apart. */
function toGraph(net: Network): Graph {
  const nodes: NodeSpec[] = [];
  const tensors: Tensor[] = [
    floatTensor('relu6_low', [], Float32Array.of(0)),
    floatTensor('relu6_high', [], Float32Array.of(6)),
  ];
  const inputOf = new Map<string, string>();
  let value = 'x';
  for (const l of net.layers) {
    inputOf.set(l.name, value);
    const perGroup = l.isDepthwise ? 1 : l.inChannels;
    const pad = (l.kernel - 1) / 2;
    tensors.push(
      floatTensor(`${l.name}.weight`, [l.outChannels, perGroup, l.kernel, l.kernel], l.w),
    );
    nodes.push(
      node(
        'Conv',
        [value, `${l.name}.weight`],
        [l.name],
        {
          group: l.isDepthwise ? l.inChannels : 1,
          kernel_shape: [l.kernel, l.kernel],
          pads: [pad, pad, pad, pad],
          strides: [l.stride, l.stride],
        },
        l.name,
      ),
    );
    const bn = `${l.name}_bn`;
    for (const [part, values] of [
      ['gamma', l.gamma],
      ['beta', l.beta],
      ['mean', l.mean],
      ['var', l.variance],
    ] as const) {
      tensors.push(floatTensor(`${bn}.${part}`, [l.outChannels], values));
    }
    nodes.push(
      node(
        'BatchNormalization',
        [l.name, `${bn}.gamma`, `${bn}.beta`, `${bn}.mean`, `${bn}.var`],
        [bn],
        { epsilon: { kind: 'float', value: epsilon } },
        bn,
      ),
    );
    value = bn;
    if (l.isActive) {
      nodes.push(
        node(
          'Clip',
          [value, 'relu6_low', 'relu6_high'],
          [`${l.name}_relu6`],
          {},
          `${l.name}_relu6`,
        ),
      );
      value = `${l.name}_relu6`;
    }
    if (l.addInputOf !== undefined) {
      nodes.push(
        node('Add', [value, inputOf.get(l.addInputOf)!], [`${l.name}_add`], {}, `${l.name}_add`),
      );
      value = `${l.name}_add`;
    }
  }
  tensors.push(floatTensor('classifier.weight', [classCount, net.fc.length / classCount], net.fc));
  tensors.push(floatTensor('classifier.bias', [classCount], net.fcBias));
  nodes.push(
    node('GlobalAveragePool', [value], ['pool'], {}, 'pool'),
    node('Flatten', ['pool'], ['features'], { axis: 1 }, 'flatten'),
    node(
      'Gemm',
      ['features', 'classifier.weight', 'classifier.bias'],
      ['logits'],
      { transB: 1 },
      'classifier',
    ),
    node('Softmax', ['logits'], ['probabilities'], { axis: 1 }, 'softmax'),
  );
  return graphOf({
    inputs: { x: ['N', 1, side, side] },
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['N', classCount] }],
    nodes,
    tensors,
    opset: 13,
  });
}
