import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { Hdf5File, loadHdf5 } from '../../../../server/formats/keras/containers/hdf5.ts';
import { datasetsUnder } from '../../../../server/formats/keras/containers/layerGroups.ts';
import { OpenZip } from '../../../../server/formats/keras/containers/zipFile.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** Float32 through four layers. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

const layer = (className: string, config: object): object => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
});
const config = {
  module: 'keras',
  class_name: 'Sequential',
  config: {
    name: 's',
    layers: [
      layer('InputLayer', { name: 'x', batch_shape: [null, 4, 4, 2] }),
      layer('Conv2D', { name: 'first', use_bias: false, padding: 'same' }),
      layer('BatchNormalization', { name: 'one', axis: -1, epsilon: 0.001 }),
      layer('ReLU', { name: 'relu' }),
      layer('Conv2D', { name: 'second', use_bias: false, padding: 'same' }),
      layer('BatchNormalization', { name: 'two', axis: -1, epsilon: 0.001 }),
    ],
  },
};

describe('.keras files whose layers are taken out', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());
  const random = new Random(5);

  async function make(): Promise<string> {
    const { library } = await loadHdf5();
    const hdf5 = join(folder.path, 'weights.h5');
    const file = new library.File(hdf5, 'w');
    const put = (path: string, shapes: readonly number[][]): void => {
      const vars = file.create_group(path).create_group('vars');
      for (const [i, shape] of shapes.entries()) {
        const values = random.uniform(
          shape.reduce((a, b) => a * b, 1),
          0.1,
          1,
        );
        vars.create_dataset({ name: String(i), data: values, shape });
      }
    };
    file.create_group('layers');
    put('layers/conv2d', [[3, 3, 2, 3]]);
    put('layers/batch_normalization', [[3], [3], [3], [3]]);
    put('layers/re_lu', []);
    put('layers/conv2d_1', [[3, 3, 3, 4]]);
    put('layers/batch_normalization_1', [[4], [4], [4], [4]]);
    put('optimizer', [[], [3, 3, 2, 3]]);
    file.close();
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('{"keras_version": "3.8.0"}'), 'metadata.json', { compress: false });
    zip.addBuffer(Buffer.from(JSON.stringify(config)), 'config.json', { compress: false });
    zip.addBuffer(readFileSync(hdf5), 'model.weights.h5', { compress: false });
    zip.end();
    const parts: Buffer[] = [];
    for await (const part of zip.outputStream) parts.push(part as Buffer);
    const path = join(folder.path, 'm.keras');
    writeFileSync(path, Buffer.concat(parts));
    return path;
  }

  it('moves the layers behind to the places that they have then', async () => {
    const opened = await openDocument(await make(), noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    const document = opened.value;
    const feeds = randomFeeds(document.graph, random, 1);
    const [expected] = (await runGraph(document.graph, feeds)).values();
    const pairs = [{ layer: 'first', batchNorm: 'one' }];
    const options = { ...foldBatchNorm.defaults, pairs };
    const { graph } = await foldBatchNorm.run(document.graph, options, noJob);
    const target = join(folder.path, 'folded.keras');
    const written = await document.write(graph, target, new Map(), noJob);
    if (!written.ok) assert.fail(written.error.message);
    assert.match(written.value.issues[0]?.message ?? '', /optimizer .* dropped/);
    const [result] = (await runGraph(written.value.graph, feeds)).values();
    closeTo(result?.values ?? [], expected?.values ?? [], tolerance, 'output');

    const zip = await OpenZip.open(target);
    assert.deepEqual(
      zip.entries.map(({ fileName, compressionMethod }) => [fileName, compressionMethod]),
      [
        ['metadata.json', 0],
        ['config.json', 0],
        ['model.weights.h5', 0],
      ],
    );
    const entry = zip.entry('model.weights.h5');
    assert.ok(entry);
    const hdf5 = join(folder.path, 'folded.h5');
    await zip.extract(entry, hdf5);
    zip.close();
    const file = await Hdf5File.open(hdf5, 'r');
    assert.deepEqual(datasetsUnder(file, '').sort(), [
      'layers/batch_normalization/vars/0',
      'layers/batch_normalization/vars/1',
      'layers/batch_normalization/vars/2',
      'layers/batch_normalization/vars/3',
      'layers/conv2d/vars/0',
      'layers/conv2d/vars/1',
      'layers/conv2d_1/vars/0',
    ]);
    file.close();
    written.value.dispose();
    document.dispose();
  });
});
