import { ok, type Result } from '../core/result.ts';
import type { Job } from '../core/job.ts';
import type { FormatFault } from '../formats/format.ts';
import { readPlacement } from '../targetFile.ts';
import { describeValues, type QuantizeContext } from './context.ts';
import type { TaskSamples } from './runTask.ts';

/** What a context is made of: all of it but what has to be read or learnt. */
export type ContextParts = Omit<QuantizeContext, 'configuration' | 'types' | 'dimsOf'>;

/**
 * The context of a model for a target: reads the file that the target's placement names, and runs
 * the network once to learn its values. Without samples only weights are known, and nothing is run.
 */
export async function contextOf(
  parts: ContextParts,
  samples: TaskSamples | undefined,
  job: Job,
): Promise<Result<QuantizeContext, FormatFault>> {
  const placement = readPlacement(parts.target.placement);
  if (!placement.ok) return placement;
  const values = samples ? await describeValues(parts.engine, parts, samples, job) : unknown;
  return ok({
    ...parts,
    ...values,
    ...(placement.value ? { configuration: placement.value } : {}),
  });
}

/** What is known of the values of a network that was not run. */
const unknown: Pick<QuantizeContext, 'types' | 'dimsOf'> = {
  types: new Map(),
  dimsOf: () => undefined,
};
