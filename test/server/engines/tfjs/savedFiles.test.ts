import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { noJob } from '../../../../server/core/job.ts';
import type { ChildEngine } from '../../../../server/engines/childEngine.ts';
import type { Feeds } from '../../../../server/engines/engine.ts';
import { createTfjsEngine } from '../../../../server/engines/tfjs/tfjs.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { runPass } from '../../../../server/runSteps.ts';
import { feedsFor } from '../../../kit/bothEngines.ts';
import { tfjsChild } from '../../../kit/documents.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';
import { unevenLayers, writeH5, writeKeras, writeLayersModel } from '../../../kit/kerasNetwork.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo } from '../../../kit/run.ts';

/** Float32 through four layers whose channels are 2^8 apart: the tolerance. */
const tolerance = { relative: 1e-4, absolute: 0 };

describe('saved files in TensorFlow.js', () => {
  const folder = new KerasFolder();
  const layers = unevenLayers(21);
  let engine: ChildEngine;
  before(() => (engine = createTfjsEngine({ childPath: tfjsChild, nativeFolders: [] })));
  after(() => {
    engine.dispose();
    folder.remove();
  });

  const open = async (path: string): Promise<ModelDocument> => {
    const opened = await openDocument(path, noJob);
    return opened.ok ? opened.value : assert.fail(opened.error.message);
  };
  async function outputOf(document: ModelDocument, feeds: Feeds): Promise<ArrayLike<number>> {
    const session = await engine.open(document.encode(document.graph, []), noJob);
    const [output] = (await session.run(feeds)).values();
    await session.release();
    return Array.from((output?.values ?? []) as ArrayLike<number>);
  }
  /** Folds, clears, equalizes and saves beside; the document of the saved file. */
  async function corrected(document: ModelDocument, target: string): Promise<ModelDocument> {
    let { graph } = document;
    for (const step of ['fold', 'clear', 'equalize'] as const) {
      const result = await runPass(graph, step, {}, noJob);
      if (step !== 'clear') assert.ok(result.applied.length > 0, `${step} had nothing to do`);
      graph = result.graph;
    }
    const written = await document.write(graph, target, new Map(), noJob);
    if (!written.ok) assert.fail(written.error.message);
    return written.value;
  }

  const kinds = [
    { name: 'net.h5', make: writeH5 },
    { name: 'net.keras', make: writeKeras },
    { name: 'net.json', make: (path: string) => Promise.resolve(writeLayersModel(path, layers)) },
  ];
  for (const { name, make } of kinds) {
    it(`${name}: corrected and saved, it answers the same`, async () => {
      const path = join(folder.path, name);
      await make(path, layers);
      const document = await open(path);
      const feeds = feedsFor(document.graph, new Random(4));
      const expected = await outputOf(document, feeds);
      (await corrected(document, join(folder.path, `saved-${name}`))).dispose();
      const again = await open(join(folder.path, `saved-${name}`));
      assert.ok(again.graph.nodes.every(({ op }) => op !== 'BatchNormalization'));
      closeTo(await outputOf(again, feeds), expected, tolerance, name);
      again.dispose();
      document.dispose();
    });
  }

  it('model.json: tf.loadLayersModel itself reads what was saved, and answers the same', async () => {
    const path = join(folder.path, 'own.json');
    writeLayersModel(path, layers);
    const document = await open(path);
    const feeds = feedsFor(document.graph, new Random(5));
    const expected = await outputOf(document, feeds);
    const target = join(folder.path, 'own-saved.json');
    (await corrected(document, target)).dispose();
    document.dispose();
    await tf.setBackend('cpu');
    const model = await loadLayersModel({ load: () => Promise.resolve(artifacts(target)) });
    const [fed] = feeds.values();
    const output = tf.tidy(() => {
      const x = tf.tensor(fed?.values as Float32Array, [...(fed?.dims ?? [])]);
      return (model.predict(x) as tf.Tensor).dataSync();
    });
    closeTo(output, expected, tolerance, 'output');
    model.dispose();
  });
});

/** A layers model on disk as TensorFlow.js takes it from a loader; none of our readers is used. */
function artifacts(path: string): tf.io.ModelArtifacts {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(path, 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  const bytes = Buffer.concat(shards.map((shard) => readFileSync(join(dirname(path), shard))));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: Uint8Array.from(bytes).buffer,
  };
}
