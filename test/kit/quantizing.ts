import { noJob } from '../../server/core/job.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { defaultTarget, type Target } from '../../server/core/quant/targets.ts';
import type { SampleSet } from '../../server/data/samples.ts';
import type { Engine, EngineTensor } from '../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { describeValues, type QuantizeContext } from '../../server/quantize/context.ts';
import type { TaskSamples } from '../../server/quantize/runTask.ts';
import { documentOf, engineChild } from './documents.ts';
import { Random } from './random.ts';
import { randomFeeds, type Values } from './run.ts';

/** Feeds of several samples, as `runGraph` takes them. */
export type TestFeeds = readonly Readonly<Record<string, Values>>[];

/** The feeds of `count` random samples of a graph's inputs. */
export function randomSamples(graph: Graph, count: number, seed: number): TestFeeds {
  const random = new Random(seed);
  return Array.from({ length: count }, () => randomFeeds(graph, random, 1));
}

/** Samples as the engine takes them; those in `broken` have one dimension too many. */
export function sampleSet(feeds: TestFeeds, broken: readonly number[] = []): SampleSet {
  return {
    count: feeds.length,
    source: 'the test',
    fixedBatch: 1,
    feeds: (wanted, batch = 1) => {
      const first = Number(wanted);
      const indices =
        typeof wanted === 'number' ? Array.from({ length: batch }, (_, i) => first + i) : wanted;
      const own = indices.map((index) => feeds[index] ?? {});
      const names = Object.keys(own[0] ?? {});
      const isBroken = indices.some((index) => broken.includes(index));
      return Promise.resolve(new Map(names.map((name) => [name, stacked(own, name, isBroken)])));
    },
    dispose: () => Promise.resolve(),
  };
}

/** An input of several samples, joined along the first axis. */
function stacked(feeds: TestFeeds, name: string, isBroken: boolean): EngineTensor {
  const parts = feeds.map((one) => one[name]);
  const [rows = 1, ...rest] = parts[0]?.dims ?? [];
  const dims = [rows * parts.length, ...rest, ...(isBroken ? [1, 1] : [])];
  const values = Float32Array.from(parts.flatMap((part) => [...(part?.values ?? [])]));
  return { type: 'float32', dims, values };
}

/** All of these samples, one at a time. */
export const allOf = (feeds: TestFeeds, broken?: readonly number[]): TaskSamples => ({
  samples: sampleSet(feeds, broken),
  indices: feeds.map((_, i) => i),
  batch: 1,
});

/** An engine for each `describe` that asks for one. */
export function testEngine(): () => Engine {
  let engine: Engine | undefined;
  after(() => engine?.dispose());
  return () => (engine ??= createOnnxRuntimeEngine({ childPath: engineChild }));
}

/** What everything that runs on samples works with. */
export async function contextFor(
  graph: Graph,
  engine: Engine,
  on: TaskSamples,
  target: Partial<Target> = {},
): Promise<QuantizeContext> {
  const document = documentOf(graph);
  const values = await describeValues(engine, { document, graph }, on, noJob);
  return { document, graph, engine, target: { ...defaultTarget, ...target }, seed: 1, ...values };
}
