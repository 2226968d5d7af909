/** Writes the models that the editor tests open into the folder that is named on the command line. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unevenLayers, writeH5, writeKeras, writeLayersModel } from '../kit/kerasNetwork.ts';
import * as onnx from '../kit/onnxBuilder.ts';

/** A linear congruential generator (Numerical Recipes): the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/** Conv, depthwise Conv and Conv with batch norms and ReLUs, whose channels are very uneven. */
export function unevenNetwork(seed: number): Uint8Array {
  const random = randomFrom(seed);
  const many = (count: number, scale: (i: number) => number): number[] =>
    Array.from({ length: count }, (_, i) => random() * scale(i));
  // Channel c of 8 is 2^(c-4) wide, and 2^(4-c) in the next layer: one grid for a tensor loses the
  // small ones, and equalizing makes both even.
  const uneven = (perChannel: number) => (i: number) => 2 ** (Math.floor(i / perChannel) - 4);
  const inverse = (perChannel: number) => (i: number) => 2 ** (4 - Math.floor(i / perChannel));
  const norm = (name: string, input: string, output: string, channels: number): onnx.Field => {
    const vector = (part: string, value: (i: number) => number): onnx.Field =>
      onnx.initializer(
        onnx.floats(
          `${name}.${part}`,
          [channels],
          Array.from({ length: channels }, (_, i) => value(i)),
        ),
      );
    return onnx.join(
      vector('gamma', (i) => 1 + i / 8),
      vector('beta', (i) => 0.1 * i),
      vector('mean', (i) => 0.05 * i),
      vector('variance', (i) => 0.5 + i / 4),
      onnx.node({
        op: 'BatchNormalization',
        name,
        inputs: [input, `${name}.gamma`, `${name}.beta`, `${name}.mean`, `${name}.variance`],
        outputs: [output],
      }),
    );
  };
  const conv = (name: string, input: string, output: string, group = 1): onnx.Field =>
    onnx.node({
      op: 'Conv',
      name,
      inputs: [input, `${name}.weight`],
      outputs: [output],
      attributes: [onnx.attr.int('group', group), onnx.attr.ints('pads', [0, 0, 0, 0])],
    });
  const relu = (input: string, output: string): onnx.Field =>
    onnx.node({ op: 'Relu', name: `${output}.relu`, inputs: [input], outputs: [output] });
  const weight = (name: string, dims: number[], values: number[]): onnx.Field =>
    onnx.initializer(onnx.floats(name, dims, values));
  return onnx.model(
    onnx.graph(
      onnx.input('image', [1, 3, 12, 12]),
      weight('first.weight', [8, 3, 3, 3], many(216, uneven(27))),
      weight('depthwise.weight', [8, 1, 3, 3], many(72, inverse(9))),
      weight(
        'pointwise.weight',
        [8, 8, 1, 1],
        many(64, () => 1),
      ),
      weight(
        'dense.weight',
        [4, 8],
        many(32, () => 1),
      ),
      weight(
        'dense.bias',
        [4],
        many(4, () => 1),
      ),
      conv('first', 'image', 'a0'),
      norm('first.norm', 'a0', 'a1', 8),
      relu('a1', 'a2'),
      conv('depthwise', 'a2', 'b0', 8),
      norm('depthwise.norm', 'b0', 'b1', 8),
      relu('b1', 'b2'),
      conv('pointwise', 'b2', 'c0'),
      norm('pointwise.norm', 'c0', 'c1', 8),
      relu('c1', 'c2'),
      onnx.node({ op: 'GlobalAveragePool', name: 'pool', inputs: ['c2'], outputs: ['p'] }),
      onnx.node({ op: 'Flatten', name: 'flat', inputs: ['p'], outputs: ['f'] }),
      onnx.node({
        op: 'Gemm',
        name: 'dense',
        inputs: ['f', 'dense.weight', 'dense.bias'],
        outputs: ['scores'],
        attributes: [onnx.attr.int('transB', 1)],
      }),
      onnx.output('scores', [1, 4]),
    ),
  );
}

/** One Conv that is quantized already: its weights are integers, its input and output rounded. */
function quantizedNetwork(): Uint8Array {
  const scale = (name: string, value: number): onnx.Field =>
    onnx.initializer(onnx.floats(name, [], [value]));
  const rounded = (name: string, scaleOf: string): onnx.Field =>
    onnx.join(
      onnx.node({
        op: 'QuantizeLinear',
        name: `${name}.q`,
        inputs: [name, scaleOf],
        outputs: [`${name}.integers`],
      }),
      onnx.node({
        op: 'DequantizeLinear',
        name: `${name}.dq`,
        inputs: [`${name}.integers`, scaleOf],
        outputs: [`${name}.rounded`],
      }),
    );
  return onnx.model(
    onnx.graph(
      onnx.input('x', [1, 1, 2, 2]),
      scale('x.scale', 0.02),
      scale('w.scale', 0.01),
      scale('h.scale', 0.05),
      onnx.initializer(
        onnx.join(onnx.tensor('w.integers', [1, 1, 1, 1], onnx.INT8), onnx.raw(Int8Array.of(100))),
      ),
      rounded('x', 'x.scale'),
      onnx.node({
        op: 'DequantizeLinear',
        name: 'w.dq',
        inputs: ['w.integers', 'w.scale'],
        outputs: ['w'],
      }),
      onnx.node({ op: 'Conv', name: 'conv', inputs: ['x.rounded', 'w'], outputs: ['h'] }),
      rounded('h', 'h.scale'),
      onnx.output('h.rounded', [1, 1, 2, 2]),
    ),
  );
}

/** The same network as Keras 2, Keras 3 and TensorFlow.js write it, and a model.json that is none. */
async function makeKeras(folder: string): Promise<void> {
  const layers = unevenLayers(1);
  await writeH5(join(folder, 'net.h5'), layers);
  await writeH5(join(folder, 'net.hdf5'), unevenLayers(2));
  await writeKeras(join(folder, 'net.keras'), layers);
  for (const [name, seed] of [
    ['web', 1],
    ['shards', 2],
    ['untouched', 3],
  ] as const) {
    mkdirSync(join(folder, name));
    writeLayersModel(join(folder, name, 'model.json'), unevenLayers(seed));
  }
  mkdirSync(join(folder, 'app'));
  writeFileSync(join(folder, 'app/model.json'), '{ "name": "a data model of some app" }\n');
}

const folder = process.argv[2];
if (folder !== undefined) {
  const put = (name: string, content: Uint8Array | string): void =>
    writeFileSync(join(folder, name), content);
  const whole = unevenNetwork(1);
  put('net.onnx', whole);
  for (const [i, name] of ['other', 'watched', 'renamed', 'deleted', 'readonly'].entries()) {
    put(`${name}.onnx`, unevenNetwork(i + 2));
  }
  put('corrected.onnx', unevenNetwork(9));
  mkdirSync(join(folder, 'sample'));
  for (const name of ['sample.onnx', 'samples.npz'])
    copyFileSync(join('media/sample', name), join(folder, 'sample', name));
  put('quantized.onnx', quantizedNetwork());
  put('truncated.onnx', whole.subarray(0, 1000));
  put('text.onnx', 'This is not a model.\n');
  put('notes.txt', 'Models for the editor tests.\n');
  void makeKeras(folder);
}
