import assert from 'node:assert/strict';
import { layersOf, type Layer } from '../../../../server/core/graph/layer.ts';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { absMaxByInput, absMaxByOutput } from '../../../../server/core/kernels/channels.ts';
import { ScaledLayer } from '../../../../server/core/sets/scaledLayer.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

const [outputs, inputs] = [640, 1024];

/** A convolution of 24 MB: more than is read, and looked at, at once. */
function largeConv(): { layer: Layer; values: Float32Array } {
  const values = new Float32Array(outputs * inputs * 9);
  // Odd multipliers go through all residues, so that each channel has a largest value of its own.
  for (let k = 0; k < values.length; k++) values[k] = (Math.imul(k, 40503) & 0xffff) - 0x8000;
  const graph = graphOf({
    inputs: { x: [1, inputs, 8, 8] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w'], ['y'], {}, 'conv')],
    tensors: [floatTensor('w', [outputs, inputs, 3, 3], values)],
    opset: 17,
  });
  const [layer] = layersOf(graph, wiringOf(graph));
  assert.ok(layer);
  const { data } = layer.weight;
  // As a file's: every read gives bytes of its own.
  const file = {
    sizeBytes: data.sizeBytes,
    givesCopies: true,
    read: (start?: number, end?: number) => data.read(start, end).slice(),
  };
  return { layer: { ...layer, weight: { ...layer.weight, data: file } }, values };
}

describe('ScaledLayer', () => {
  for (const keepsWeight of [true, false]) {
    it(`gives a weight that is read in parts the ranges and values of the whole, ${keepsWeight ? 'held' : 'read again'}`, async () => {
      const { layer, values } = largeConv();
      let pauses = 0;
      const scaled = new ScaledLayer(
        layer,
        () => {
          pauses++;
          return Promise.resolve();
        },
        keepsWeight,
      );
      assert.deepEqual(await scaled.outputRange(), absMaxByOutput(values, layer.layout));
      assert.deepEqual(await scaled.inputRange(), absMaxByInput(values, layer.layout));
      // Two parts read, 6 of 2^20 elements each whose positions are taken together.
      assert.ok(pauses >= 7, `${pauses} pauses`);

      scaled.divideOutput(new Float64Array(outputs).fill(2));
      scaled.multiplyInput(new Float64Array(inputs).fill(4));
      const twice = (range: Float64Array): Float64Array => range.map((value) => 2 * value);
      assert.deepEqual(await scaled.outputRange(), twice(absMaxByOutput(values, layer.layout)));
      assert.deepEqual(await scaled.inputRange(), twice(absMaxByInput(values, layer.layout)));
      assert.deepEqual(
        await scaled.scaledWeight(),
        values.map((value) => 2 * value),
      );
    });
  }
});
