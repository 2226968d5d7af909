import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runSamples } from '../../../server/data/runSamples.ts';
import type { ChildEngine } from '../../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { guessPreprocessing } from '../../../server/data/guessPreprocessing.ts';
import { noJob } from '../../../server/core/job.ts';
import { engineChild } from '../../kit/documents.ts';
import { opened } from '../../kit/samples.ts';

const models = process.env['RANGEFINDER_MODELS'] ?? '../shared/models';
const data = process.env['RANGEFINDER_DATA'] ?? '../shared/data';

/** Right answers measured apart from this program (README of the models), on raw bytes, NHWC. */
const rows = [
  {
    model: 'teachable-mobilenetv2/model.json',
    set: 'teachable-2class',
    labels: 'labels.u8',
    right: 22,
  },
  {
    model: 'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5',
    set: 'imagenet-a',
    labels: 'labels.u16',
    right: 35,
  },
];

describe('real data on real models', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  for (const { model, set, labels, right } of rows) {
    it(`the guessed preprocessing gives ${model} ${right} right answers`, async function () {
      const path = join(models, model);
      const samplesPath = join(data, set, 'data.u8');
      if (!existsSync(path) || !existsSync(samplesPath)) this.skip();
      const document = await openDocument(path, noJob);
      assert.ok(document.ok);
      const { graph, info } = document.value;
      const guess = guessPreprocessing(graph, info);
      assert.ok(guess);
      // Asked for as it was guessed: arrays are taken as they are else.
      const samples = await opened(samplesPath, graph.inputs, { preprocess: guess.preprocessing });
      const truth = await opened(join(data, set, labels), [
        { name: 'y', type: 'int32', shape: ['n'] },
      ]);
      assert.equal(samples.count, truth.count);
      const [output] = await runSamples(
        engine,
        document.value,
        graph,
        samples,
        { batch: 1 },
        noJob,
      );
      const classes = output?.dims[1] ?? 1;
      let count = 0;
      for (let at = 0; at < samples.count; at++) {
        const row = Array.from(
          (output?.values ?? []).slice(at * classes, (at + 1) * classes) as Float32Array,
        );
        const label = (await truth.feeds(at)).get('y')?.values[0];
        if (row.indexOf(Math.max(...row)) === label) count++;
      }
      assert.equal(count, right);
      document.value.dispose();
    });
  }
});
