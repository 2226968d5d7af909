import type { Graph } from './core/graph/graph.ts';
import type { Job } from './core/job.ts';
import { err, ok, type Result } from './core/result.ts';
import { EngineFault, type DescribedValue, type Engine, type Feeds } from './engines/engine.ts';
import type { ModelDocument } from './formats/format.ts';

/**
 * Type and shape of every value that the nodes of a graph make, found by running it once; exact
 * where the file states nothing. The error is a sentence: why the network cannot be run.
 */
export async function valueShapes(
  engine: Engine,
  document: ModelDocument,
  graph: Graph,
  feeds: Feeds,
  job: Job,
): Promise<Result<ReadonlyMap<string, DescribedValue>, string>> {
  if (!engine.describe) return err(`The engine ${engine.name} does not tell shapes.`);
  const own = new Set(graph.outputs.map((output) => output.name));
  const made = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');
  const model = document.encode(
    graph,
    made.filter((name) => !own.has(name)),
  );
  try {
    const values = await engine.describe(model, feeds, made, job);
    return ok(new Map(values.map((value) => [value.name, value])));
  } catch (thrown) {
    if (thrown instanceof EngineFault) return err(thrown.message);
    throw thrown;
  }
}
