import type { Job } from '../core/job.ts';
import type { CompareSide, Comparison } from '../protocol/compare.ts';
import type { OnModel } from '../protocol/requests.ts';
import { compareSides } from '../session/compareSides.ts';
import type { Sessions } from '../sessions.ts';
import { comparisonOf } from '../toWire/comparison.ts';

/** Puts two models side by side. It waits for changes under way, and they for it. */
export function compareModels(
  sessions: Sessions,
  params: OnModel & { readonly sides: readonly [CompareSide, CompareSide] },
  job: Job,
): Promise<Comparison> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () =>
    comparisonOf(session, await compareSides(session, params.sides, job)),
  );
}
