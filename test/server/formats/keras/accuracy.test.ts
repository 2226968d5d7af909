import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noJob } from '../../../../server/core/job.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { dataFolder, labelledFor, modelsFolder } from '../../../kit/golden.ts';
import { runGraph } from '../../../kit/run.ts';

/** The output that each label is, for models whose classes are not those of the data set. */
const classes: Readonly<Record<string, () => readonly number[]>> = {
  doodlenet: () => {
    const names = linesOf(join(modelsFolder, 'doodlenet', 'class_names.txt'));
    return ['cat', 'rainbow', 'train'].map((name) => names.indexOf(name));
  },
  'darknet-tiny': () => {
    const out: number[] = [];
    for (const line of linesOf(join(dataFolder, 'imagenet-a', 'labels.csv')).slice(1)) {
      const [, label = '', , darknet = ''] = line.split(',');
      out[Number(label)] = Number(darknet);
    }
    return out;
  },
};
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trim().split(/\r?\n/);

/** Labelled samples that are right, as another runtime counted them (the models' README). */
const counts: readonly (readonly [model: string, file: string, right: number, of: number])[] = [
  ['mlperf-resnet8-cifar10', 'pretrainedResnet.h5', 445, 500],
  ['mlperf-vww-mobilenetv1', 'vww_96.h5', 9, 10],
  ['teachable-mobilenetv2', 'model.json', 22, 22],
  ['fashion-mnist-cnn', 'fashion_mnist_model.keras', 838, 900],
  ['fashion-mnist-cnn', 'fashion_mnist_model.h5', 838, 900],
  ['hand-keypoint-mlp', 'keypoint_classifier.hdf5', 863, 890],
  ['doodlenet', 'model.json', 342, 450],
  ['darknet-tiny', 'model.json', 46, 64],
  ['mobilenetv1-025-224-keras', 'mobilenet_v1_0.25_224.h5', 35, 64],
];

describe('the labelled accuracy of Keras and TensorFlow.js models', () => {
  for (const [model, file, right, of] of counts) {
    it(`${model}/${file}: ${right} of ${of}`, async function () {
      const data = labelledFor(model, file) ?? labelledFor(model, file.replace(/\.h5$/, '.keras'));
      if (!data) this.skip();
      assert.equal(data.labels.length, of);
      const opened = await openDocument(join(modelsFolder, model, file), noJob);
      if (!opened.ok) assert.fail(opened.error.message);
      const { graph } = opened.value;
      const outputOf = classes[model]?.();
      const name = graph.inputs[0]?.name ?? '';
      let found = 0;
      for (let start = 0; start < of; start += 50) {
        const feed = data.piece(start, Math.min(50, of - start));
        const [output] = (await runGraph(graph, { [name]: feed })).values();
        const values = output?.values ?? new Float32Array();
        const size = output?.dims.at(-1) ?? 1;
        for (let i = 0; i * size < values.length; i++) {
          const scores = values.subarray(i * size, (i + 1) * size);
          const label = data.labels[start + i] ?? -1;
          if (scores.indexOf(Math.max(...scores)) === (outputOf?.[label] ?? label)) found++;
        }
      }
      opened.value.dispose();
      assert.equal(found, right);
    });
  }
});
