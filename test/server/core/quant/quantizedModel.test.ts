import assert from 'node:assert/strict';
import type { ElementType, Tensor } from '../../../../server/core/graph/tensor.ts';
import { MemoryData } from '../../../../server/core/graph/tensor.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import {
  isPartlyQuantized,
  isQuantizedModel,
  quantizedLayers,
} from '../../../../server/core/quant/quantizedModel.ts';
import { listEncodings } from '../../../../server/core/reports/encodings.ts';
import { graphOf, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';

function bytes(name: string, type: ElementType, dims: readonly number[], values: number[]): Tensor {
  const data = type === 'uint8' ? Uint8Array.from(values) : Int8Array.from(values);
  return { name, type, dims, data: new MemoryData(new Uint8Array(data.buffer)) };
}

const scalar = (name: string, value: number): Tensor => tensor(name, [], [value]);

/** x -> Q -> DQ -> Conv(DQ(w)) with one scale a channel. */
const qdq = graphOf({
  inputs: { x: ['N', 1, 4] },
  outputs: ['y'],
  nodes: [
    node('QuantizeLinear', ['x', 'xs', 'xz'], ['xq']),
    node('DequantizeLinear', ['xq', 'xs', 'xz'], ['xd']),
    node('DequantizeLinear', ['wq', 'ws', 'wz'], ['wd'], { axis: 0 }),
    node('Conv', ['xd', 'wd'], ['y'], {}, 'conv'),
  ],
  tensors: [
    scalar('xs', 0.5),
    bytes('xz', 'uint8', [], [10]),
    bytes('wq', 'int8', [2, 1, 2], [1, -2, 3, 100]),
    tensor('ws', [2], [0.5, 0.25]),
    bytes('wz', 'int8', [2], [0, 0]),
  ],
});

const only = (spec: NodeSpec, tensors: readonly Tensor[]): ReturnType<typeof graphOf> =>
  graphOf({ inputs: { x: ['N'] }, outputs: ['y'], nodes: [spec], tensors });

describe('quantizedLayers', () => {
  it('restores weights behind DequantizeLinear, a scale a channel', () => {
    const [layer] = quantizedLayers(qdq);
    assert.equal(layer?.name, 'conv');
    assert.deepEqual([...readFloats(layer.weight)], [0.5, -1, 0.75, 25]);
    assert.deepEqual([layer.outChannels, layer.layout.taps], [2, 2]);
  });

  it('reads a part of the restored weight from any byte', () => {
    const [layer] = quantizedLayers(qdq);
    const part = layer!.weight.data.read(4, 12);
    assert.deepEqual([...new Float32Array(part.slice().buffer)], [-1, 0.75]);
  });

  it('restores QLinearConv, with its attributes', () => {
    const spec = node('QLinearConv', ['x', 's', 'z', 'w', 'ws', 'wz', 's', 'z'], ['y'], {
      group: 2,
    });
    const [layer] = quantizedLayers(
      only(spec, [
        scalar('s', 1),
        bytes('z', 'uint8', [], [0]),
        bytes('w', 'uint8', [2, 1, 1], [130, 120]),
        scalar('ws', 0.1),
        bytes('wz', 'uint8', [], [128]),
      ]),
    );
    assert.equal(layer?.kind, 'conv');
    assert.equal(layer.layout.groups, 2);
    // (130 - 128) * 0.1 and (120 - 128) * 0.1, the scale being a float32
    const step = Math.fround(0.1);
    assert.deepEqual([...readFloats(layer.weight)], [2 * step, -8 * step].map(Math.fround));
  });

  for (const { op, weight, scale, zero, count } of [
    { op: 'QLinearMatMul', weight: 3, scale: 4, zero: 5, count: 8 },
    { op: 'QGemm', weight: 3, scale: 4, zero: 5, count: 9 },
    { op: 'MatMulIntegerToFloat', weight: 1, scale: 3, zero: 5, count: 6 },
    { op: 'DynamicQuantizeMatMul', weight: 1, scale: 2, zero: 3, count: 4 },
  ]) {
    it(`restores ${op}, a scale for each column`, () => {
      const inputs = Array.from({ length: count }, () => 'x');
      inputs[weight] = 'w';
      inputs[scale] = 'ws';
      inputs[zero] = 'wz';
      const spec = { ...node(op, inputs, ['y']), domain: 'com.microsoft' };
      const [layer] = quantizedLayers(
        only(spec, [
          bytes('w', 'int8', [2, 2], [1, 2, 3, 4]),
          tensor('ws', [2], [1, 10]),
          bytes('wz', 'int8', [2], [0, 1]),
        ]),
      );
      assert.deepEqual([...readFloats(layer!.weight)], [1, 10, 3, 30]);
    });
  }

  it('measures the floats where they are quantized at run time', () => {
    const graph = graphOf({
      inputs: { x: ['N', 2] },
      outputs: ['y'],
      nodes: [
        node('QuantizeLinear', ['w', 's'], ['wq']),
        node('DequantizeLinear', ['wq', 's'], ['wd']),
        node('MatMul', ['x', 'wd'], ['y']),
      ],
      tensors: [tensor('w', [2, 1], [0.3, 0.7]), scalar('s', 0.5)],
    });
    const [layer] = quantizedLayers(graph);
    assert.equal(layer?.weight.name, 'w');
  });

  it('leaves out scales that do not fit, blocks, and weights made at run time', () => {
    const spec = node('DequantizeLinear', ['wq', 'ws'], ['wd'], { axis: 0 });
    const wq = bytes('wq', 'int8', [2, 2], [1, 2, 3, 4]);
    const matMul = node('MatMul', ['x', 'wd'], ['y']);
    const graph = (first: NodeSpec, tensors: Tensor[]): ReturnType<typeof graphOf> =>
      graphOf({ inputs: { x: ['N', 2] }, outputs: ['y'], nodes: [first, matMul], tensors });
    assert.equal(quantizedLayers(graph(spec, [wq, tensor('ws', [3], 1)])).length, 0);
    assert.equal(quantizedLayers(graph(spec, [wq, tensor('ws', [1, 2], 1)])).length, 0);
    const blocks = node('DequantizeLinear', ['wq', 'ws'], ['wd'], { block_size: 2 });
    assert.equal(quantizedLayers(graph(blocks, [wq, tensor('ws', [2], 1)])).length, 0);
    const made = node('DequantizeLinear', ['x', 'ws'], ['wd']);
    assert.equal(quantizedLayers(graph(made, [scalar('ws', 1)])).length, 0);
    assert.equal(quantizedLayers(graph(spec, [wq, tensor('ws', [2], 1)])).length, 1);
  });
});

describe('isQuantizedModel', () => {
  it('tells a quantized model from a float one', () => {
    assert.equal(isQuantizedModel(qdq), true);
    const float = only(node('MatMul', ['x', 'w'], ['y']), [tensor('w', [1, 1], 1)]);
    assert.equal(isQuantizedModel(float), false);
    assert.equal(isPartlyQuantized(qdq), false);
    assert.equal(isPartlyQuantized(float), false);
  });

  it('takes one that has layers with float weights left as float', () => {
    const graph = graphOf({
      inputs: { x: ['N', 1, 4] },
      outputs: ['z'],
      nodes: [
        node('DequantizeLinear', ['wq', 'ws'], ['wd'], { axis: 0 }),
        node('Conv', ['x', 'wd'], ['y'], {}, 'quantized'),
        node('Conv', ['y', 'w'], ['z'], {}, 'float'),
      ],
      tensors: [
        bytes('wq', 'int8', [2, 1, 1], [1, 2]),
        tensor('ws', [2], [0.5, 0.25]),
        tensor('w', [2, 2, 1], 1),
      ],
    });
    assert.equal(isQuantizedModel(graph), false);
    assert.equal(isPartlyQuantized(graph), true);
  });

  it('looks at the domain of an operator', () => {
    const spec = node('QLinearConv', ['x', 'w'], ['y']);
    const foreign = only(spec, [tensor('w', [1], 1)]);
    const nodes = foreign.nodes.map((one) => ({ ...one, domain: 'my.ops' }));
    assert.equal(isQuantizedModel(foreign), true);
    assert.equal(isQuantizedModel({ ...foreign, nodes }), false);
  });
});

describe('listEncodings', () => {
  it('lists each tensor once with what its integers can stand for', () => {
    assert.deepEqual(listEncodings(qdq), [
      // (0 - 10) * 0.5 and (255 - 10) * 0.5
      { tensor: 'x', type: 'uint8', scale: 0.5, zeroPoint: 10, count: 1, min: -5, max: 122.5 },
      // the wider channel: -128 * 0.5 and 127 * 0.5
      { tensor: 'wq', type: 'int8', scale: 0.5, zeroPoint: 0, count: 2, min: -64, max: 63.5 },
    ]);
  });

  it('reads inputs, weights and outputs of QLinear operators', () => {
    const names = ['x', 'xs', 'z', 'w', 'ws', 'z', 'ys', 'z'];
    const made = listEncodings(
      only(node('QLinearMatMul', names, ['y']), [
        scalar('xs', 1),
        scalar('ws', 2),
        scalar('ys', 4),
        bytes('z', 'int8', [], [0]),
        bytes('w', 'int8', [1, 1], [1]),
      ]),
    );
    assert.deepEqual(
      made.map(({ tensor: name, scale }) => [name, scale]),
      [
        ['x', 1],
        ['w', 2],
        ['y', 4],
      ],
    );
  });

  it('reads every input of QLinearConcat', () => {
    const names = ['ys', 'z', 'a', 'as', 'z', 'b', 'bs', 'z'];
    const made = listEncodings(
      only(node('QLinearConcat', names, ['y']), [
        scalar('ys', 1),
        scalar('as', 2),
        scalar('bs', 3),
        bytes('z', 'uint8', [], [0]),
      ]),
    );
    assert.deepEqual(
      made.map(({ tensor: name, scale }) => [name, scale]),
      [
        ['y', 1],
        ['a', 2],
        ['b', 3],
      ],
    );
  });

  it('leaves out scales that are made at run time', () => {
    assert.deepEqual(listEncodings(only(node('QuantizeLinear', ['x', 's'], ['y']), [])), []);
  });
});
