import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { runCost } from '../runCost.ts';
import { runPass } from '../runSteps.ts';
import type { Wish } from '../scalingPlans.ts';
import type { QuantizeContext } from './context.ts';

/** Runs of the network that a trial takes: float and rounded, to correct and to judge. */
const passesOfTrial = 5;
/** Multiplications for choosing sets: about a minute on two cores. */
const mostOperations = 1e12;

/** The sets that a plan scales, by the names of their layers. */
export async function setsOf(
  graph: Graph,
  plan: readonly Wish[],
  job: Job,
): Promise<(readonly string[])[]> {
  let current = graph;
  for (const { step, options } of plan) {
    const result = await runPass(current, step, options, job);
    current = result.graph;
    if (step !== 'equalize') continue;
    return (result.applied as readonly { layers: readonly string[] }[]).map(({ layers }) => layers);
  }
  return [];
}

/** The wish for these sets only, where it is one for scaling. */
export const withSets = (wish: Wish, only: readonly (readonly string[])[]): Wish =>
  wish.step === 'equalize' ? { ...wish, options: { ...wish.options, only } } : wish;

/**
 * Whether trials on so many samples in all are a matter of a minute or so: by operations, so that it
 * is repeatable.
 */
export function areCheap(
  graph: Graph,
  samples: number,
  { dimsOf }: Pick<QuantizeContext, 'dimsOf'>,
): boolean {
  const { macs } = runCost(graph, ({ name }) => dimsOf(name));
  return macs * samples * passesOfTrial <= mostOperations;
}
