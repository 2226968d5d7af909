import assert from 'node:assert/strict';
import type { Dimension } from '../../../server/core/graph/graph.ts';
import { fileLineOf } from '../../../server/toWire/fileLine.ts';
import { documentOf } from '../../kit/documents.ts';
import { graphOf, valueInfo } from '../../kit/graphs.ts';

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
  it('keeps a batch of one size, and the names of other sizes', () => {
    assert.deepEqual(lineOf([1, 'width', undefined, '']).inputs, ['1×width×?×?']);
  });
  it('says when there are no axes, and when they are not known', () => {
    const { inputs, outputs, name } = lineOf([], undefined);
    assert.deepEqual([inputs, outputs, name], [['scalar'], ['any shape'], 'test.onnx']);
  });
});
