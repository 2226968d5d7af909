import assert from 'node:assert/strict';
import { linesOf } from '../../../src/views/correctionLines.ts';

const correction = {
  grid: 'W8 A8 · per tensor · symmetric',
  layers: 13,
  isSaved: true,
  words: 'net.onnx has corrected biases in 13 layers.',
  proposedName: 'net.w8a8-tensor.onnx',
};
const fold = { id: 1, step: 'fold' as const, label: 'Fold 3 batch norms', note: 'exact' };
const correct = { id: 2, step: 'correct' as const, label: 'Correct 13 layers', note: '' };

describe('the corrections in the side bar', () => {
  it('begin with what the file was corrected by before it was opened', () => {
    assert.deepEqual(linesOf({ changes: [], correction }), [correction]);
    assert.deepEqual(linesOf({ changes: [fold], correction }), [correction, fold]);
  });

  it('are the changes alone where they are the correction, or there is none', () => {
    assert.deepEqual(linesOf({ changes: [fold, correct], correction }), [fold, correct]);
    const unsaved = { ...correction, isSaved: false };
    assert.deepEqual(linesOf({ changes: [correct], correction: unsaved }), [correct]);
    assert.deepEqual(linesOf({ changes: [] }), []);
  });
});
