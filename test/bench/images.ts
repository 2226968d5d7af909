import type { TaskSamples } from '../../server/quantize/runTask.ts';
import { Random } from '../kit/random.ts';

/** The shape of an input of MobileNetV2 and ResNet-50. */
export const imageDims = [1, 3, 224, 224];

const images = [1, 2, 3, 4].map((seed) => new Random(seed).uniform(3 * 224 * 224, -2, 2));

/** Noise in the form of an image; few different ones, so that they take no memory. */
export const imageOf = (index: number): Float32Array =>
  images[index % images.length] as Float32Array;

/** So many of them, for the input `x`. */
export const samplesOf = (length: number): TaskSamples => ({
  samples: {
    count: length,
    source: 'noise',
    fixedBatch: 1,
    feeds: (index) => {
      const values = imageOf(Number(index));
      return Promise.resolve(
        new Map([['x', { type: 'float32' as const, dims: imageDims, values }]]),
      );
    },
    dispose: () => Promise.resolve(),
  },
  indices: Array.from({ length }, (_, i) => i),
  batch: 1,
});
