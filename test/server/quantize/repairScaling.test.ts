import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { noJob } from '../../../server/core/job.ts';
import type { DataRepairOutcome, DataStepId } from '../../../server/quantize/dataRepair.ts';
import { repairOnData } from '../../../server/quantize/repairOnData.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { withDeadChannel } from '../../kit/deadChannel.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { allOf, contextFor, randomSamples, testEngine } from '../../kit/quantizing.ts';
import { perTensor } from '../../kit/target.ts';

const steps = ['fold', 'clear', 'equalize', 'absorb', 'correct'] as const;

describe('the steps that a repair tells of', () => {
  const engine = testEngine();

  async function repaired(graph: Graph, wanted: readonly DataStepId[]): Promise<DataRepairOutcome> {
    const samples = randomSamples(graph, 24, 8);
    const part = (from: number, to: number): TaskSamples => ({
      ...allOf(samples),
      indices: Array.from({ length: to - from }, (_, i) => from + i),
    });
    const context = await contextFor(graph, engine(), part(0, 24), perTensor);
    return repairOnData(
      context,
      { document: context.document, engine: engine(), seed: 1, target: perTensor },
      graph,
      {
        steps: wanted,
        hasStopRule: true,
        options: {},
        metric: 'sqnr',
        method: 'empirical',
        quantizeActivations: false,
        calibration: part(0, 8),
        correction: part(8, 16),
        judge: part(16, 24),
      },
      noJob,
    );
  }

  const idsOf = (outcome: DataRepairOutcome): DataStepId[] => outcome.steps.map(({ id }) => id);

  it('are all that were wanted, in order, also one that the best way does without', async () => {
    const wanted = steps.slice(0, 4);
    const outcome = await repaired(withDeadChannel(6), wanted);
    assert.deepEqual(idsOf(outcome), wanted);
    const [, clear, equalize] = outcome.steps;
    assert.equal(clear?.kept, true);
    assert.equal(equalize?.kept, false);
    assert.match(equalize.reason, /^Left out\. Output SQNR on 8 samples: .* → .*, no gain\.$/);
    // Beside the best way, and as it was tried: with its places, which are nowhere in the result.
    assert.deepEqual(equalize.before, clear.after);
    assert.ok(equalize.after.sqnrDb <= clear.after.sqnrDb);
    assert.equal(equalize.outcome?.applied.length, 2);
    assert.equal(equalize.outcome.proof, undefined);
  });

  it('are those alone that were wanted', async () => {
    for (const wanted of [['fold', 'clear', 'absorb'], ['equalize'], ['correct']] as const) {
      assert.deepEqual(idsOf(await repaired(withDeadChannel(6), wanted)), wanted);
    }
  });

  it('have their reason where there is nothing to clear or to scale', async () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['y'], { transB: 1 }, 'fc')],
      tensors: [tensor('w', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8])],
    });
    const outcome = await repaired(graph, steps);
    assert.deepEqual(idsOf(outcome), steps);
    for (const { id, kept, reason } of outcome.steps.slice(0, 4)) {
      assert.equal(kept, false, id);
      assert.match(reason, /^(Nothing to do|Refused)\./, id);
    }
  });

  it('are all there where scaling is taken', async () => {
    const outcome = await repaired(smallMobileNet(3), steps);
    assert.deepEqual(idsOf(outcome), steps);
    assert.equal(outcome.steps.find(({ id }) => id === 'equalize')?.kept, true);
  });

  it('name the sets that the best way does without', async () => {
    const outcome = await repaired(smallMobileNet(5), ['fold', 'clear', 'equalize', 'correct']);
    const equalize = outcome.steps.find(({ id }) => id === 'equalize');
    const { sets = [], why } = equalize?.outcome?.leftOut ?? {};
    const scaled = equalize?.outcome?.applied as readonly { layers: readonly string[] }[];
    assert.equal(equalize?.kept, true);
    assert.ok(sets.length > 0);
    assert.ok(!scaled.some(({ layers }) => sets.some((set) => set.join() === layers.join())));
    assert.match(why ?? '', /the outputs did better without it on the samples that judge\.$/);
  });

  it('lead to no less than they were kept for', async () => {
    // The correction that was tried had half of the samples that the one kept may have.
    for (const seed of [2, 3, 5, 6]) {
      const outcome = await repaired(smallMobileNet(seed), [
        'fold',
        'clear',
        'equalize',
        'correct',
      ]);
      const kept = outcome.steps.filter((step) => step.kept && step.isWithCorrection);
      for (const { id, after } of kept) {
        const atLeast = after.sqnrDb - 1e-9;
        assert.ok(
          outcome.after.sqnrDb >= atLeast,
          `${seed}, ${id}: ${outcome.after.sqnrDb} < ${atLeast}`,
        );
      }
      assert.ok(kept.length > 0, `${seed}`);
    }
  });
});
