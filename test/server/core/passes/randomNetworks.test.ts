import assert from 'node:assert/strict';
import { GrowingIntervals } from '../../../../server/core/graph/intervals.ts';
import { inferShapes } from '../../../../server/core/graph/shapes.ts';
import { noJob } from '../../../../server/core/job.ts';
import { clearDeadChannels } from '../../../../server/core/passes/clearDeadChannels.ts';
import { foldBatchNorm, foldStructure } from '../../../../server/core/passes/foldBatchNorm.ts';
import { checkExact } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { randomNetwork } from '../../../kit/randomNetwork.ts';
import { randomFeeds, runGraph } from '../../../kit/run.ts';

/** A dozen operators, each with sums of some hundred float32 products, some of which cancel. */
const rounding = { relative: 2e-5, absolute: 2e-5 };
/** Normal inputs stay within this. */
const inputLimit = 8;

describe('random networks', () => {
  const seeds = Array.from({ length: 120 }, (_, at) => 7919 * at + 3);

  it('folded, then cleared: outputs stay, and a second time there is nothing to do', async () => {
    const directions = new Set<string>();
    let cleared = 0;
    for (const seed of seeds) {
      const random = new Random(seed);
      const graph = randomNetwork(random);
      try {
        const fold = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
        await checkExact(graph, fold, random, rounding);
        assert.deepEqual(foldStructure(graph).applied, fold.applied);
        const again = await foldBatchNorm.run(fold.graph, foldBatchNorm.defaults, noJob);
        assert.deepEqual(again.edits, []);

        const clear = await clearDeadChannels.run(fold.graph, clearDeadChannels.defaults, noJob);
        await checkExact(fold.graph, clear, random, rounding);
        const twice = await clearDeadChannels.run(clear.graph, clearDeadChannels.defaults, noJob);
        assert.deepEqual(twice.edits, []);
        for (const { direction } of fold.applied) directions.add(direction);
        cleared += clear.applied.length;
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown });
      }
    }
    assert.deepEqual([...directions].sort(), ['backward', 'forward', 'standalone']);
    assert.ok(cleared > 0);
  });

  it('every value has the inferred shape and lies within its bounds', async () => {
    let bounded = 0;
    for (const seed of seeds) {
      const random = new Random(seed);
      const graph = randomNetwork(random);
      const shapes = inferShapes(graph);
      const intervals = new GrowingIntervals(graph, shapes, inputLimit).all();
      const names = graph.nodes.flatMap(({ outputs }) => outputs);
      const found = await runGraph(graph, randomFeeds(graph, random), names);
      for (const [name, { dims, values }] of found) {
        const expected = shapes.get(name)?.map((size) => (size === 'N' ? 2 : size));
        assert.deepEqual(expected, dims, `shape of ${name}, seed ${seed}`);
        const bounds = intervals.get(name);
        if (!bounds) continue;
        bounded++;
        const inner = dims.slice(2).reduce((a, b) => a * b, 1);
        const wrong = values.findIndex((x, at) => {
          const c = bounds.lo.length === 1 ? 0 : Math.floor(at / inner) % (dims[1] ?? 1);
          const [lo = NaN, hi = NaN] = [bounds.lo[c], bounds.hi[c]];
          // A constant is one number; what computes it rounds a few times.
          const slack = lo === hi ? 2e-5 * (1 + Math.abs(lo)) : 0;
          return !(x >= lo - slack && x <= hi + slack);
        });
        assert.equal(wrong, -1, `${name}[${wrong}], seed ${seed}`);
      }
    }
    assert.ok(bounded > 300);
  });
});
