import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { noJob, Cancelled, type Job } from '../../../../server/core/job.ts';
import { EngineFault, type EngineModel, type Feeds } from '../../../../server/engines/engine.ts';
import type { ChildEngine } from '../../../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../../../server/engines/onnxruntime/onnxRuntime.ts';
import { engineChild } from '../../../kit/documents.ts';
import * as onnx from '../../../kit/onnxBuilder.ts';

const childPath = engineChild;

const modelOf = (bytes: Uint8Array, folder = ''): EngineModel => ({ bytes, folder });
const feed = (name: string, dims: number[], values: number[]): Feeds =>
  new Map([[name, { type: 'float32', dims, values: Float32Array.from(values) }]]);

/** y = x * factor, 1 x 3. */
const times = (factor: number, opset = 17): EngineModel =>
  modelOf(
    onnx.model(
      onnx.graph(
        onnx.node({ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'], name: 'times' }),
        onnx.initializer(onnx.floats('w', [3], [factor, factor, factor])),
        onnx.input('x', [1, 3]),
        onnx.output('y', [1, 3]),
      ),
      { opset },
    ),
  );

/** A chain of matrix products that takes longer than any test: 1500^3 multiplications, 5000 times. */
function slow(): EngineModel {
  const size = 1500;
  const count = 5000;
  const links = Array.from({ length: count }, (_, i) =>
    onnx.node({ op: 'MatMul', inputs: [i === 0 ? 'x' : `v${i}`, 'x'], outputs: [`v${i + 1}`] }),
  );
  return modelOf(
    onnx.model(
      onnx.graph(...links, onnx.input('x', [size, size]), onnx.output(`v${count}`, [size, size])),
    ),
  );
}
const slowFeed = (): Feeds =>
  new Map([['x', { type: 'float32', dims: [1500, 1500], values: new Float32Array(1500 * 1500) }]]);

/** A job that is stopped from outside, and tells when. */
function stoppable(): { job: Job; stop: () => void } {
  let isStopped = false;
  return {
    stop: () => (isStopped = true),
    job: {
      checkpoint: () => (isStopped ? Promise.reject(new Cancelled()) : Promise.resolve()),
    },
  };
}

async function faultOf(promise: Promise<unknown>): Promise<EngineFault> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof EngineFault) return thrown;
    throw thrown;
  }
  return assert.fail('no fault');
}

