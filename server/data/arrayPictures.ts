import { elementCount } from '../core/graph/tensor.ts';
import { BadImage, type Picture } from './images/picture.ts';
import { unlikeLabels } from './labels.ts';
import type { NpyArray } from './npy.ts';
import type { PictureSource } from './pictureSamples.ts';
import { BadData } from './samples.ts';

/**
 * The samples of an array as pictures: [N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3
 * channels, bytes or other numbers from 0 to 255.
 */
export function arrayPictures(
  name: string,
  array: NpyArray,
  labels: Int32Array | undefined,
  dispose: () => Promise<void>,
): PictureSource {
  const [count = 0, ...sample] = array.dims;
  const shape = pictureDims(sample);
  if (!shape) {
    const text = `The samples of ${name}, [${sample.join(', ')}], are no pictures.`;
    throw new BadData('wrong-shape', text, name, 'Save them as [N, H, W, 3].');
  }
  if (labels && labels.length !== count) throw unlikeLabels(labels.length, count);
  const size = elementCount(sample);
  const { width, height, channels, isPlanar } = shape;
  return {
    count,
    name,
    issues: [],
    ...(labels ? { labels } : {}),
    nameOf: (index) => `${name}[${index}]`,
    dispose,
    async picture(index): Promise<Picture> {
      const read = await array.read(index * size, (index + 1) * size);
      const pixels =
        read instanceof Uint8Array
          ? read
          : Float32Array.from(read as ArrayLike<number | bigint>, Number);
      if (pixels.some((value) => Number.isNaN(value))) throw new BadImage('has NaN in it');
      const laid = isPlanar ? interleaved(pixels, channels, width * height) : pixels;
      return { width, height, channels, pixels: laid };
    },
  };
}

/** What samples of this shape are as pictures; undefined: they are none. */
export function pictureDims(
  dims: readonly number[],
): (Omit<Picture, 'pixels'> & { readonly isPlanar: boolean }) | undefined {
  const [a = 0, b = 0, c] = dims;
  if (dims.length === 2) return { height: a, width: b, channels: 1, isPlanar: false };
  if (dims.length !== 3 || c === undefined) return undefined;
  if (c === 1 || c === 3) return { height: a, width: b, channels: c, isPlanar: false };
  if (a === 1 || a === 3) return { height: b, width: c, channels: a, isPlanar: true };
  return undefined;
}

function interleaved(
  pixels: Uint8Array | Float32Array,
  channels: number,
  count: number,
): Uint8Array | Float32Array {
  const out = pixels.slice();
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < count; i++) out[i * channels + c] = pixels[c * count + i] ?? 0;
  }
  return out;
}
