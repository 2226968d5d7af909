import type { Purpose } from '../data/splitSamples.ts';
import type { PlaceSamples } from './samples.ts';
import { counted } from './text.ts';

const verbs: readonly (readonly [purpose: Purpose, many: string, one: string])[] = [
  ['calibration', 'calibrate', 'calibrates'],
  ['correction', 'correct', 'corrects'],
  ['judge', 'judge', 'judges'],
];

/** `400 samples from faces.npz, labels found: 134 calibrate, 266 judge (dealt by labels and --seed).` */
export function samplesText({ samples, indices, isDealt }: PlaceSamples): string {
  const parts = verbs.flatMap(([purpose, many, one]) => {
    const { length } = indices[purpose];
    return length === 0 ? [] : [counted(length, one, many)];
  });
  const labels = samples.labels ? 'labels found' : 'no labels';
  const how = isDealt ? ` (dealt by ${samples.labels ? 'labels and ' : ''}--seed)` : '';
  return `${counted(samples.count, 'sample')} from ${samples.source}, ${labels}: ${parts.join(', ')}${how}.`;
}
