import type { Graph } from '../core/graph/graph.ts';
import type { ElementType } from '../core/graph/tensor.ts';
import type { Job } from '../core/job.ts';
import type { QuantsimConfiguration } from '../core/quant/quantsimConfiguration.ts';
import type { Target } from '../core/quant/targets.ts';
import type { Engine, EngineModel } from '../engines/engine.ts';
import type { TaskNetwork } from '../engines/sampleTask.ts';
import type { ModelDocument } from '../formats/format.ts';
import { valueShapes } from '../valueShapes.ts';
import type { FloatBiases } from './floatBiases.ts';
import type { TaskSamples } from './runTask.ts';

/** A graph, and the document that can hand it to an engine. */
export interface RunnableModel {
  readonly document: ModelDocument;
  readonly graph: Graph;
  /** The names in the samples of inputs that are called otherwise there. */
  readonly feeds?: ReadonlyMap<string, string>;
}

/** What everything that runs the network on data works with. */
export interface QuantizeContext extends RunnableModel {
  readonly engine: Engine;
  readonly target: Target;
  /** What the target's placement names, read. */
  readonly configuration?: QuantsimConfiguration;
  readonly seed: number;
  /** Where the graph's biases are corrected for its grid: what they are in the float network. */
  readonly floatBiases?: FloatBiases;
  /** Types of the values that nodes make, learnt by running once. */
  readonly types: ReadonlyMap<string, ElementType>;
  /** Shapes of those values, and of the inputs, on the first sample. */
  readonly dimsOf: (value: string) => readonly number[] | undefined;
}

/** The model for the engine, these values handed out besides its outputs. */
export function encoded(
  { document, graph }: RunnableModel,
  values: Iterable<string> = [],
): EngineModel {
  const own = new Set(graph.outputs.map(({ name }) => name));
  return document.encode(
    graph,
    [...new Set(values)].filter((name) => !own.has(name)),
  );
}

/** The model as a network of a task, with these values handed out besides its outputs. */
export const networkOf = (model: RunnableModel, values: Iterable<string> = []): TaskNetwork => ({
  model: encoded(model, values),
  ...(model.feeds?.size
    ? { reads: [...model.feeds].map(([input, feed]) => ({ input, feed })) }
    : {}),
});

/** Runs the network once, on the first sample, to learn types and shapes of all values. */
export async function describeValues(
  engine: Engine,
  { document, graph }: RunnableModel,
  { samples, indices }: TaskSamples,
  job: Job,
): Promise<Pick<QuantizeContext, 'types' | 'dimsOf'>> {
  const feeds = await samples.feeds(indices[0] ?? 0);
  const found = await valueShapes(engine, document, graph, feeds, job);
  const values = found.ok ? found.value : new Map<string, never>();
  return {
    types: new Map([...values].map(([name, { type }]) => [name, type])),
    dimsOf: (name) => values.get(name)?.dims ?? feeds.get(name)?.dims,
  };
}
