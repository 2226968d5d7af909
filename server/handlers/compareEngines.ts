import * as beside from '../compareEngines.ts';
import type { Job } from '../core/job.ts';
import { EngineFault } from '../engines/engine.ts';
import { runnableProbes } from '../probes.ts';
import type { CompareEnginesParams, CompareEnginesReply } from '../protocol/requests.ts';
import { toWire } from '../protocol/wire.ts';
import { Refused } from '../refused.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../sessions.ts';

/** Runs the model that is shown in both engines, on the inputs that proofs run on. */
export async function compareEngines(
  sessions: Sessions,
  params: CompareEnginesParams,
  job: Job,
): Promise<CompareEnginesReply> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  try {
    return await compare(session, job);
  } catch (thrown) {
    if (!(thrown instanceof EngineFault)) throw thrown;
    throw refused(session, thrown.message);
  }
}

async function compare(session: Session, job: Job): Promise<CompareEnginesReply> {
  const { document, engine, seed, probeCount = 4 } = session.context();
  if (!engine?.pair) throw refused(session, 'There is no second engine here.');
  const graph = session.shownGraph;
  const probes = await runnableProbes(engine, document, { seed, count: probeCount }, job);
  if (!probes.ok) throw refused(session, probes.error);
  const { feeds, source } = probes.value;
  const inputs = {
    count: feeds.length,
    feeds: (index: number) => Promise.resolve(feeds[index] ?? new Map()),
  };
  const found = await beside.compareEngines(engine.pair, document, graph, inputs, job);
  const [first, second] = found.engines;
  return {
    engines: [beside.runnerLabel(first), beside.runnerLabel(second)],
    samples: found.samples,
    source,
    tolerance: beside.engineTolerance,
    values: found.values.map(({ name, maxAbs, maxRel }) => ({
      name,
      maxAbs: toWire(maxAbs),
      maxRel: toWire(maxRel),
    })),
    notes: second.notes.map(({ message }) => message),
  };
}

const refused = (session: Session, message: string): Refused =>
  new Refused({
    code: 'cannot-compare',
    message: `The engines cannot be compared on ${session.name}: ${message}`,
    where: session.name,
  });
