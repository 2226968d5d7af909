import { basename } from 'node:path';
import { arrayPictures } from './arrayPictures.ts';
import { arraySamples, type BoundArray } from './arraySamples.ts';
import { pictureSamples } from './pictureSamples.ts';
import type { SampleOptions } from './sampleOptions.ts';
import type { SampleSet } from './samples.ts';

/** Arrays as they are; as pictures where preprocessing was asked for (command-line.md). */
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
  const source = arrayPictures(basename(path), only.array, labels, dispose);
  return pictureSamples(source, [only.input], options);
}
