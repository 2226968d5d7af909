import assert from 'node:assert/strict';
import { compareEngines, runnerLabel } from '../../server/compareEngines.ts';
import { noJob } from '../../server/core/job.ts';
import type { EnginePair } from '../../server/engines/chosenEngine.ts';
import type { Feeds } from '../../server/engines/engine.ts';
import { openDocument } from '../../server/formats/index.ts';
import { bothEngines, disposeBoth } from '../kit/bothEngines.ts';
import { KerasFolder } from '../kit/kerasFiles.ts';

const feeds: Feeds = new Map([
  ['x', { type: 'float32', dims: [1, 1, 2, 1], values: Float32Array.of(0, 8) }],
]);
const inputs = { count: 1, feeds: () => Promise.resolve(feeds) };

describe('compareEngines', () => {
  const folder = new KerasFolder();
  let engines: EnginePair;
  before(() => (engines = bothEngines()));
  after(() => {
    disposeBoth(engines);
    folder.remove();
  });

  it('says by how much each layer differs', async () => {
    // TensorFlow.js 4.22 does not sample at the middle of pixels, as Keras has since version 2:
    // along the row it gives 0 4 8 8, Keras gives 0 2 6 8.
    const layers = [
      ['ReLU', {}],
      ['UpSampling2D', { size: [1, 2], interpolation: 'bilinear' }],
      ['Flatten', {}],
    ] as const;
    const opened = await openDocument(folder.sequential([1, 2, 1], layers), noJob);
    assert.ok(opened.ok);
    const { graph } = opened.value;
    const found = await compareEngines(engines, opened.value, graph, inputs, noJob);
    opened.value.dispose();
    assert.deepEqual(found.engines.map(runnerLabel), [
      'ONNX Runtime 1.30.0 (cpu)',
      'TensorFlow.js 4.22.0 (wasm)',
    ]);
    assert.deepEqual(found.values, [
      { name: 'l1', maxAbs: 0, maxRel: 0 },
      { name: 'l2', maxAbs: 2, maxRel: 0.25 },
      { name: 'l3', maxAbs: 2, maxRel: 0.25 },
    ]);
    assert.deepEqual([found.worst?.name, found.agrees, found.samples], ['l2', false, 1]);
  });

  it('says which layer TensorFlow.js cannot run', async () => {
    const layer = ['GlobalMaxPooling2D', { keepdims: true }] as const;
    const opened = await openDocument(folder.sequential([1, 2, 1], [layer]), noJob);
    assert.ok(opened.ok);
    const { graph } = opened.value;
    await assert.rejects(
      compareEngines(engines, opened.value, graph, inputs, noJob),
      /cannot run the layer "l1" \(GlobalMaxPooling2D\): it does not know keepdims/,
    );
    opened.value.dispose();
  });
});
