import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { StatisticsCollector } from '../../../../server/core/ranges/statisticsCollector.ts';
import { Cancelled, noJob, type Job } from '../../../../server/core/job.ts';
import type { ChildEngine } from '../../../../server/engines/childEngine.ts';
import { EngineFault, type EngineModel, type Feeds } from '../../../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../../../server/engines/onnxruntime/onnxRuntime.ts';
import type {
  ReductionResult,
  SampleTask,
  ValueAt,
} from '../../../../server/engines/sampleTask.ts';
import { engineChild } from '../../../kit/documents.ts';
import * as onnx from '../../../kit/onnxBuilder.ts';
import { Random } from '../../../kit/random.ts';

const modelOf = (...fields: onnx.Field[]): EngineModel => ({
  bytes: onnx.model(onnx.graph(...fields)),
  folder: '',
});

/** h = conv(x), r = relu(h), y = conv(r); 2 channels of 6 x 6. All are outputs. */
const network = modelOf(
  onnx.node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['h'], name: 'one' }),
  onnx.node({ op: 'Relu', inputs: ['h'], outputs: ['r'], name: 'two' }),
  onnx.node({ op: 'Conv', inputs: ['r', 'v'], outputs: ['y'], name: 'three' }),
  onnx.initializer(onnx.floats('w', [2, 1, 1, 1], [1.5, -0.5])),
  onnx.initializer(onnx.floats('v', [3, 2, 1, 1], [1, 2, -1, 0.5, 0.25, -3])),
  onnx.input('x', [1, 1, 6, 6]),
  onnx.output('y', [1, 3, 6, 6]),
  onnx.output('h', [1, 2, 6, 6]),
  onnx.output('r', [1, 2, 6, 6]),
);

/** Its second half by itself. */
const tail = modelOf(
  onnx.node({ op: 'Conv', inputs: ['r', 'v'], outputs: ['y'], name: 'three' }),
  onnx.initializer(onnx.floats('v', [3, 2, 1, 1], [1, 2, -1, 0.5, 0.25, -3])),
  onnx.input('r', [1, 2, 6, 6]),
  onnx.output('y', [1, 3, 6, 6]),
);

/** y = x reshaped to [1, 4]: fails where x has not 4 elements. */
const picky = modelOf(
  onnx.node({ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'], name: 'reshape' }),
  onnx.initializer(onnx.int64s('s', [2], [1, 4])),
  onnx.input('x', ['n']),
  onnx.output('y', [1, 4]),
);

const random = new Random(11);
const samples = Array.from(
  { length: 5 },
  (): Feeds =>
    new Map([['x', { type: 'float32', dims: [1, 1, 6, 6], values: random.uniform(36, -3, 3) }]]),
);
const line = (...values: number[]): Feeds =>
  new Map([['x', { type: 'float32', dims: [values.length], values: Float32Array.from(values) }]]);

const at = (value: string, network = 0): ValueAt => ({ network, value });
const temporary = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`rangefinder-kept-${process.pid}-`));

async function faultOf(promise: Promise<unknown>): Promise<EngineFault> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof EngineFault) return thrown;
    throw thrown;
  }
  return assert.fail('no fault');
}

