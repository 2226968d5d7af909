import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../server/core/job.ts';
import type { DataRepairOutcome, DataStepId } from '../../../server/quantize/dataRepair.ts';
import { repairOnData } from '../../../server/quantize/repairOnData.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { allOf, contextFor, randomSamples, testEngine } from '../../kit/quantizing.ts';
import { perTensor } from '../../kit/target.ts';

const steps = ['fold', 'clear', 'equalize', 'absorb', 'correct'] as const;

/**
 * The first channel is always 0, and the layer behind it has its largest weights there: clearing
 * makes the grid of that layer a hundred times as fine.
 */
function deadChannel(): Graph {
  const graph = smallMobileNet(6);
  const tensors = new Map(graph.tensors);
  const change = (name: string, value: (was: number) => number, count: number): void => {
    const was = tensors.get(name);
    if (!was) throw new Error(`no tensor ${name}`);
    const values = Array.from(readFloats(was), (one, at) => (at < count ? value(one) : one));
    tensors.set(name, tensor(name, was.dims, values));
  };
  change('bn1.g', () => 0, 1);
  change('bn1.b', () => -1, 1);
  change('dw.w', (one) => 100 * one, 9);
  return { ...graph, tensors };
}

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
    const outcome = await repaired(deadChannel(), wanted);
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
      assert.deepEqual(idsOf(await repaired(deadChannel(), wanted)), wanted);
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
});
