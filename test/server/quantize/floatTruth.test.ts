import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { Cancelled, noJob, type Job } from '../../../server/core/job.ts';
import { simulateGraph } from '../../../server/core/quant/simulateGraph.ts';
import type { ChildEngine } from '../../../server/engines/childEngine.ts';
import type { Engine } from '../../../server/engines/engine.ts';
import type { SampleTask } from '../../../server/engines/sampleTask.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { calibrate, simulateOptions } from '../../../server/quantize/calibrate.ts';
import { evaluate, type Contender, type Evaluation } from '../../../server/quantize/evaluate.ts';
import { FloatTruth } from '../../../server/quantize/floatTruth.ts';
import { repairOnData } from '../../../server/quantize/repairOnData.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { documentOf, engineChild } from '../../kit/documents.ts';
import { graphOf, node, randomTensor, tensor, type NodeSpec } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { allOf, contextFor, randomSamples } from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';
import { perTensor } from '../../kit/target.ts';

/** An engine that notes what it is asked for. */
interface Watched {
  readonly engine: Engine;
  readonly tasks: SampleTask[];
  readonly forgotten: string[];
}

function watched(engine: Engine): Watched {
  const tasks: SampleTask[] = [];
  const forgotten: string[] = [];
  const { beginTask, forget } = engine;
  assert.ok(beginTask && forget);
  const noting: Engine = {
    ...engine,
    beginTask: (task, job) => {
      tasks.push(task);
      return beginTask(task, job);
    },
    forget: (names) => {
      forgotten.push(...(names ?? []));
      return forget(names);
    },
  };
  return { engine: noting, tasks, forgotten };
}

const keptBy = ({ networks }: SampleTask): string[] =>
  networks.flatMap(({ keeps = [] }) => keeps.map(({ as }) => as));

/** A classifier of seven, in which these nodes make `p` of `r`. */
const network = (between: readonly NodeSpec[]): Graph =>
  graphOf({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y', 'a'],
    nodes: [
      node('Conv', ['x', 'w'], ['a']),
      node('Relu', ['a'], ['r']),
      ...between,
      node('Flatten', ['p'], ['f']),
      node('Softmax', ['f'], ['y'], { axis: 1 }),
    ],
    tensors: [
      randomTensor(new Random(5), 'w', [7, 3, 3, 3]),
      tensor('table', [10], new Array<number>(10).fill(0)),
    ],
  });

