import assert from 'node:assert/strict';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import {
  repair,
  repairDefaults,
  type RepairOptions,
  type RepairOutcome,
} from '../../server/repair.ts';
import { runPass } from '../../server/runSteps.ts';
import type { StepId } from '../../server/steps.ts';
import { scoreWeights } from '../../server/weightScore.ts';
import { documentOf } from '../kit/documents.ts';
import { graphOf, node, tensor } from '../kit/graphs.ts';
import { highBias } from '../kit/highBias.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { Random } from '../kit/random.ts';
import { sameOutputs } from '../kit/run.ts';
import { perTensor } from '../kit/target.ts';

const repaired = (
  graph: Graph,
  wish: Partial<RepairOptions> = {},
  target: TargetSettings = perTensor,
): Promise<RepairOutcome> => {
  const context = { document: documentOf(graph), engine: undefined, seed: 1, target };
  return repair(context, graph, { ...repairDefaults, ...wish }, noJob);
};

const keptOf = ({ steps }: RepairOutcome): [StepId, boolean][] =>
  steps.map(({ id, kept }) => [id, kept]);

const folded = async (graph: Graph): Promise<Graph> =>
  (await runPass(graph, 'fold', {}, noJob)).graph;

/** What clearing and scaling give by themselves. */
async function scaled(graph: Graph, passes: number | 'converge'): Promise<number> {
  const cleared = (await runPass(await folded(graph), 'clear', {}, noJob)).graph;
  const { graph: after } = await runPass(cleared, 'equalize', { passes }, noJob);
  return (await scoreWeights(after, perTensor, noJob)).lowestDb;
}

/**
 * Two branches of two layers. Scaling evens `a1` out, the worst layer by far: `a2` reads its wide
 * channel with small weights. In the other branch `b1` is even and `b2` is not, so that scaling would move unevenness into `b1`.
 */
function twoBranches(): Graph {
  const random = new Random(7);
  const weight = (
    name: string,
    dims: readonly [number, number],
    range: (o: number, i: number) => number,
  ): ReturnType<typeof tensor> => {
    const values = random.uniform(dims[0] * dims[1], 0.5, 1);
    const wide = values.map((value, at) => value * range(Math.floor(at / dims[1]), at % dims[1]));
    return tensor(name, dims, wide);
  };
  const gemm = (from: string, name: string): ReturnType<typeof node> =>
    node('Gemm', [from, `${name}.w`], [`${name}.y`], { transB: 1 }, name);
  return graphOf({
    inputs: { x: [1, 4] },
    outputs: ['a2.y', 'b2.y'],
    nodes: [
      ...[gemm('x', 'a1'), node('Relu', ['a1.y'], ['a.r']), gemm('a.r', 'a2')],
      ...[gemm('x', 'b1'), node('Relu', ['b1.y'], ['b.r']), gemm('b.r', 'b2')],
    ],
    tensors: [
      weight('a1.w', [64, 4], (o) => (o === 0 ? 30 : 1)),
      weight('a2.w', [3, 64], (_, i) => (i === 0 ? 1 / 30 : 1)),
      weight('b1.w', [8, 4], () => 1),
      weight('b2.w', [3, 8], (_, i) => (i === 0 ? 10 : 1)),
    ],
  });
}

/** Folding and scaling leave the float outputs as they are but for rounding in float32. */
const exactly = { relative: 1e-5, absolute: 1e-7 };

