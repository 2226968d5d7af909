import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { createChosenEngine, type EnginePair } from '../../../server/engines/chosenEngine.ts';
import type { EngineModel, Feeds } from '../../../server/engines/engine.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { bothEngines, disposeBoth } from '../../kit/bothEngines.ts';
import { KerasFolder } from '../../kit/kerasFiles.ts';

describe('createChosenEngine', () => {
  const folder = new KerasFolder();
  let engines: EnginePair;
  before(() => (engines = bothEngines()));
  after(() => {
    disposeBoth(engines);
    folder.remove();
  });

  async function ran(choice: 'auto' | 'onnxruntime' | 'tfjs', model: EngineModel): Promise<string> {
    const session = await createChosenEngine(choice, engines).open(model, noJob);
    const { name } = session.runner;
    await session.release();
    return name;
  }

  it('takes ONNX Runtime where it can, and what was asked for', async () => {
    const opened = await openDocument(folder.sequential([2], [['ReLU', {}]]), noJob);
    assert.ok(opened.ok);
    const { graph } = opened.value;
    const model = (): EngineModel => opened.value.encode(graph, []);
    assert.equal(await ran('auto', model()), 'ONNX Runtime');
    assert.equal(await ran('onnxruntime', model()), 'ONNX Runtime');
    assert.equal(await ran('tfjs', model()), 'TensorFlow.js');
    const { bytes, folder: place } = model();
    assert.equal(await ran('tfjs', { bytes, folder: place }), 'ONNX Runtime');
    opened.value.dispose();
  });

  it('runs in TensorFlow.js what cannot be converted', async () => {
    const config = {
      filters: 1,
      kernel_size: [1, 1],
      activation: 'linear',
      recurrent_activation: 'sigmoid',
    };
    // The gates in the order i, f, c, o.
    const weights = [
      { name: 'l1/kernel', shape: [1, 1, 1, 4], values: [0, 0, 2, 0] },
      { name: 'l1/recurrent_kernel', shape: [1, 1, 1, 4], values: [0, 0, 0, 0] },
      { name: 'l1/bias', shape: [4], values: [0, 0, 0, 0] },
    ];
    const layers = [['ConvLSTM2D', config]] as const;
    const opened = await openDocument(folder.sequential([1, 1, 1, 1], layers, weights), noJob);
    assert.ok(opened.ok);
    const { graph } = opened.value;
    const model = (): EngineModel => opened.value.encode(graph, []);
    assert.throws(() => model().bytes, /"l1" \(ConvLSTM2D\) cannot be run/);
    const session = await createChosenEngine('auto', engines).open(model(), noJob);
    const feeds: Feeds = new Map([
      ['x', { type: 'float32', dims: [1, 1, 1, 1, 1], values: Float32Array.of(3) }],
    ]);
    const outputs = await session.run(feeds);
    // sigmoid(0) * 2 * 3 in the cell, and sigmoid(0) of it out.
    assert.deepEqual([...outputs.values()][0]?.values, Float32Array.of(1.5));
    await session.release();
    const refused = createChosenEngine('onnxruntime', engines).open(model(), noJob);
    await assert.rejects(refused, /"l1" \(ConvLSTM2D\) cannot be run/);
    opened.value.dispose();
  });
});
