import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import type { PassResult } from '../core/passes/pass.ts';
import { runPass } from '../runSteps.ts';
import type { StepId } from '../steps.ts';
import { madeBy, rebindGraph } from './rebind.ts';
import type { SpillFile } from './spill.ts';

/** What each step would do to a graph, taken one after the other: a dry run, nothing is proved. */
export interface Forecast {
  readonly results: ReadonlyMap<
    StepId,
    Pick<PassResult<object>, 'applied' | 'skipped' | 'isExact'>
  >;
  /** As folding alone would leave it. */
  readonly folded: Graph;
  /** As fold, clear and equalize would leave it: what the gain of equalizing is measured on. */
  readonly equalized: Graph;
}

/** In the recommended order, as the rail has them. */
const order: readonly StepId[] = ['fold', 'clear', 'equalize', 'absorb'];

/** Larger models are not tried in the background: a dry run would need their size again. */
const weightLimitBytes = 160e6;

/** True where a dry run costs little enough to be made without being asked for. */
export const isForecast = (graph: Graph): boolean => {
  let bytes = 0;
  for (const { data } of graph.tensors.values()) bytes += data.sizeBytes;
  return bytes <= weightLimitBytes;
};

/** Runs every step dry. What a step makes is put on disk before the next one runs. */
export async function forecastSteps(graph: Graph, spill: SpillFile, job: Job): Promise<Forecast> {
  const results = new Map<StepId, Pick<PassResult<object>, 'applied' | 'skipped' | 'isExact'>>();
  let current = graph;
  let folded = graph;
  let equalized = graph;
  for (const [done, step] of order.entries()) {
    await job.checkpoint(done, order.length, step);
    const result = await runPass(current, step, {}, job);
    const { applied, skipped, isExact } = result;
    results.set(step, { applied, skipped, isExact });
    current = putAway(result, current, spill);
    if (step === 'fold') folded = current;
    if (step === 'equalize') equalized = current;
  }
  return { results, folded, equalized };
}

/** Results up to this size stay in memory. */
const smallBytes = 16e6;

function putAway({ graph, edits }: PassResult<object>, before: Graph, spill: SpillFile): Graph {
  const made = madeBy(edits, before);
  const bytes = made.reduce((sum, { data }) => sum + data.sizeBytes, 0);
  if (bytes <= smallBytes || !spill.hasRoom(bytes)) return graph;
  return rebindGraph(graph, new Map(made.map((t) => [t, { ...t, data: spill.add(t.data) }])));
}
