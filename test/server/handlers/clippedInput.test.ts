import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { inputClipped, isClipped } from '../../../server/toWire/inputFindings.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { floatNpy } from '../../kit/npy.ts';
import { openedModel } from '../../kit/openedModel.ts';

const row = (max: number, samples?: { min: number; max: number }): ModelState['encodings'][0] => ({
  tensor: 'x',
  type: 'int8',
  scale: 0.04,
  zeroPoint: 0,
  count: 1,
  min: -5,
  max,
  ...(samples ? { samples } : {}),
});

describe('the input of a quantized model', () => {
  const model = openedModel();

  it('is held against the samples that were chosen', async () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [
        node('QuantizeLinear', ['x', 's', 'z'], ['q']),
        node('DequantizeLinear', ['q', 's', 'z'], ['d']),
        node('Relu', ['d'], ['y']),
      ],
      tensors: [
        tensor('s', [], [0.04]),
        { name: 'z', type: 'int8', dims: [], data: new MemoryData(new Uint8Array(1)) },
      ],
    });
    writeFileSync(model.path, encodeGraph(graph, []));
    const path = join(model.folder, 'x.npy');
    writeFileSync(path, floatNpy([3, 4], [0, 1, 2, 3, -4, 5, 6, 25.5, 7, 8, 9, 10]));
    const state = await model.open();
    assert.equal(state.kind, 'quantized');
    assert.equal(state.encodings[0]?.samples, undefined);
    const data = { path };
    const seen = await model.see(rpc.chooseData, { ...model.on(state), data });
    assert.deepEqual(seen.encodings[0]?.samples, { min: -4, max: 25.5 });
    const [finding] = seen.findings;
    assert.equal(finding?.code, 'input-clipped');
    // 127 * 0.04 of 25.5 are held.
    assert.match(finding.title, /clipped to 20 %/);
    assert.match(finding.text, /ends at 5\.08; the samples reach 25\.5\./);
    const measured = await model.see(rpc.measureModel, { ...model.on(seen), sensitivity: false });
    assert.equal(measured.encodings[0]?.samples?.max, 25.5, 'nothing more is to be measured');
  });

  it('may cut outliers off, on either side, and is silent without samples', () => {
    assert.equal(isClipped(row(5)), false);
    assert.equal(isClipped(row(5, { min: -5.2, max: 5.2 })), false);
    assert.equal(isClipped(row(5, { min: -5.3, max: 1 })), true);
    assert.equal(isClipped(row(5, { min: -1, max: 6 })), true);
    assert.equal(inputClipped([row(5), row(5, { min: 0, max: 5 })]), undefined);
    assert.match(inputClipped([row(5, { min: -50, max: 6 })])?.text ?? '', /reach −50\.0/);
  });
});
