import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { EngineFault, type Engine, type Feeds, type Runner } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';
import { OutputJoiner, type JoinedOutput } from './joinOutputs.ts';
import { BadSample, leftOut, type DataIssue, type SampleSet } from './samples.ts';

export interface RunOptions {
  /** Samples in a run, where the model leaves that free. */
  readonly batch: number;
  /** Values to hand out, intermediate ones too; default: the model's outputs. */
  readonly outputs?: readonly string[];
  /** Told what runs the network, once it is open. */
  readonly onOpen?: (runner: Runner) => void;
  /** Told of samples that are left out because they cannot be used. */
  readonly onIssue?: (issue: DataIssue) => void;
}

/**
 * Runs a graph of the document on all samples that can be used; gives each output over all of them.
 * Throws `EngineFault` where the model cannot be run, `BadData` where no sample can be used, and
 * `Cancelled`.
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
    let last: BadSample | undefined;
    let count = 0;
    for (; done < runs; done++) {
      await here.checkpoint(done, runs);
      const index = done * batch;
      const size = Math.min(batch, samples.count - index);
      const fed = await feedsOf(samples, index, size, (bad) => {
        last = bad;
        options.onIssue?.(leftOut(bad));
      });
      if (!fed) continue;
      const outputs = await session.run(fed.feeds, wanted);
      for (const joiner of joiners) {
        const output = outputs.get(joiner.name);
        if (!output) throw new Error(`no output ${joiner.name}`);
        joiner.add(output, fed.count);
      }
      count += fed.count;
    }
    if (count === 0 && last) throw last;
    return joiners.map((joiner) => joiner.result());
  } finally {
    await session.release();
  }
}

/** The feeds of those samples that can be used; a batch of fixed size goes as a whole. */
async function feedsOf(
  samples: SampleSet,
  index: number,
  size: number,
  onBad: (bad: BadSample) => void,
): Promise<{ feeds: Feeds; count: number } | undefined> {
  try {
    return { feeds: await samples.feeds(index, size), count: size };
  } catch (thrown) {
    if (!(thrown instanceof BadSample)) throw thrown;
    if (size === 1 || samples.fixedBatch !== undefined) {
      onBad(thrown);
      return undefined;
    }
  }
  const good: number[] = [];
  for (let one = index; one < index + size; one++) {
    if (await feedsOf(samples, one, 1, onBad)) good.push(one);
  }
  if (good.length === 0) return undefined;
  return { feeds: await samples.feeds(good), count: good.length };
}

function checkValue(graph: Graph, name: string): void {
  if (graph.outputs.some((output) => output.name === name)) return;
  if (graph.nodes.some((node) => node.outputs.includes(name))) return;
  throw new EngineFault('cannot-run', `The model computes no value called "${name}".`, name);
}
