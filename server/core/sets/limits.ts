import { readFloats } from '../graph/tensorValues.ts';
import type { Link } from './links.ts';
import type { Limits } from './scaling.ts';

/** The largest number of float16; half of it is left for what a float sum adds to a bias. */
const largestHalf = 65504 / 2;

/** How far factors may go: 1/maxFactor to maxFactor, and no bias may leave its number format. */
export function limitsOf(maxFactor: number): (link: Link) => Limits {
  return (link) => {
    const channels = link.from.outChannels;
    const lower = new Float64Array(channels).fill(1 / maxFactor);
    const upper = new Float64Array(channels).fill(maxFactor);
    const { bias } = link.from;
    if (bias?.type === 'float16') {
      const values = readFloats(bias);
      for (let c = 0; c < channels; c++) {
        const least = Math.abs(values[values.length === 1 ? 0 : c] ?? 0) / largestHalf;
        lower[c] = Math.max(lower[c]!, Math.min(1, least));
      }
    }
    return { lower, upper };
  };
}