describe('judging by float outputs that are kept', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild })));
  after(() => engine.dispose());

  const graph = network([node('GlobalAveragePool', ['r'], ['p'])]);
  const reference = { document: documentOf(graph), graph };
  const feeds = randomSamples(graph, 9, 31);
  const labels = Int32Array.from(feeds, (_, i) => i % 7);

  /** The network as targets of these many bits would run it. */
  async function contender(bits: 4 | 8): Promise<Contender> {
    const context = await contextFor(graph, engine, allOf(feeds), { weightBits: bits });
    const { encodings } = await calibrate(context, allOf(feeds), noJob);
    const rounded = simulateGraph(graph, encodings, simulateOptions(context));
    return { document: reference.document, ...rounded };
  }

  const plainly = (contenders: readonly Contender[], on: TaskSamples): Promise<Evaluation> =>
    evaluate({ engine, reference, contenders, on, labels }, noJob);

  it('gives every network the scores that it has beside the float one, to the bit', async () => {
    const [four, eight] = [await contender(4), await contender(8)];
    const on = allOf(feeds, [3]);
    const { engine: noting, tasks, forgotten } = watched(engine);
    const truth = new FloatTruth({ engine: noting, reference, on, labels });
    for (const contenders of [[four], [eight, four], [eight]]) {
      const found = await truth.evaluate(contenders, noJob);
      assert.deepEqual(found, {
        ...(await plainly(contenders, on)),
        failures: found.failures,
      });
      assert.equal(found.count, 8);
      assert.deepEqual(
        found.failures.map(({ index }) => index),
        [3],
      );
    }
    assert.deepEqual(
      tasks.map(({ networks }) => networks.length),
      [2, 2, 1],
      'the float network ran once',
    );
    const [kept = []] = tasks.map(keptBy);
    assert.deepEqual(
      kept.map((name) => name.replace(/.*: /, '')),
      ['y', 'f', 'a'],
      'both outputs, and what feeds Softmax',
    );
    await truth.end();
    assert.deepEqual(forgotten, kept);
  });

  it('runs the float network again where what was kept went with the process', async () => {
    const four = await contender(4);
    const on = allOf(feeds);
    const { engine: noting, tasks } = watched(engine);
    const truth = new FloatTruth({ engine: noting, reference, on, labels });
    const expected = await plainly([four], on);
    await truth.evaluate([four], noJob);
    const { pid } = engine;
    process.kill(pid ?? NaN, 'SIGKILL');
    // Until its end is known here, so that no task begins in it.
    while (engine.pid === pid) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(await truth.evaluate([four], noJob), expected);
    assert.deepEqual(await truth.evaluate([four], noJob), expected);
    assert.deepEqual(await truth.evaluate([four], noJob), expected);
    assert.deepEqual(
      tasks.map(({ networks }) => networks.length),
      [2, 1, 1, 2, 2, 1],
      'kept, lost, lost once more in the process that took its place, run beside, kept again, read',
    );
    await truth.end();
  });

  it('leaves out a sample that only one network fails on for that one only', async () => {
    const good = await contender(8);
    // The largest value of the input is an index into a table of ten.
    const picky = network([
      node('ReduceMax', ['x'], ['m'], { keepdims: 1 }),
      node('Cast', ['m'], ['i'], { to: 7 }),
      node('Gather', ['table', 'i'], ['t']),
      node('GlobalAveragePool', ['r'], ['q']),
      node('Add', ['q', 't'], ['p']),
    ]);
    const loud = feeds.map((feed, at) =>
      at === 4 ? { x: { dims: [1, 3, 6, 6], values: new Float32Array(108).fill(50) } } : feed,
    );
    const on = allOf(loud);
    const truth = new FloatTruth({ engine, reference, on, labels });
    const counts: number[] = [];
    for (const one of [good, { document: documentOf(picky), graph: picky }, good]) {
      const found = await truth.evaluate([one], noJob);
      assert.deepEqual(found, await plainly([one], on));
      counts.push(found.count);
    }
    assert.deepEqual(counts, [9, 8, 9]);
    await truth.end();
  });

  describe('in a repair', () => {
    const net = smallMobileNet(3);
    const samples = randomSamples(net, 24, 8);
    const part = (from: number, to: number): TaskSamples => ({
      ...allOf(samples),
      indices: Array.from({ length: to - from }, (_, i) => from + i),
    });

    async function repair(given: Engine, job: Job): Promise<string> {
      const context = await contextFor(net, given, part(0, 24), { weightBits: 4 });
      const outcome = await repairOnData(
        context,
        { document: context.document, engine: given, seed: 1, target: perTensor },
        net,
        {
          steps: ['fold', 'clear', 'equalize', 'absorb', 'correct'],
          hasStopRule: true,
          options: {},
          metric: 'sqnr',
          method: 'empirical',
          quantizeActivations: false,
          calibration: part(0, 8),
          correction: part(8, 16),
          judge: part(16, 24),
        },
        job,
      );
      return JSON.stringify(outcome.steps.map(({ id, kept, after }) => [id, kept, after]));
    }

    it('is the same with and without, and leaves nothing behind', async () => {
      const { engine: noting, tasks, forgotten } = watched(engine);
      const kept = await repair(noting, noJob);
      const names = new Set(tasks.flatMap(keptBy).filter((name) => name.startsWith('truth')));
      assert.equal(names.size, 1);
      for (const name of names) assert.ok(forgotten.includes(name));
      const members = Object.entries(engine).filter(([name]) => name !== 'forget');
      const forgetful = Object.fromEntries(members) as unknown as Engine;
      assert.equal(await repair(forgetful, noJob), kept);
    });

    it('lets go of it when it is stopped', async () => {
      const { engine: noting, tasks, forgotten } = watched(engine);
      let isKept = false;
      const job: Job = {
        checkpoint: () => {
          isKept ||= tasks.flatMap(keptBy).some((name) => name.startsWith('truth'));
          const isLater = (tasks.at(-1)?.reductions.length ?? 0) > 0 && isKept;
          return isLater && tasks.length > 4 ? Promise.reject(new Cancelled()) : Promise.resolve();
        },
      };
      await assert.rejects(repair(noting, job), Cancelled);
      assert.ok(isKept);
      assert.ok(forgotten.some((name) => name.startsWith('truth')));
    });
  });
});