describe('tasks over samples', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  const addAll = async (
    task: Parameters<ChildEngine['beginTask']>[0],
    feeds: readonly Feeds[] = samples,
    on = engine,
  ): Promise<readonly ReductionResult[]> => {
    const open = await on.beginTask(task);
    try {
      for (const [index, feed] of feeds.entries()) await open.add(index, feed);
      return await open.results();
    } finally {
      await open.close();
    }
  };

  it('makes statistics of inputs and values as of all their elements', async () => {
    const kinds = [undefined, 'dynamic', 'tf_enhanced'] as const;
    const results = await addAll({
      networks: [{ model: network }],
      reductions: [
        ...kinds.map((histogram) => ({
          kind: 'statistics' as const,
          of: at('r'),
          ...(histogram ? { histogram } : {}),
        })),
        { kind: 'statistics', of: at('x') },
        { kind: 'statistics', of: at('y'), channelAxis: 1 },
      ],
    });
    const expected = [
      ...kinds.map((histogram) => new StatisticsCollector({ histogram })),
      new StatisticsCollector(),
      new StatisticsCollector({ channelAxis: 1 }),
    ];
    const session = await engine.open(network, noJob);
    for (const feed of samples) {
      const outputs = await session.run(feed);
      for (const [i, name] of ['r', 'r', 'r', 'x', 'y'].entries()) {
        const { values, dims } = outputs.get(name) ?? feed.get(name) ?? assert.fail(name);
        expected[i]?.add(values as Float32Array, dims);
      }
    }
    await session.release();
    assert.deepEqual(
      results,
      expected.map((one) => ({ kind: 'statistics', statistics: one.result() })),
    );
  });

  it('reduces large values in a thread, in order, and loses none that it keeps', async () => {
    const size = 700_000; // 2.8 MB: above what is reduced in place
    const wide = modelOf(
      onnx.node({ op: 'Neg', inputs: ['x'], outputs: ['y'], name: 'neg' }),
      onnx.input('x', ['n']),
      onnx.output('y', ['n']),
    );
    const values = [1, 2, 3].map((seed) => new Random(seed).uniform(size, -seed, seed));
    const reductions = [
      { kind: 'statistics', of: at('y'), histogram: 'dynamic' },
      { kind: 'statistics', of: at('y'), histogram: 'tf_enhanced' },
      { kind: 'difference', reference: at('x'), actual: at('y'), perSample: true },
    ] as const;
    const open = await engine.beginTask({
      networks: [{ model: wide, keeps: [{ value: 'y', as: 'y' }] }],
      reductions,
    });
    const expected = [
      new StatisticsCollector({ histogram: 'dynamic' }),
      new StatisticsCollector({ histogram: 'tf_enhanced' }),
    ];
    for (const [index, each] of values.entries()) {
      await open.add(index, new Map([['x', { type: 'float32', dims: [size], values: each }]]));
      for (const one of expected) one.add(each.map((value) => -value));
    }
    const statistics = expected.map((one) => ({ kind: 'statistics', statistics: one.result() }));
    const [dynamic, enhanced, difference] = await open.results();
    await open.close();
    assert.deepEqual([dynamic, enhanced], statistics);
    assert.ok(difference?.kind === 'difference');
    assert.deepEqual(difference.difference.samples?.index, Int32Array.of(0, 1, 2));
    const again = {
      networks: [],
      reductions: [{ kind: 'statistics', of: { kept: 'y' }, histogram: 'dynamic' }],
    } as const;
    assert.deepEqual(await engine.reduceKept(again, [0, 1, 2]), statistics.slice(0, 1));
    await engine.forget();
  });

  it('compares two networks that are fed the same, and ranks', async () => {
    const [difference, ranking] = await addAll(
      {
        networks: [{ model: picky }, { model: picky }],
        reductions: [
          { kind: 'difference', reference: at('x'), actual: at('x', 1), perSample: true },
          { kind: 'ranking', of: at('y', 1), top: 2 },
        ],
      },
      [line(1, 2, 3, 4), line(5, 0, 5, 1)],
    );
    assert.ok(difference?.kind === 'difference' && ranking?.kind === 'ranking');
    assert.equal(difference.difference.sumSquaredError, 0);
    assert.deepEqual(difference.difference.samples?.sumSquaredReference, Float64Array.of(30, 51));
    assert.deepEqual(ranking.ranking, [Int32Array.of(3, 2), Int32Array.of(0, 2)]);
    assert.deepEqual(ranking.index, Int32Array.of(0, 1));
  });

  for (const [where, keptLimitBytes] of [
    ['in memory', 1e6],
    ['on disk', 0],
  ] as const) {
    it(`goes on from what was kept ${where} as if it had run in one piece`, async () => {
      const own = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1, keptLimitBytes });
      try {
        const [whole] = await addAll(
          {
            networks: [
              {
                model: network,
                keeps: [
                  { value: 'r', as: 'frontier' },
                  { value: 'y', as: 'target' },
                  { value: 'x', as: 'image' },
                ],
              },
            ],
            reductions: [{ kind: 'statistics', of: at('y'), histogram: 'dynamic' }],
          },
          samples,
          own,
        );
        assert.equal(temporary().length, keptLimitBytes === 0 ? 1 : 0);
        const onward: SampleTask = {
          networks: [{ model: tail, takes: [{ input: 'r', kept: 'frontier' }] }],
          reductions: [
            { kind: 'statistics', of: at('y'), histogram: 'dynamic' },
            { kind: 'difference', reference: { kept: 'target' }, actual: at('y') },
            { kind: 'statistics', of: { kept: 'image' } },
          ],
        };
        const [pieces, difference, image] = await own.reduceKept(onward, [0, 1, 2, 3, 4]);
        assert.deepEqual(pieces, whole);
        assert.ok(difference?.kind === 'difference' && image?.kind === 'statistics');
        assert.equal(difference.difference.count, 5 * 3 * 36);
        assert.equal(difference.difference.maxAbsError, 0);
        assert.equal(image.statistics.count, 5 * 36);
        await own.reduceKept({ networks: [], reductions: [], drops: ['frontier'] }, [0]);
        const open = await own.beginTask({
          networks: [{ model: tail, takes: [{ input: 'r', kept: 'frontier' }] }],
          reductions: [],
        });
        assert.equal((await faultOf(open.add(0, new Map()))).where, 'frontier');
      } finally {
        own.dispose();
      }
    });
  }

  it('counts nothing of a sample on which one network fails, and keeps nothing of it', async () => {
    const open = await engine.beginTask({
      networks: [{ model: picky, keeps: [{ value: 'x', as: 'kept' }] }, { model: picky }],
      reductions: [{ kind: 'statistics', of: at('x') }],
    });
    await open.add(0, line(1, 2, 3, 4));
    const fault = await faultOf(open.add(1, line(100, 200)));
    assert.equal(fault.code, 'cannot-run');
    assert.match(fault.message, /^Reshape "reshape" failed: /);
    await open.add(2, line(5, 6, 7, 8));
    const [result] = await open.results();
    await open.close();
    assert.ok(result?.kind === 'statistics');
    assert.deepEqual([result.statistics.count, result.statistics.max], [8, 8]);
    const next = await engine.beginTask({
      networks: [],
      reductions: [{ kind: 'statistics', of: { kept: 'kept' } }],
    });
    await next.add(0, new Map());
    const missing = await faultOf(next.add(1, new Map()));
    assert.match(missing.message, /Nothing was kept as "kept" for this sample/);
    await next.close();
    await engine.forget();
  });

  it('counts nothing of a sample whose shapes do not fit', async () => {
    const open = await engine.beginTask({
      networks: [{ model: picky }],
      reductions: [
        { kind: 'statistics', of: at('x') },
        { kind: 'difference', reference: at('x'), actual: at('y') },
      ],
    });
    const fault = await faultOf(open.add(0, line(1, 2, 3, 4)));
    assert.equal(
      fault.message,
      '"x" and "y" have the shapes [4] and [1, 4], and cannot be compared.',
    );
    const [result] = await open.results();
    assert.ok(result?.kind === 'statistics');
    assert.equal(result.statistics.count, 0);
    await open.close();
  });

  it('gives the same in several runs where outputs do not fit the memory', async () => {
    const reductions = ['h', 'r', 'y', 'h'].map(
      (name) => ({ kind: 'statistics', of: at(name) }) as const,
    );
    const small = createOnnxRuntimeEngine({
      childPath: engineChild,
      threads: 1,
      compareBudgetBytes: 300,
    });
    try {
      const task = { networks: [{ model: network }], reductions };
      assert.deepEqual(await addAll(task, samples, small), await addAll(task));
    } finally {
      small.dispose();
    }
  });

  it('says that it died, begins again in a fresh process and leaves nothing behind', async () => {
    const own = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1, keptLimitBytes: 0 });
    const task = {
      networks: [{ model: network, keeps: [{ value: 'r', as: 'r' }] }],
      reductions: [{ kind: 'statistics', of: at('r') }],
    } as const;
    try {
      const open = await own.beginTask(task);
      await open.add(0, samples[0] ?? new Map());
      assert.equal(temporary().length, 1);
      process.kill(own.pid ?? assert.fail('no child'), 'SIGKILL');
      assert.equal((await faultOf(open.add(1, samples[1] ?? new Map()))).code, 'died');
      assert.equal((await faultOf(open.results())).code, 'died');
      await open.close();
      assert.deepEqual(temporary(), []);
      const [result] = await addAll(task, samples, own);
      assert.ok(result?.kind === 'statistics');
      assert.equal(result.statistics.count, 5 * 72);
    } finally {
      own.dispose();
    }
    assert.deepEqual(temporary(), []);
  });

  it('can be stopped while a sample runs', async () => {
    const own = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1, keptLimitBytes: 0 });
    let isStopped = false;
    const job: Job = {
      checkpoint: () => (isStopped ? Promise.reject(new Cancelled()) : Promise.resolve()),
    };
    try {
      const open = await own.beginTask({ networks: [{ model: network }], reductions: [] }, job);
      isStopped = true;
      await assert.rejects(open.add(0, samples[0] ?? new Map()), Cancelled);
      await open.close();
    } finally {
      own.dispose();
    }
  });

  const keepsR = { value: 'r', as: 'r' };
  const keepsH = { value: 'h', as: 'h' };
  const ways: readonly (readonly [string, (own: ChildEngine) => Promise<void>])[] = [
    ['all is forgotten', (own) => own.forget()],
    [
      'each name is forgotten, as a correction does it',
      async (own) => {
        await own.forget(['h']);
        await own.forget(['r', 'never kept']);
      },
    ],
  ];
  for (const [how, forget] of ways) {
    it(`is not ended while a task is open or something is kept; it is when ${how}`, async () => {
      const own = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1, idleMs: 50 });
      const waitMs = 200;
      const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, waitMs));
      try {
        const open = await own.beginTask({
          networks: [{ model: network, keeps: [keepsR, keepsH] }],
          reductions: [],
        });
        await wait();
        await open.add(0, samples[0] ?? new Map());
        await open.close();
        await wait();
        assert.notEqual(own.pid, undefined);
        await forget(own);
        await wait();
        assert.equal(own.pid, undefined);
      } finally {
        own.dispose();
      }
    });
  }
});