describe('createOnnxRuntimeEngine', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath, threads: 1 })));
  after(() => engine.dispose());

  const run = async (model: EngineModel, feeds: Feeds, outputs?: string[]) => {
    const session = await engine.open(model, noJob);
    try {
      return await session.run(feeds, outputs);
    } finally {
      await session.release();
    }
  };

  it('runs a model and says what goes in and out', async () => {
    const session = await engine.open(times(2), noJob);
    assert.deepEqual(session.inputs, [{ name: 'x', type: 'float32', shape: [1, 3] }]);
    assert.deepEqual(session.outputs, [{ name: 'y', type: 'float32', shape: [1, 3] }]);
    const outputs = await session.run(feed('x', [1, 3], [1, -2, 3]));
    assert.deepEqual(outputs.get('y'), {
      type: 'float32',
      dims: [1, 3],
      values: Float32Array.of(2, -4, 6),
    });
    await session.release();
  });

  it('is available, and says the version', async () => {
    assert.deepEqual(await engine.available(noJob), { isAvailable: true, version: '1.30.0' });
  });

  it('hands out only the outputs asked for', async () => {
    const both = modelOf(
      onnx.model(
        onnx.graph(
          onnx.node({ op: 'Relu', inputs: ['x'], outputs: ['a'] }),
          onnx.node({ op: 'Neg', inputs: ['a'], outputs: ['b'] }),
          onnx.input('x', [2]),
          onnx.output('a', [2]),
          onnx.output('b', [2]),
        ),
      ),
    );
    const outputs = await run(both, feed('x', [2], [-1, 5]), ['b']);
    assert.deepEqual([...outputs.keys()], ['b']);
    assert.deepEqual(outputs.get('b')?.values, Float32Array.of(-0, -5));
  });

  it('takes and gives float16 as floats', async () => {
    const half = modelOf(
      onnx.model(
        onnx.graph(
          onnx.node({ op: 'Mul', inputs: ['x', 'x'], outputs: ['y'] }),
          onnx.input('x', [3], onnx.FLOAT16),
          onnx.output('y', [3], onnx.FLOAT16),
        ),
      ),
    );
    // 300^2 is 90000, beyond the largest half (65504); 0.1 rounds to 0.0999755859375.
    const feeds: Feeds = new Map([
      ['x', { type: 'float16', dims: [3], values: Float32Array.of(1.5, 300, 0.1) }],
    ]);
    const outputs = await run(half, feeds);
    assert.equal(outputs.get('y')?.type, 'float16');
    assert.deepEqual(outputs.get('y')?.values, Float32Array.of(2.25, Infinity, 0.00999450683594));
  });

  it('takes and gives integers and bool', async () => {
    const mixed = modelOf(
      onnx.model(
        onnx.graph(
          onnx.node({ op: 'Add', inputs: ['i', 'i'], outputs: ['j'] }),
          onnx.node({ op: 'Not', inputs: ['b'], outputs: ['c'] }),
          onnx.input('i', [2], onnx.INT64),
          onnx.input('b', [2], 9),
          onnx.output('j', [2], onnx.INT64),
          onnx.output('c', [2], 9),
        ),
      ),
    );
    const outputs = await run(
      mixed,
      new Map([
        ['i', { type: 'int64' as const, dims: [2], values: BigInt64Array.of(2n ** 40n, -3n) }],
        ['b', { type: 'bool' as const, dims: [2], values: Uint8Array.of(1, 0) }],
      ]),
    );
    assert.deepEqual(outputs.get('j')?.values, BigInt64Array.of(2n ** 41n, -6n));
    assert.deepEqual(outputs.get('c')?.values, Uint8Array.of(0, 1));
  });

  it('never asks for an int4 output, which would abort the process', async () => {
    const int4 = modelOf(
      onnx.model(
        onnx.graph(
          onnx.node({ op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] }),
          onnx.node({ op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['y'] }),
          onnx.initializer(onnx.floats('s', [], [0.5])),
          onnx.initializer(onnx.tensor('z', [], 22, onnx.bytes(9, Uint8Array.of(0)))),
          onnx.input('x', [2]),
          onnx.output('q', [2], 22),
          onnx.output('y', [2]),
        ),
        { opset: 21, irVersion: 10 },
      ),
    );
    const outputs = await run(int4, feed('x', [2], [1.2, -0.6]));
    assert.deepEqual(
      [...outputs],
      [['y', { type: 'float32', dims: [2], values: Float32Array.of(1, -0.5) }]],
    );
    const fault = await faultOf(run(int4, feed('x', [2], [1, 1]), ['q']));
    assert.equal(fault.code, 'cannot-run');
    assert.match(fault.message, /"q" is int4/);
  });

  it('names an output that is bfloat16', async () => {
    const model = modelOf(
      onnx.model(
        onnx.graph(
          onnx.node({
            op: 'Cast',
            inputs: ['x'],
            outputs: ['y'],
            attributes: [onnx.attr.int('to', 16)],
          }),
          onnx.input('x', [2]),
          onnx.output('y', [2], onnx.BFLOAT16),
        ),
      ),
    );
    const fault = await faultOf(engine.open(model, noJob));
    assert.deepEqual([fault.code, fault.where], ['cannot-load', 'y']);
    assert.match(fault.message, /"y" is bfloat16/);
  });

  it('refuses what is no model', async () => {
    const fault = await faultOf(engine.open(modelOf(new Uint8Array(100).fill(0x99)), noJob));
    assert.equal(fault.code, 'cannot-load');
    assert.match(fault.message, /not valid protobuf/);
  });

  it('names a custom operator', async () => {
    const model = onnx.model(
      onnx.graph(
        onnx.node({ op: 'Foo', domain: 'my.ops', inputs: ['x'], outputs: ['y'] }),
        onnx.input('x', [1]),
        onnx.output('y', [1]),
      ),
      { opsets: [['my.ops', 1]] },
    );
    const fault = await faultOf(engine.open(modelOf(model), noJob));
    assert.deepEqual([fault.code, fault.where], ['cannot-load', 'my.ops:Foo']);
    assert.match(fault.message, /no operator Foo of the domain my\.ops/);
  });

  it('says which input is missing and which has the wrong shape', async () => {
    const missing = await faultOf(run(times(2), new Map()));
    assert.deepEqual([missing.code, missing.where], ['cannot-run', 'x']);
    const wrong = await faultOf(run(times(2), feed('x', [1, 2], [1, 2])));
    assert.match(wrong.message, /"x" takes \[1, 3\] and was given \[1, 2\]/);
  });

  it('kills the child when the job is stopped, at once, and the next request works', async () => {
    await run(times(2), feed('x', [1, 3], [1, 1, 1]));
    const other = await engine.open(times(3), noJob);
    const { job, stop } = stoppable();
    const session = await engine.open(slow(), job);
    const running = session.run(slowFeed());
    running.catch(() => undefined);
    await wait(200);
    const pid = engine.pid;
    stop();
    await assert.rejects(running, Cancelled); // the run itself would outlast this test
    const outputs = await other.run(feed('x', [1, 3], [1, 2, 3]));
    assert.deepEqual(outputs.get('y')?.values, Float32Array.of(3, 6, 9));
    assert.notEqual(engine.pid, pid);
    await other.release();
  });

  it('lets a job that waits for its turn be stopped without harm to the one that runs', async () => {
    const session = await engine.open(times(2), noJob);
    const { job, stop } = stoppable();
    stop();
    const [ran, stopped] = await Promise.allSettled([
      session.run(feed('x', [1, 3], [1, 2, 3])),
      engine.open(times(3), job),
    ]);
    assert.equal(ran.status, 'fulfilled');
    assert.ok(stopped.status === 'rejected' && stopped.reason instanceof Cancelled);
    await session.release();
  });

  it('answers `died` when the child is killed in a run, and the next request works', async () => {
    const session = await engine.open(slow(), noJob);
    const running = faultOf(session.run(slowFeed()));
    await wait(200);
    process.kill(engine.pid ?? assert.fail('no child'), 'SIGKILL');
    assert.equal((await running).code, 'died');
    assert.equal((await faultOf(session.run(slowFeed()))).code, 'died');
    const outputs = await run(times(5), feed('x', [1, 3], [1, 2, 3]));
    assert.deepEqual(outputs.get('y')?.values, Float32Array.of(5, 10, 15));
  });

  it('ends an idle child and opens its sessions again when they are used', async () => {
    const brief = createOnnxRuntimeEngine({ childPath, threads: 1, idleMs: 30 });
    const session = await brief.open(times(2), noJob);
    while (brief.pid !== undefined) await wait(10);
    const outputs = await session.run(feed('x', [1, 3], [1, 2, 3]));
    assert.deepEqual(outputs.get('y')?.values, Float32Array.of(2, 4, 6));
    brief.dispose();
  });

  it('says why it is not available where no process can be started', async () => {
    const none = createOnnxRuntimeEngine({ childPath, execPath: '/nowhere/node' });
    const answer = await none.available(noJob);
    assert.equal(answer.isAvailable, false);
    assert.match(answer.isAvailable ? '' : answer.reason, /cannot be started: .*ENOENT/);
    none.dispose();
  });

  it('says why it is not available where the runtime cannot be loaded', async () => {
    // Bundled into a folder from which no package can be found, as on a platform without one.
    const folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
    buildSync({
      entryPoints: [engineChild],
      outfile: join(folder, 'engine.js'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['onnxruntime-node'],
    });
    const bare = createOnnxRuntimeEngine({ childPath: join(folder, 'engine.js') });
    const answer = await bare.available(noJob);
    assert.match(
      answer.isAvailable ? '' : answer.reason,
      /cannot be loaded on this machine: Cannot find .*onnxruntime-node/,
    );
    const fault = await faultOf(bare.open(times(2), noJob));
    assert.equal(fault.code, 'not-available');
    bare.dispose();
    rmSync(folder, { recursive: true });
  });
});
