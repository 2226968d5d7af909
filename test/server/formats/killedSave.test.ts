import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { loadHdf5 } from '../../../server/formats/keras/containers/hdf5.ts';
import * as b from '../../kit/onnxBuilder.ts';
import { Random } from '../../kit/random.ts';

/** So many elements that a save takes some ten milliseconds. */
const side = 1000;
/** Below 1 as they are, above when doubled. */
const weights = Float32Array.from({ length: side * side }, (_, i) => 0.75 + (i % 97) / 400);

function writeOnnx(path: string): Promise<void> {
  const file = b.model(
    b.graph(
      b.node({ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }),
      b.initializer(b.join(b.tensor('w', [side, side], b.FLOAT), b.raw(weights))),
      b.input('x', [1, side]),
      b.output('y'),
    ),
  );
  return writeFile(path, file);
}

async function writeH5(path: string): Promise<void> {
  const { library } = await loadHdf5();
  const file = new library.File(path, 'w');
  const layers = [
    { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, side] } },
    { class_name: 'Dense', config: { name: 'd', units: side, use_bias: false } },
  ];
  const config = { class_name: 'Sequential', config: { name: 's', layers } };
  file.create_attribute('model_config', JSON.stringify(config));
  const group = file.create_group('model_weights').create_group('d');
  group.create_attribute('weight_names', ['d/kernel:0'], [1]);
  group.create_group('d').create_dataset({ name: 'kernel:0', data: weights, shape: [side, side] });
  file.close();
}

/**
 * A process is killed in the middle of saving, at moments that a seed chooses: the file under the model's name is
 * always whole, as it was before a save or as it is after one. (A TensorFlow.js model is several
 * files, which are not replaced at once.)
 */
describe('a save that is killed', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const isLeftover = (name: string): boolean => name.endsWith('.rangefinder-tmp');

  const kinds = [
    { name: 'net.onnx', weight: 'w', write: writeOnnx, seed: 1, kills: 5 },
    { name: 'net.h5', weight: 'd/kernel', write: writeH5, seed: 2, kills: 3 },
  ];
  for (const { name, weight, write, seed, kills } of kinds) {
    it(`leaves ${name} whole`, async () => {
      const path = join(folder, name);
      await write(path);
      const random = new Random(seed);
      for (let kill = 0; kill < kills; kill++) {
        const script = new URL('../../kit/saveAgain.ts', import.meta.url).pathname;
        const child = spawn(process.execPath, ['--import', 'tsx', script, path, weight], {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let failed = '';
        child.stderr.on('data', (text) => (failed += String(text)));
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
        const isSaving = (): boolean => readdirSync(folder).some(isLeftover);
        while (child.exitCode === null && !isSaving()) await wait(1);
        await wait(10 * random.next());
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await ended;
        assert.equal(child.signalCode, 'SIGKILL', failed);

        assert.ok(existsSync(path));
        const opened = await openDocument(path, noJob);
        if (!opened.ok) assert.fail(opened.error.message);
        const tensor = opened.value.graph.tensors.get(weight);
        const values = tensor ? readFloats(tensor) : [];
        const factor = Math.round((values[0] ?? 0) / 0.75);
        assert.ok(factor === 1 || factor === 2, `${factor}`);
        assert.equal(values.length, weights.length);
        assert.equal(
          values.findIndex((value, i) => value !== factor * (weights[i] ?? 0)),
          -1,
        );
        opened.value.dispose();
        // What a killed save left beside the model is removed by the next one: one at most is there.
        const left = readdirSync(folder).filter(isLeftover).length;
        assert.ok(left <= 1, `${left} files were left`);
      }
    });
  }
});
