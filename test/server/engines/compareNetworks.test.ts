import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import type { EngineModel, Feeds } from '../../../server/engines/engine.ts';
import type { ChildEngine } from '../../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { engineChild } from '../../kit/documents.ts';
import * as onnx from '../../kit/onnxBuilder.ts';

/** a = x * first, y = Relu(a) * second, of [1, 2, 2]. */
const chain = (first: readonly number[], second: readonly number[]): EngineModel => ({
  folder: '',
  bytes: onnx.model(
    onnx.graph(
      onnx.node({ op: 'Mul', inputs: ['x', 'f'], outputs: ['a'], name: 'first' }),
      onnx.node({ op: 'Relu', inputs: ['a'], outputs: ['r'], name: 'relu' }),
      onnx.node({ op: 'Mul', inputs: ['r', 's'], outputs: ['y'], name: 'second' }),
      onnx.initializer(onnx.floats('f', [1, 2, 1], first)),
      onnx.initializer(onnx.floats('s', [1, 2, 1], second)),
      onnx.input('x', ['batch', 2, 2]),
      onnx.output('y', ['batch', 2, 2]),
      onnx.output('r'),
    ),
  ),
});

const feed = (values: readonly number[]): Feeds =>
  new Map([['x', { type: 'float32', dims: [1, 2, 2], values: Float32Array.from(values) }]]);

describe('compareNetworks, through the engine', () => {
  let engine: ChildEngine;
  /** So small that every pair is a group of its own. */
  let frugal: ChildEngine;
  before(() => {
    engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 });
    frugal = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1, compareBudgetBytes: 1 });
  });
  after(() => {
    engine.dispose();
    frugal.dispose();
  });

  const feeds = [feed([1, 2, 3, -4]), feed([-1, -2, 8, 1])];
  const pairs = [
    { before: 'y', after: 'y' },
    { before: 'r', after: 'r', divisor: [2, 4] },
  ];

  it('reduces outputs and scaled activations over the feeds', async () => {
    const [y, r] = await engine.compare(
      chain([2, 4], [3, 5]),
      chain([1, 1], [6, 20]),
      feeds,
      pairs,
      noJob,
    );
    assert.deepEqual([y?.maxAbs, y?.maxReference, y?.count], [0, 160, 8]);
    assert.deepEqual([r?.maxAbs, r?.maxReference], [0, 32]);
    assert.deepEqual([r?.activeChannels, r?.channels], [2, 2]);
  });

  it('gives the same in groups that fit a small memory', async () => {
    const before = chain([2, 4], [3, 5]);
    const after = chain([1, 1.5], [6, 20]);
    const whole = await engine.compare(before, after, feeds, pairs, noJob);
    assert.deepEqual(await frugal.compare(before, after, feeds, pairs, noJob), whole);
    // y: 8 * 1.5 * 20 - 8 * 4 * 5 = 80.
    assert.equal(whole[0]?.maxAbs, 80);
  });

  it('finds a channel that was never active', async () => {
    const [, r] = await engine.compare(
      chain([-2, 4], [3, 5]),
      chain([-1, 1], [6, 20]),
      [feed([1, 2, 3, 4])],
      pairs,
      noJob,
    );
    assert.deepEqual([r?.activeChannels, r?.channels], [1, 2]);
  });

  describe('with weights in external files', () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const external = (location: string): Uint8Array =>
      onnx.model(
        onnx.graph(
          onnx.node({ op: 'Mul', inputs: ['x', 'f'], outputs: ['y'] }),
          onnx.initializer(onnx.tensor('f', [2, 2], onnx.FLOAT, onnx.external(location, 4, 16))),
          onnx.input('x', [1, 2, 2]),
          onnx.output('y', [1, 2, 2]),
        ),
      );
    const run = async (bytes: Uint8Array): Promise<unknown> => {
      const session = await engine.open({ bytes, folder }, noJob);
      const outputs = await session.run(feed([1, 1, 1, 1]));
      await session.release();
      return outputs.get('y')?.values;
    };
    const weights = onnx.bytesOf(Float32Array.of(99, 1, 2, 3, 4));
    const expected = Float32Array.of(1, 2, 3, 4);

    it('reads a part of a file beside the model', async () => {
      mkdirSync(join(folder, 'part'));
      writeFileSync(join(folder, 'part', 'w.bin'), weights);
      assert.deepEqual(await run(external('part/w.bin')), expected);
    });

    it('reads files that are links within the folder', async () => {
      writeFileSync(join(folder, 'real.bin'), weights);
      symlinkSync('real.bin', join(folder, 'soft.bin'));
      linkSync(join(folder, 'real.bin'), join(folder, 'hard.bin'));
      assert.deepEqual(await run(external('soft.bin')), expected);
      assert.deepEqual(await run(external('hard.bin')), expected);
    });

    it('names the tensor whose file is not there or is outside', async () => {
      await assert.rejects(run(external('gone.bin')), /data of "f" cannot be loaded.*not exist/);
      await assert.rejects(run(external('../w.bin')), /data of "f" cannot be loaded.*escapes/);
    });
  });
});
