import assert from 'node:assert/strict';
import { Cancelled, noJob, type Job } from '../../../server/core/job.ts';
import { EngineFault, type Engine } from '../../../server/engines/engine.ts';
import type { OpenTask, Reduction } from '../../../server/engines/sampleTask.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { batchesOf, runTask } from '../../../server/quantize/runTask.ts';
import { graphOf, node } from '../../kit/graphs.ts';
import { allOf, randomSamples, testEngine } from '../../kit/quantizing.ts';

const graph = graphOf({
  inputs: { x: [1, 4] },
  outputs: ['y'],
  nodes: [node('Relu', ['x'], ['y'])],
});
const model = { bytes: encodeGraph(graph), folder: '' };
const value = { network: 0, value: 'y' } as const;
const reductions: readonly Reduction[] = [
  { kind: 'statistics', of: value, histogram: 'dynamic' },
  { kind: 'ranking', of: value, top: 1 },
];
const task = { networks: [{ model }], reductions };

/** An engine that dies once, when it is given sample `at`. */
function dyingAt(engine: Engine, at: number): { engine: Engine; deaths: () => number } {
  let deaths = 0;
  const begin = async (
    ...given: Parameters<NonNullable<Engine['beginTask']>>
  ): Promise<OpenTask> => {
    const open = await engine.beginTask?.(...given);
    assert.ok(open);
    return {
      ...open,
      results: () => open.results(),
      close: () => open.close(),
      add: (index, feeds) => {
        if (index !== at || deaths > 0) return open.add(index, feeds);
        deaths++;
        return Promise.reject(new EngineFault('died', 'the engine died'));
      },
    };
  };
  return { engine: { ...engine, name: engine.name, beginTask: begin }, deaths: () => deaths };
}

describe('runTask', () => {
  const engine = testEngine();
  const feeds = randomSamples(graph, 150, 9);

  it('leaves samples out that the model fails on, and names them', async () => {
    const good = feeds.filter((_, i) => i !== 3 && i !== 70);
    const all = await runTask(engine(), task, allOf(feeds, [3, 70]), noJob, '');
    const without = await runTask(engine(), task, allOf(good), noJob, '');
    assert.equal(all.count, 148);
    assert.deepEqual(
      all.failures.map(({ index }) => index),
      [3, 70],
    );
    assert.match(all.failures[0]?.reason ?? '', /./);
    assert.deepEqual(all.results[0], without.results[0], 'nothing of them is counted');
  });

  it('leaves out one sample of a run of several, not the run', async () => {
    const on = allOf(feeds.slice(0, 8), [5]);
    // The model takes one row: runs of four fail, and are taken apart.
    const samples = { ...on.samples, fixedBatch: undefined };
    const found = await runTask(engine(), task, { ...on, samples, batch: 4 }, noJob, '');
    assert.deepEqual(
      found.failures.map(({ index }) => index),
      [5],
    );
    assert.equal(found.count, 7);
  });

  it('throws the fault where the model fails on every sample', async () => {
    const some = feeds.slice(0, 3);
    await assert.rejects(
      runTask(engine(), task, allOf(some, [0, 1, 2]), noJob, ''),
      (thrown) => thrown instanceof EngineFault && thrown.code === 'cannot-run',
    );
  });

  for (const at of [0, 5, 64, 100, 149]) {
    it(`goes on from what was merged when the engine dies at sample ${at}`, async () => {
      const dying = dyingAt(engine(), at);
      const found = await runTask(dying.engine, task, allOf(feeds), noJob, '');
      const expected = await runTask(engine(), task, allOf(feeds), noJob, '');
      assert.equal(dying.deaths(), 1);
      assert.equal(found.count, 150);
      const [is, was] = [found.results[0], expected.results[0]];
      assert.ok(is?.kind === 'statistics' && was?.kind === 'statistics');
      for (const name of ['count', 'min', 'max', 'notFinite'] as const) {
        assert.equal(is.statistics[name], was.statistics[name], name);
      }
      // sums of parts are rounded in another order
      assert.ok(Math.abs(is.statistics.sum - was.statistics.sum) < 1e-9);
      assert.deepEqual(found.results[1], expected.results[1]);
    });
  }

  it('gives up on an engine that dies again', async () => {
    const begin = (): Promise<OpenTask> => Promise.reject(new EngineFault('died', 'again'));
    const dead: Engine = { ...engine(), name: 'dead', beginTask: begin };
    await assert.rejects(
      runTask(dead, task, allOf(feeds), noJob, ''),
      (thrown) => thrown instanceof EngineFault && thrown.code === 'died',
    );
  });

  it('stops between samples, and another task runs afterwards', async () => {
    let asked = 0;
    const stopping: Job = {
      checkpoint: () => {
        if (++asked > 10) return Promise.reject(new Cancelled());
        return Promise.resolve();
      },
    };
    await assert.rejects(
      runTask(engine(), task, allOf(feeds), stopping, ''),
      (thrown) => thrown instanceof Cancelled,
    );
    const after = await runTask(engine(), task, allOf(feeds), noJob, '');
    assert.equal(after.count, 150);
  });

  it('says so where the engine reduces nothing', async () => {
    const plain: Engine = {
      name: 'plain',
      open: (...given) => engine().open(...given),
      compare: (...given) => engine().compare(...given),
      dispose: () => undefined,
    };
    await assert.rejects(
      runTask(plain, task, allOf(feeds), noJob, ''),
      /plain cannot measure many samples/,
    );
  });

  it('makes runs of consecutive samples', () => {
    assert.deepEqual(batchesOf([0, 1, 2, 3, 4], 2), [[0, 1], [2, 3], [4]]);
    assert.deepEqual(batchesOf([0, 2, 3, 5], 4), [[0], [2, 3], [5]]);
    assert.deepEqual(batchesOf([], 4), []);
  });
});
