import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { StepId } from './steps.ts';

/** A step with the options of its pass. */
export interface Wish {
  readonly step: StepId;
  readonly options: Record<string, unknown>;
}

/** What a repair was asked for, as far as clearing and scaling go. */
interface Asked {
  readonly steps: readonly string[];
  readonly options: Readonly<Partial<Record<StepId, Record<string, unknown>>>>;
}

/**
 * Convergence takes some hundreds of passes over every pair of an output and an input channel:
 * seconds up to this many pairs. Larger models get `manyPasses` instead.
 */
const mostPairsToConverge = 4e6;
const manyPasses = 20;

/**
 * The ways of clearing and scaling that a repair tries: clearing alone, and scaling behind it in one
 * pass and to convergence (or as often as was asked for).
 */
export function scalingPlans(graph: Graph, { steps, options }: Asked): Wish[][] {
  const clear = clearing({ steps, options });
  const plans = clear.length > 0 ? [clear] : [];
  if (!steps.includes('equalize')) return plans;
  const given = options.equalize ?? {};
  const many = pairCount(graph) <= mostPairsToConverge ? 'converge' : manyPasses;
  const passes = 'passes' in given ? [given['passes']] : [1, many];
  return [...plans, ...passes.map((count) => [...clear, scaling(given, count)])];
}

/** The one plan that takes all steps that were asked for, once. */
export function wholePlan({ steps, options }: Asked): Wish[] {
  const given = options.equalize ?? {};
  const scale = steps.includes('equalize') ? [scaling(given, given['passes'] ?? 1)] : [];
  return [...clearing({ steps, options }), ...scale];
}

/** The steps that a plan does without although they were asked for, in their order. */
export const leftOutOf = (steps: readonly string[], plan: readonly Wish[]): StepId[] =>
  (['clear', 'equalize'] as const).filter(
    (id) => steps.includes(id) && plan.every(({ step }) => step !== id),
  );

/** True for a plan that scales. */
export const hasScaling = (plan: readonly Wish[]): boolean =>
  plan.some(({ step }) => step === 'equalize');

const clearing = ({ steps, options }: Asked): Wish[] =>
  steps.includes('clear') ? [{ step: 'clear', options: options.clear ?? {} }] : [];

const scaling = (given: Record<string, unknown>, passes: unknown): Wish => ({
  step: 'equalize',
  options: { ...given, passes },
});

/** Pairs of an output and an input channel, over all layers. */
const pairCount = (graph: Graph): number =>
  layersOf(graph, wiringOf(graph)).reduce(
    (sum, { outChannels, layout }) => sum + outChannels * layout.inPerGroup,
    0,
  );
