import assert from 'node:assert/strict';
import type { Dimension } from '../../../server/core/graph/graph.ts';
import { MemoryData, type Tensor } from '../../../server/core/graph/tensor.ts';
import { fileLineOf } from '../../../server/toWire/fileLine.ts';
import { documentOf } from '../../kit/documents.ts';
import { graphOf, node, tensor, valueInfo } from '../../kit/graphs.ts';

const lineOf = (input: readonly Dimension[], output?: readonly Dimension[]) =>
  fileLineOf(
    documentOf(graphOf({ inputs: { x: input }, outputs: [valueInfo('y', output)], nodes: [] })),
  );

describe('fileLineOf', () => {
  it('calls a batch of any size N, whatever the file calls it', () => {
    assert.deepEqual(lineOf(['unk__150', 3, 128, 128]).inputs, ['N×3×128×128']);
    assert.deepEqual(lineOf([undefined, 3]).inputs, ['N×3']);
    assert.deepEqual(lineOf(['', 3]).inputs, ['N×3']);
  });
  it('counts what is shown, not what the file has', () => {
    const weight = tensor('w', [2, 3], 1);
    const inFile = graphOf({
      inputs: { x: [1] },
      outputs: [],
      nodes: [node('Relu', ['x'], ['a']), node('Relu', ['a'], ['b'])],
      tensors: [weight],
    });
    const shown = graphOf({ inputs: { x: [1] }, outputs: [], nodes: [node('Relu', ['x'], ['a'])] });
    const document = documentOf(inFile);
    const [whole, less] = [fileLineOf(document), fileLineOf(document, shown)];
    assert.equal(whole.nodeCount - less.nodeCount, 1);
    assert.equal(whole.parameterCount - less.parameterCount, 6);
    assert.equal(whole.sizeBytes, less.sizeBytes);
  });
  it('counts the integer weights of layers', () => {
    const bytes: Tensor = {
      ...tensor('q', [4, 3], 1),
      type: 'int8',
      data: new MemoryData(new Uint8Array(12)),
    };
    const graph = graphOf({
      inputs: { x: ['N', 4] },
      outputs: ['y'],
      nodes: [node('DequantizeLinear', ['q', 's'], ['w']), node('MatMul', ['x', 'w'], ['y'])],
      tensors: [bytes, tensor('s', [], 0.5)],
    });
    const withoutLayer = { ...graph, nodes: graph.nodes.slice(0, 1) };
    const document = documentOf(graph);
    const line = fileLineOf(document);
    assert.equal(line.parameterCount - fileLineOf(document, withoutLayer).parameterCount, 12);
  });
  it('keeps a batch of one size, and the names of other sizes', () => {
    assert.deepEqual(lineOf([1, 'width', undefined, '']).inputs, ['1×width×?×?']);
  });
  it('says when there are no axes, and when they are not known', () => {
    const { inputs, outputs, name } = lineOf([], undefined);
    assert.deepEqual([inputs, outputs, name], [['scalar'], ['any shape'], 'test.onnx']);
  });
});
