import type { Job } from '../core/job.ts';
import { BadSample, type SampleSet } from '../data/samples.ts';
import type { MeasuredRange } from '../session/measured.ts';
import { nounText } from '../core/reports/words.ts';

/** More samples than these are not read: the ends of a range settle soon. */
const mostSamples = 256;

/** Least and greatest value that samples feed to each input; those that cannot be used are left out. */
export async function inputRanges(
  samples: SampleSet,
  job: Job,
): Promise<ReadonlyMap<string, MeasuredRange>> {
  const ranges = new Map<string, { min: number; max: number }>();
  const count = Math.min(samples.count, mostSamples);
  for (let at = 0; at < count; at++) {
    await job.checkpoint(at, count, `Reading ${at} of ${nounText(count, 'sample')}.`);
    try {
      for (const [name, { values }] of await samples.feeds(at)) {
        const range = ranges.get(name) ?? { min: Infinity, max: -Infinity };
        for (const value of values) {
          const number = Number(value);
          if (number < range.min) range.min = number;
          if (number > range.max) range.max = number;
        }
        ranges.set(name, range);
      }
    } catch (thrown) {
      if (!(thrown instanceof BadSample)) throw thrown;
    }
  }
  return new Map([...ranges].filter(([, { min, max }]) => min <= max));
}
