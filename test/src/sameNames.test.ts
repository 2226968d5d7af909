import assert from 'node:assert/strict';
import { folderOf, sameNames } from '../../src/sameNames.ts';

describe('models of one name', () => {
  it('finds those that share their file name', () => {
    const paths = ['/w/a/net.onnx', '/w/b/net.onnx', '/w/b/other.onnx'];
    assert.deepEqual([...sameNames(paths)], ['/w/a/net.onnx', '/w/b/net.onnx']);
  });

  it('names the folder in the workspace', () => {
    assert.equal(folderOf('models/old/net.onnx'), 'models/old');
    assert.equal(folderOf('net.onnx'), '.');
  });
});
