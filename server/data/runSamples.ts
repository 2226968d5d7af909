import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { EngineFault, type Engine, type Runner } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';
import { OutputJoiner, type JoinedOutput } from './joinOutputs.ts';
import type { SampleSet } from './samples.ts';

export interface RunOptions {
  /** Samples in a run, where the model leaves that free. */
  readonly batch: number;
  /** Values to hand out, intermediate ones too; default: the model's outputs. */
  readonly outputs?: readonly string[];
  /** Told what runs the network, once it is open. */
  readonly onOpen?: (runner: Runner) => void;
}

/**
 * Runs a graph of the document on all samples; gives each output over all of them. Throws
 * `EngineFault` where the model cannot be run, and `Cancelled`.
 */
export async function runSamples(
  engine: Engine,
  document: ModelDocument,
  graph: Graph,
  samples: SampleSet,
  options: RunOptions,
  job: Job,
): Promise<JoinedOutput[]> {
  const own = new Set(graph.outputs.map((output) => output.name));
  const names = options.outputs ?? [...own];
  for (const name of names) checkValue(graph, name);
  const extra = names.filter((name) => !own.has(name));
  const batch = samples.fixedBatch ?? options.batch;
  const runs = Math.ceil(samples.count / batch);
  let done = 0;
  const here: Job = { checkpoint: () => job.checkpoint(done, runs, 'Running samples') };
  const session = await engine.open(document.encode(graph, extra), here);
  options.onOpen?.(session.runner);
  try {
    const handedOut = new Set(session.outputs.map((output) => output.name));
    const wanted = options.outputs ? names : names.filter((name) => handedOut.has(name));
    const joiners = wanted.map((name) => new OutputJoiner(name, runs, samples.count));
    for (; done < runs; done++) {
      await here.checkpoint(done, runs);
      const index = done * batch;
      const outputs = await session.run(await samples.feeds(index, batch), wanted);
      for (const joiner of joiners) {
        const output = outputs.get(joiner.name);
        if (!output) throw new Error(`no output ${joiner.name}`);
        joiner.add(output, Math.min(batch, samples.count - index));
      }
    }
    return joiners.map((joiner) => joiner.result());
  } finally {
    await session.release();
  }
}

function checkValue(graph: Graph, name: string): void {
  if (graph.outputs.some((output) => output.name === name)) return;
  if (graph.nodes.some((node) => node.outputs.includes(name))) return;
  throw new EngineFault('cannot-run', `The model computes no value called "${name}".`, name);
}
