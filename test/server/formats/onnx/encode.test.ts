import assert from 'node:assert/strict';
import { onnx } from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import type { Graph, Node } from '../../../../server/core/graph/graph.ts';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';

const node = (id: number, op: string, inputs: string[], outputs: string[]): Node => ({
  id,
  name: '',
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(),
  captures: [],
});

/** y = relu(x * w), x and w of two columns; both nodes share a name. */
function small(): Graph {
  const w = floatTensor('w', [2, 2], Float32Array.of(1, -2, 3, 4));
  const nodes = [node(0, 'MatMul', ['x', 'w'], ['h']), node(1, 'Relu', ['h'], ['y'])];
  return {
    name: '',
    nodes: nodes.map((one) => ({ ...one, name: 'same' })),
    tensors: new Map([['w', w]]),
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', type: 'float32', shape: undefined }],
    values: new Map(),
    opsets: new Map([['', 17]]),
    statistics: new Map(),
  };
}

describe('encodeGraph', () => {
  it('makes a model that ONNX Runtime runs, with extra outputs of unknown type', async () => {
    const session = await ort.InferenceSession.create(encodeGraph(small(), ['h', 'y', 'h']));
    assert.deepEqual([...session.outputNames], ['y', 'h']);
    const x = new ort.Tensor('float32', Float32Array.of(1, 1, 2, 0), [2, 2]);
    const { y, h } = await session.run({ x });
    // [1 1; 2 0] * [1 -2; 3 4] = [4 2; 2 -4]
    assert.deepEqual([...(h?.data as Float32Array)], [4, 2, 2, -4]);
    assert.deepEqual([...(y?.data as Float32Array)], [4, 2, 2, 0]);
  });

  it('says the same to an independent parser', () => {
    const graph = small();
    const attributes: Node['attributes'] = new Map([
      ['i', { kind: 'int', value: -3 }],
      ['top', { kind: 'int', value: 2 ** 63 }],
      ['f', { kind: 'float', value: 0.5 }],
      ['s', { kind: 'string', value: 'é' }],
      ['is', { kind: 'ints', value: [1, -1] }],
      ['fs', { kind: 'floats', value: [0.25] }],
      ['ss', { kind: 'strings', value: ['a', ''] }],
      ['t', { kind: 'tensor', value: floatTensor('t', [1], Float32Array.of(7)) }],
      ['o', { kind: 'opaque' }],
    ]);
    const custom = { ...node(2, 'Odd', ['y', '', 'w'], ['z']), domain: 'my.ops', attributes };
    const bytes = encodeGraph({ ...graph, nodes: [...graph.nodes, custom] });
    const parsed = onnx.ModelProto.decode(bytes);
    const nodes = parsed.graph?.node ?? [];
    assert.deepEqual(
      nodes.map((each) => each.name),
      ['same', 'same_1', 'z'],
    );
    assert.deepEqual(nodes[2]?.input, ['y', '', 'w']);
    assert.equal(nodes[2]?.domain, 'my.ops');
    const found = new Map(nodes[2]?.attribute?.map((each) => [each.name, each]));
    assert.deepEqual([...found.keys()], ['i', 'top', 'f', 's', 'is', 'fs', 'ss', 't']);
    assert.equal(String(found.get('i')?.i), '-3');
    assert.equal(String(found.get('top')?.i), '9223372036854775807');
    assert.equal(found.get('f')?.f, 0.5);
    assert.equal(Buffer.from(found.get('s')?.s ?? []).toString(), 'é');
    assert.deepEqual(found.get('is')?.ints?.map(Number), [1, -1]);
    assert.deepEqual(found.get('fs')?.floats, [0.25]);
    assert.equal(found.get('ss')?.strings?.length, 2);
    assert.deepEqual(found.get('t')?.t?.dims?.map(Number), [1]);
    assert.deepEqual(
      [...found.values()].map((each) => each.type),
      [2, 2, 1, 3, 7, 6, 8, 4],
    );
  });
});
