import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { isQuantizedModel, quantizedLayers } from '../../../server/core/quant/quantizedModel.ts';
import { defaultTarget, type Target } from '../../../server/core/quant/targets.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { calibrate } from '../../../server/quantize/calibrate.ts';
import { describeValues, type QuantizeContext } from '../../../server/quantize/context.ts';
import { exportQdq, type ExportedQdq } from '../../../server/quantize/exportQdq.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { openSamples } from '../../../server/data/openSamples.ts';
import { engineChild } from '../../kit/documents.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';

/** Weights that fill their grid unevenly. */
const weights = (count: number, scale: number): number[] =>
  Array.from({ length: count }, (_, i) => scale * Math.sin(1.7 * i + 0.3));

/** conv -> relu -> depthwise -> clip -> pool -> gemm -> softmax. */
const network = (opset: number): Graph =>
  graphOf({
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
    opset,
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['conv1'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['conv1'], ['relu1']),
      node('Conv', ['relu1', 'w2', 'b2'], ['conv2'], { group: 4 }),
      opset < 11
        ? node('Clip', ['conv2'], ['clip'], {
            min: { kind: 'float', value: 0 },
            max: { kind: 'float', value: 6 },
          })
        : node('Clip', ['conv2', 'zero', 'six'], ['clip']),
      node('GlobalAveragePool', ['clip'], ['pool']),
      node('Flatten', ['pool'], ['flat']),
      node('Gemm', ['flat', 'w3', 'b3'], ['logits'], { transB: 1 }),
      node('Softmax', ['logits'], ['y'], { axis: 1 }),
    ],
    tensors: [
      tensor('w1', [4, 3, 3, 3], weights(108, 0.4)),
      tensor('b1', [4], [0.1, -0.2, 0.3, 0]),
      tensor('w2', [4, 1, 3, 3], weights(36, 1.5)),
      tensor('b2', [4], [0.5, 0.1, -0.1, 0.2]),
      tensor('w3', [5, 4], weights(20, 2)),
      tensor('b3', [5], [0.3, -0.3, 0, 0.1, 0.2]),
      ...(opset < 11 ? [] : [tensor('zero', [], [0]), tensor('six', [], [6])]),
    ],
  });

describe('exportQdq', () => {
  const folder = new ModelFolder();
  const engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 });
  after(() => {
    engine.dispose();
    folder.remove();
  });

  async function exported(
    graph: Graph,
    target: Partial<Target>,
  ): Promise<{ result: ExportedQdq; graph: Graph; context: QuantizeContext }> {
    const document = await folder.open(folder.file(encodeGraph(graph, [])));
    const opened = await openSamples('synthetic:3', document.graph.inputs, {});
    assert.ok(opened.ok);
    const samples = opened.value;
    const on: TaskSamples = { samples, indices: [0, 1, 2, 3, 4, 5, 6, 7], batch: 1 };
    const model = { document, graph: document.graph };
    const context: QuantizeContext = {
      ...model,
      engine,
      target: { ...defaultTarget, ...target },
      seed: 1,
      ...(await describeValues(engine, model, on, noJob)),
    };
    const calibration = await calibrate(context, on, noJob);
    const path = folder.at(`out${serial++}.onnx`);
    const result = await exportQdq(context, calibration, path, new Map(), noJob, on);
    assert.ok(result.ok, JSON.stringify(result));
    const written = await folder.open(path);
    return { result: result.value, graph: written.graph, context };
  }

  const cases: readonly [string, Partial<Target>, number, number][] = [
    ['8 bits per channel', {}, 13, 13],
    ['8 bits per channel of a model of opset 9', {}, 9, 13],
    ['8 bits per tensor of a model of opset 12', { granularity: 'tensor' }, 12, 12],
    ['asymmetric weights', { symmetry: 'asymmetric', granularity: 'tensor' }, 17, 17],
    [
      'strict grids, with a Clip before',
      { symmetry: 'strict', activationSymmetry: 'strict' },
      13,
      13,
    ],
    ['weights of 4 bits', { weightBits: 4 }, 17, 21],
    ['weights of 6 bits and activations of 5', { weightBits: 6, activationBits: 5 }, 17, 17],
    ['activations of 16 bits', { activationBits: 16 }, 13, 21],
    ['biases of 8 bits', { biasBits: 8 }, 17, 17],
    ['weights only', { activationBits: 'float' }, 17, 17],
  ];
  for (const [name, target, from, to] of cases) {
    it(`${name}: runs, and agrees with the simulation within a step`, async () => {
      const { result, graph } = await exported(network(from), target);
      assert.deepEqual(result.notes, []);
      assert.equal(result.opset, to);
      assert.equal(graph.opsets.get(''), to);
      assert.ok(result.agreement);
      // Scales are stored in float32: sums may fall on the other side of a rounding, once.
      assert.ok(result.agreement.mostSteps <= 1.001, `${result.agreement.mostSteps} steps`);
      assert.ok(isQuantizedModel(graph), 'opens as quantized');
      const names = quantizedLayers(graph).map((layer) => layer.name);
      assert.deepEqual(names, ['conv1', 'conv2', 'logits']);
    });
  }

  it('stores each weight in the type of its grid, and a bias in int32', async () => {
    const { graph } = await exported(network(17), { weightBits: 4 });
    const type = (name: string): string | undefined => graph.tensors.get(name)?.type;
    assert.deepEqual(['w1_quantized', 'w2_quantized', 'b1_quantized', 'w1_zero_point'].map(type), [
      'int4',
      'int4',
      'int32',
      'int4',
    ]);
    assert.equal(graph.tensors.get('w1_quantized')?.data.sizeBytes, 54);
  });

  it('falls back to the operators of ONNX Runtime where an operator cannot be raised', async () => {
    const base = network(18);
    const [conv, relu, ...rest] = base.nodes;
    const graph = {
      ...base,
      nodes: [
        ...(conv && relu ? [conv, relu] : []),
        {
          ...node('GroupNormalization', ['relu1', 'gains', 'shifts'], ['norm'], { num_groups: 2 }),
          id: 100,
        },
        ...rest.map((one) => ({
          ...one,
          inputs: one.inputs.map((name) => (name === 'relu1' ? 'norm' : name)),
        })),
      ],
      tensors: new Map([
        ...base.tensors,
        ['gains', tensor('gains', [2], [1, 2])] as const,
        ['shifts', tensor('shifts', [2], [0, 0.5])] as const,
      ]),
    };
    const { result, graph: written } = await exported(graph, { weightBits: 4 });
    assert.match(
      result.notes[0] ?? '',
      /stays at 18: GroupNormalization "norm" \(its scales became those of channels in 21\) cannot be converted to 21/,
    );
    assert.equal(written.opsets.get(''), 18);
    assert.equal(written.tensors.get('w1_quantized')?.type, 'int4');
    assert.ok(isQuantizedModel(written));
  });
});

let serial = 0;
