import assert from 'node:assert/strict';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floatToHalf } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { KerasFolder } from '../../../kit/kerasFiles.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** Float32 through two layers. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };
/** Weights of float16 are rounded once more when they are saved. */
const halfTolerance = { relative: 5e-3, absolute: 1e-3 };

const layer = (className: string, config: object): object => ({ class_name: className, config });
/** As old TensorFlow.js has it: the configuration is a list, and there is no `format`. */
const topology = {
  keras_version: 'tfjs-layers 1.0.0',
  model_config: {
    class_name: 'Sequential',
    config: [
      layer('Conv2D', {
        name: 'conv',

        use_bias: false,
        batch_input_shape: [null, 3, 3, 2],
      }),
      layer('BatchNormalization', { name: 'bn', axis: -1, epsilon: 0.001 }),
      layer('Flatten', { name: 'flat' }),
      layer('Dense', { name: 'dense', use_bias: true }),
    ],
  },
};
const shapes: readonly (readonly [string, readonly number[]])[] = [
  ['conv/kernel', [1, 1, 2, 2]],
  ['bn/gamma', [2]],
  ['bn/beta', [2]],
  ['bn/moving_mean', [2]],
  ['bn/moving_variance', [2]],
  ['dense/kernel', [18, 2]],
  ['dense/bias', [2]],
];

type Stored = 'float32' | 'float16' | 'uint8' | 'uint16';

/** One weight as TensorFlow.js stores it: value = stored * scale + min. */
function stored(kind: Stored, values: Float32Array): { bytes: Buffer; quantization?: object } {
  if (kind === 'float32') return { bytes: Buffer.from(values.buffer) };
  if (kind === 'float16') {
    const bytes = Buffer.from(Uint16Array.from(values, floatToHalf).buffer);
    return { bytes, quantization: { dtype: kind, original_dtype: 'float32' } };
  }
  const [scale, min] = [kind === 'uint8' ? 1 / 64 : 1 / 4096, 0.25];
  const numbers = Array.from(values, (value) => Math.max(0, Math.round((value - min) / scale)));
  const list = kind === 'uint8' ? Uint8Array.from(numbers) : Uint16Array.from(numbers);
  return { bytes: Buffer.from(list.buffer), quantization: { dtype: kind, scale, min } };
}

describe('TensorFlow.js models of several files', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  /** Two groups; the first in shards of 8 bytes at most, the dense layer in one of its own. */
  function make(name: string, kind: Stored): string {
    const random = new Random(9);
    const at = join(folder.path, name);
    mkdirSync(at);
    const groups = [shapes.slice(0, 5), shapes.slice(5)].map((group, g) => {
      const parts = group.map(([weight, shape]) => {
        const values = random.uniform(
          shape.reduce((a, b) => a * b, 1),
          0.3,
          2,
        );
        const { bytes, quantization } = stored(kind, values);
        const entry = {
          name: weight,
          shape,
          dtype: 'float32',
          ...(quantization && { quantization }),
        };
        return { bytes, entry };
      });
      const bytes = Buffer.concat(parts.map((part) => part.bytes));
      const size = g === 0 ? 8 : bytes.length;
      const count = Math.ceil(bytes.length / size);
      const paths = Array.from(
        { length: count },
        (_, i) => `group${g + 1}-shard${i + 1}of${count}.bin`,
      );
      for (const [i, path] of paths.entries()) {
        writeFileSync(join(at, path), bytes.subarray(i * size, (i + 1) * size));
      }
      return { paths, weights: parts.map(({ entry }) => entry) };
    });
    const path = join(at, 'model.json');
    writeFileSync(path, JSON.stringify({ modelTopology: topology, weightsManifest: groups }));
    return path;
  }

  const open = async (path: string): Promise<ModelDocument> => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    return opened.value;
  };
  const files = (path: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('hex')]),
    );

  for (const kind of ['float32', 'float16', 'uint8', 'uint16'] as const) {
    it(`${kind}: read, folded, saved over itself`, async () => {
      const path = make(kind, kind);
      const at = join(folder.path, kind);
      const document = await open(path);
      const before = files(at);
      const feeds = randomFeeds(document.graph, new Random(3), 1);
      const [expected] = (await runGraph(document.graph, feeds)).values();
      const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
      const notes = new Map([['rangefinder.changes', '[]']]);
      const written = await document.write(graph, path, notes, noJob);
      if (!written.ok) assert.fail(written.error.message);
      const said = written.value.issues.map(({ message }) => message);
      const isInteger = kind === 'uint8' || kind === 'uint16';
      assert.equal(
        said.some((one) => /no longer fit .*stored as float32/.test(one)),
        isInteger,
      );
      written.value.dispose();

      const again = await open(path);
      const [result] = (await runGraph(again.graph, feeds)).values();
      const allowed = kind === 'float16' ? halfTolerance : tolerance;
      closeTo(result?.values ?? [], expected?.values ?? [], allowed, kind);
      assert.equal(again.info.metadata.get('rangefinder.changes'), '[]');
      again.dispose();

      const after = files(at);
      assert.equal(after['group2-shard1of1.bin'], before['group2-shard1of1.bin'], 'untouched');
      const { weightsManifest } = JSON.parse(readFileSync(path, 'utf8')) as {
        weightsManifest: { paths: string[]; weights: { quantization?: object }[] }[];
      };
      const named = weightsManifest.flatMap(({ paths }) => paths);
      assert.deepEqual(Object.keys(after).sort(), [...named, 'model.json'].sort(), 'none is stale');
      assert.ok(
        named.every((name) => after[name] !== ''),
        'none is empty',
      );
      const isKept = weightsManifest[0]?.weights[0]?.quantization !== undefined;
      assert.equal(isKept, kind === 'float16');
      assert.equal(weightsManifest[1]?.weights[0]?.quantization !== undefined, kind !== 'float32');
    });
  }

  it('is as it was when one of its files cannot be put in its place', async () => {
    const path = make('broken', 'float32');
    const at = join(folder.path, 'broken');
    const before = files(at);
    const document = await open(path);
    const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
    const rename = fs.renameSync;
    let count = 0;
    fs.renameSync = (from, to) => {
      if (String(to).endsWith('model.json')) {
        throw Object.assign(new Error('no room'), { code: 'ENOSPC', errno: -28 });
      }
      count++;
      rename(from, to);
    };
    try {
      const written = await document.write(graph, path, new Map(), noJob);
      assert.ok(!written.ok);
      assert.equal(written.error.code, 'disk-full');
    } finally {
      fs.renameSync = rename;
    }
    assert.ok(count >= 2, 'shards had been put in their places, and were put back');
    assert.deepEqual(files(at), before);
    assert.ok(existsSync(path));
    document.dispose();
  });
});