describe('repair', () => {
  it('keeps clearing and scaling that raise the worst layer, judged against the folded model', async () => {
    const graph = smallMobileNet();
    const outcome = await repaired(graph);
    const kept = new Map(keptOf(outcome));
    assert.deepEqual([kept.get('fold'), kept.get('equalize')], [true, true]);
    const before = await scoreWeights(await folded(graph), perTensor, noJob);
    const after = await scoreWeights(outcome.graph, perTensor, noJob);
    assert.deepEqual(outcome.before, before);
    assert.deepEqual(outcome.after, after);
    assert.ok(after.lowestDb >= before.lowestDb + 0.1);
    assert.equal(outcome.gained, true);
    assert.match(outcome.verdict, /weights only: the lowest weight SQNR rose from .* to /);
    for (const [layer, was] of before.byLayer) {
      const is = after.byLayer.get(layer) ?? NaN;
      assert.ok(was - is <= 1, `${layer} fell from ${was} to ${is} dB`);
    }
    await sameOutputs(graph, outcome.graph, new Random(2), exactly);
  });

  it('takes the better of one pass and iterating, and the way that is asked for', async () => {
    const graph = smallMobileNet();
    const one = await scaled(graph, 1);
    const many = await scaled(graph, 'converge');
    assert.notEqual(one, many);
    assert.equal((await repaired(graph)).after.lowestDb, Math.max(one, many));
    for (const [passes, expected] of [
      [1, one],
      ['converge', many],
    ] as const) {
      const outcome = await repaired(graph, { options: { equalize: { passes } } });
      assert.equal(outcome.after.lowestDb, expected);
    }
  });

  it('leaves the sets out that would lose, and gains by the others', async () => {
    const graph = twoBranches();
    const whole = (await runPass(graph, 'equalize', {}, noJob)).graph;
    const was = await scoreWeights(graph, perTensor, noJob);
    const all = await scoreWeights(whole, perTensor, noJob);
    assert.equal(was.lowestLayer, 'a1');
    assert.ok((was.byLayer.get('b1') ?? 0) - (all.byLayer.get('b1') ?? 0) > 1, 'b1 loses');

    const outcome = await repaired(graph);
    assert.equal(outcome.gained, true);
    const equalize = outcome.steps.find(({ id }) => id === 'equalize');
    assert.match(equalize?.reason ?? '', /Kept: .*Sets with b1 were left out/);
    const { sets = [], why } = equalize?.outcome.leftOut ?? {};
    assert.ok(sets.length > 0 && sets.every((set) => set.includes('b1')), sets.join('; '));
    assert.match(why ?? '', /^Repair left it out: /);
    for (const name of ['b1.w', 'b2.w']) {
      assert.equal(outcome.graph.tensors.get(name), graph.tensors.get(name));
    }
    assert.notEqual(outcome.graph.tensors.get('a1.w'), graph.tensors.get('a1.w'));
    await sameOutputs(graph, outcome.graph, new Random(2), exactly);
  });

  it('undoes scaling that does not help, and says why', async () => {
    const graph = twoBranches();
    const outcome = await repaired(graph, { options: { equalize: { ignore: ['a1'] } } });
    assert.equal(outcome.gained, false);
    assert.equal(outcome.graph, graph);
    const equalize = outcome.steps.find(({ id }) => id === 'equalize');
    assert.equal(equalize?.kept, false);
    assert.match(equalize.reason, /Undone: .*0\.1 dB more is asked/);
    assert.match(outcome.verdict, /nothing gained/);
  });

  it('tells of scaling that the best way does without', async () => {
    const channels = 16;
    const random = new Random(3);
    const even = (count: number, first: (at: number) => number | undefined): number[] =>
      Array.from(random.uniform(count, 0.5, 1), (one, at) => first(at) ?? one);
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'a.w', 'a.b'], ['a'], { transB: 1 }, 'a'),
        node('Relu', ['a'], ['r']),
        node('Gemm', ['r', 'b.w'], ['y'], { transB: 1 }, 'b'),
      ],
      tensors: [
        // The first channel is always 0, and read with weights that make the grid coarse.
        tensor(
          'a.w',
          [channels, 2],
          even(2 * channels, (at) => (at < 2 ? 0 : undefined)),
        ),
        tensor(
          'a.b',
          [channels],
          even(channels, (at) => (at === 0 ? -1 : undefined)),
        ),
        tensor(
          'b.w',
          [2, channels],
          even(2 * channels, (at) => (at % channels === 0 ? 8 : undefined)),
        ),
      ],
    });
    const outcome = await repaired(graph, { options: { equalize: { ignore: ['a'] } } });
    assert.deepEqual(keptOf(outcome), [
      ['fold', false],
      ['clear', true],
      ['equalize', false],
      ['absorb', false],
    ]);
    const [, clear, equalize] = outcome.steps;
    assert.match(clear?.reason ?? '', /^Kept: /);
    assert.match(equalize?.reason ?? '', /^(Nothing to do|Refused)\./);
  });

  it('undoes absorbing, which cannot be judged by weights, unless every step is to be kept', async () => {
    const graph = highBias();
    const outcome = await repaired(graph);
    const absorb = outcome.steps.find(({ id }) => id === 'absorb');
    assert.equal(absorb?.kept, false);
    assert.equal(absorb.outcome.applied.length, 1);
    assert.match(absorb.reason, /cannot be judged/);
    const all = await repaired(graph, { hasStopRule: false });
    assert.deepEqual(new Map(keptOf(all)).get('absorb'), true);
  });

  it('folds although that gains nothing, and says that nothing was gained', async () => {
    const outcome = await repaired(highBias(), { steps: ['fold'] });
    assert.deepEqual(keptOf(outcome), [['fold', true]]);
    assert.ok(outcome.graph.nodes.every(({ op }) => op !== 'BatchNormalization'));
    assert.equal(outcome.gained, false);
  });

  it('without the stop rule takes the steps in the order given', async () => {
    const steps: StepId[] = ['equalize', 'fold'];
    const outcome = await repaired(smallMobileNet(), { steps, hasStopRule: false });
    assert.deepEqual(
      outcome.steps.map(({ id }) => id),
      steps,
    );
  });

  it('a model without layers has nothing to gain', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    const outcome = await repaired(graph);
    assert.equal(outcome.gained, false);
    assert.equal(outcome.graph, graph);
    assert.match(outcome.verdict, /no layer has weights/);
  });

  it('gives the same result to the bit when run again', async () => {
    const outcomes = [await repaired(twoBranches()), await repaired(twoBranches())];
    const [first, second] = outcomes.map((outcome) =>
      Buffer.from(outcome.graph.tensors.get('a1.w')?.data.read() ?? []),
    );
    assert.ok(first && second && first.length > 0);
    assert.deepEqual(first, second);
  });

  it('with a scale for each channel judges each channel by itself', async () => {
    const outcome = await repaired(twoBranches(), {}, defaultTarget);
    const before = await scoreWeights(twoBranches(), defaultTarget, noJob);
    assert.deepEqual(outcome.before, before);
    assert.ok(before.lowestDb > 30, 'nothing is lost to uneven channels');
  });
});
