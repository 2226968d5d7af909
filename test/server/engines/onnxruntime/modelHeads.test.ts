import assert from 'node:assert/strict';
import { readModelHeads } from '../../../../server/engines/onnxruntime/modelHeads.ts';
import * as onnx from '../../../kit/onnxBuilder.ts';

describe('readModelHeads', () => {
  const model = onnx.model(
    onnx.graph(
      onnx.node({ op: 'Relu', inputs: ['x'], outputs: ['y'] }),
      onnx.initializer(onnx.floats('w', [1], [1])),
      onnx.initializer(onnx.tensor('v', [1], onnx.FLOAT, onnx.external('a/weights.bin', 0, 4))),
      onnx.initializer(onnx.tensor('u', [1], onnx.FLOAT, onnx.external('a/weights.bin', 4, 4))),
      onnx.input('x', [1]),
      onnx.output('y', [1], onnx.BFLOAT16),
      onnx.output('z', ['n']),
    ),
  );

  it('reads outputs with their types, and each external file once', () => {
    assert.deepEqual(readModelHeads(model), {
      outputs: [
        { name: 'y', elementType: 16 },
        { name: 'z', elementType: 1 },
      ],
      externalFiles: ['a/weights.bin'],
    });
  });

  it('reads what it can of bytes cut off anywhere, and of noise', () => {
    for (let end = 0; end <= model.length; end++) {
      const { outputs } = readModelHeads(model.subarray(0, end));
      assert.ok(outputs.length <= 2);
    }
    assert.deepEqual(readModelHeads(new Uint8Array(64).fill(0xff)), {
      outputs: [],
      externalFiles: [],
    });
  });
});
