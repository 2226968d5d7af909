import type { Graph } from './core/graph/graph.ts';
import type { Job } from './core/job.ts';
import type { EnginePair } from './engines/chosenEngine.ts';
import { DifferenceSum } from './engines/differenceSum.ts';
import type { EngineSession, Feeds, Runner } from './engines/engine.ts';
import { groupsWithin, outputBytes } from './engines/outputGroups.ts';
import type { ModelDocument } from './formats/format.ts';

/** Inputs to compare on, made one after the other. */
export interface ComparisonInputs {
  readonly count: number;
  feeds(index: number): Promise<Feeds>;
}

/** How far apart the engines are on what a layer gives. */
export interface EngineDifference {
  readonly name: string;
  readonly maxAbs: number;
  /** Of the largest |value| that the first engine gives on the same sample. */
  readonly maxRel: number;
}

/** Two engines beside each other. */
export interface EngineComparison {
  readonly engines: readonly [Runner, Runner];
  readonly samples: number;
  /** Outputs, and values of layers that run once, in the order of the network. */
  readonly values: readonly EngineDifference[];
  /** The value that is furthest apart. */
  readonly worst: EngineDifference | undefined;
  readonly agrees: boolean;
}

/** Relative difference that the orders of float32 sums may make through a deep network. */
export const engineTolerance = 1e-4;

/** Memory that the values of one run take at most, of each engine. */
const budgetBytes = 64 * 2 ** 20;

/**
 * Runs a graph of a Keras or TF.js document in ONNX Runtime, converted, and in TensorFlow.js, as the
 * layers that would be saved, and compares what every layer gives. Throws `EngineFault` where one of
 * the two cannot run it.
 */
export async function compareEngines(
  { onnxruntime, tfjs }: EnginePair,
  document: Pick<ModelDocument, 'encode'>,
  graph: Graph,
  inputs: ComparisonInputs,
  job: Job,
): Promise<EngineComparison> {
  const layers = await tfjs.open(document.encode(graph, []), job);
  try {
    const names = inOrder(graph, layers);
    const own = new Set(graph.outputs.map(({ name }) => name));
    const extra = names.filter((name) => !own.has(name));
    const converted = await onnxruntime.open(document.encode(graph, extra), job);
    try {
      const sums = new Map(
        names.map((name) => [name, new DifferenceSum({ before: name, after: name })]),
      );
      for (let index = 0; index < inputs.count; index++) {
        await job.checkpoint(index, inputs.count, 'Comparing engines');
        await addSample(await inputs.feeds(index), [converted, layers], sums);
      }
      return summary([converted.runner, layers.runner], inputs.count, sums);
    } finally {
      await converted.release();
    }
  } finally {
    await layers.release();
  }
}

/**
 * Values that TensorFlow.js hands out, in the order in which the graph makes them; not those that are
 * an output in another axis order.
 */
function inOrder(graph: Graph, { outputs }: EngineSession): string[] {
  const handedOut = new Set(outputs.map(({ name }) => name));
  const own = new Set(graph.outputs.map(({ name }) => name));
  for (const { op, inputs, outputs: made } of graph.nodes) {
    if (op === 'Transpose' && own.has(made[0] ?? '')) handedOut.delete(inputs[0] ?? '');
  }
  const made = graph.nodes.flatMap((node) => node.outputs);
  return made.filter((name) => handedOut.has(name));
}

async function addSample(
  feeds: Feeds,
  [first, second]: readonly [EngineSession, EngineSession],
  sums: ReadonlyMap<string, DifferenceSum>,
): Promise<void> {
  const names = [...sums.keys()];
  const sizes = names.map(outputBytes(second, [...feeds]));
  for (const group of groupsWithin(sizes, budgetBytes)) {
    const wanted = group.map((at) => names[at] ?? '');
    const expected = await first.run(feeds, wanted);
    const actual = await second.run(feeds, wanted);
    for (const name of wanted) {
      const [before, after] = [expected.get(name), actual.get(name)];
      if (!before || !after) throw new Error(`no value ${name}`);
      sums.get(name)?.add(before, after);
    }
  }
}

function summary(
  engines: readonly [Runner, Runner],
  samples: number,
  sums: ReadonlyMap<string, DifferenceSum>,
): EngineComparison {
  const values = [...sums].map(([name, sum]): EngineDifference => {
    const { maxAbs, maxRelative } = sum.result();
    return { name, maxAbs, maxRel: maxRelative };
  });
  const worst = values.reduce<EngineDifference | undefined>(
    (most, value) => (most && most.maxRel >= value.maxRel ? most : value),
    undefined,
  );
  const agrees = values.every(({ maxRel }) => maxRel <= engineTolerance);
  return { engines, samples, values, worst, agrees };
}

/** `TensorFlow.js 4.22.0 (wasm)`. */
export const runnerLabel = ({ name, version, backend }: Runner): string =>
  `${name} ${version} (${backend})`;
