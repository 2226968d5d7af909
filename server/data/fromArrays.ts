import { basename } from 'node:path';
import { arrayPictures } from './arrayPictures.ts';
import { arraySamples, type BoundArray } from './arraySamples.ts';
import { pictureSamples } from './pictureSamples.ts';
import type { SampleOptions } from './sampleOptions.ts';
import type { SampleSet } from './samples.ts';
import { isFeatures, scaledFeatures } from './scaledArray.ts';

/**
 * Arrays as they are; where preprocessing was asked for as pictures, or scaled where they are none
 * (command-line.md).
 */
export function fromArrays(
  path: string,
  bound: readonly BoundArray[],
  labels: Int32Array | undefined,
  dispose: () => Promise<void>,
  options: SampleOptions,
): SampleSet {
  const [only, ...more] = bound;
  if (options.preprocess === undefined || !only || more.length > 0) {
    return arraySamples(path, bound, labels, dispose);
  }
  if (isFeatures(only.array)) {
    const { bound: scaled, issue } = scaledFeatures(only, options.preprocess);
    return { ...arraySamples(path, [scaled], labels, dispose), issues: [issue] };
  }
  const source = arrayPictures(basename(path), only.array, labels, dispose);
  return pictureSamples(source, [only.input], options);
}
