import type { Graph } from './core/graph/graph.ts';
import type { Job } from './core/job.ts';
import { EngineFault } from './engines/engine.ts';
import { isOutOfMemory } from './engines/outOfMemory.ts';
import type { ProofRequest } from './proof.ts';

/**
 * After a proof ended with a fault: what the engine has against the changed network, where it runs
 * the one from before on the same input. Undefined where it runs neither, or where the fault says
 * nothing of the network: a process that died, memory that ran out.
 */
export async function refusedChange(
  request: ProofRequest,
  fault: EngineFault,
  job: Job,
): Promise<string | undefined> {
  if (!isOfNetwork(fault) || request.probes.feeds.length === 0) return undefined;
  const before = await faultOf(request, request.before, job);
  if (before) return undefined;
  const after = await faultOf(request, request.after, job);
  return after && isOfNetwork(after) ? after.message : undefined;
}

const isOfNetwork = (fault: EngineFault): boolean =>
  (fault.code === 'cannot-load' || fault.code === 'cannot-run') && !isOutOfMemory(fault);

/** What the engine has against a graph, on the first probe. */
async function faultOf(
  { engine, document, probes }: ProofRequest,
  graph: Graph,
  job: Job,
): Promise<EngineFault | undefined> {
  try {
    const session = await engine.open(document.encode(graph, []), job);
    try {
      const own = session.outputs.find(({ name }) => graph.outputs.some((o) => o.name === name));
      await session.run(probes.feeds[0] ?? new Map(), own ? [own.name] : []);
    } finally {
      await session.release();
    }
  } catch (thrown) {
    if (thrown instanceof EngineFault) return thrown;
    throw thrown;
  }
  return undefined;
}
