import { basename, extname } from 'node:path';
import { elementCount, elementSize, type ElementType } from '../core/graph/tensor.ts';
import type { BoundArray } from './arraySamples.ts';
import { fileSource } from './byteSource.ts';
import { valuesOf } from './npy.ts';
import { sampleShape } from './openDimensions.ts';
import type { SampleOptions } from './sampleOptions.ts';
import { rawRemedy } from './rawPictures.ts';
import { BadData, type SampleInput } from './samples.ts';

/** Endings of raw files; all but the last two name the type of the elements. */
export const rawEndings = /\.(u8|i8|u16|i16|u32|i32|u64|i64|f16|f32|f64|bin|raw)$/i;

const letters: Readonly<Record<string, string>> = { u: 'uint', i: 'int', f: 'float' };

/** What the elements of a raw file can be. */
export const rawTypes: readonly ElementType[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float16',
  'float32',
  'float64',
];

/**
 * A file of nothing but elements, little-endian, one sample after the other. Its type is the one
 * given, else that of its name, else that of the input; so the shape of a sample.
 */
export async function openRaw(
  path: string,
  input: SampleInput,
  { raw = {} }: Pick<SampleOptions, 'raw'>,
): Promise<BoundArray> {
  const name = basename(path);
  const type = typeOf(path, raw.type, input);
  const sample = raw.shape ?? sampleShape(input);
  const source = await fileSource(path);
  const size = elementSize(type);
  const sampleBytes = elementCount(sample) * size;
  if (source.sizeBytes % sampleBytes !== 0) {
    const text = `${name} has ${source.sizeBytes} bytes, not a multiple of the ${sampleBytes} of a sample ([${sample.join(', ')}] ${type}).`;
    throw new BadData('wrong-shape', text, name, rawRemedy(input, sample, type));
  }
  const array = {
    type,
    dims: [source.sizeBytes / sampleBytes, ...sample],
    read: async (from: number, to: number) =>
      valuesOf(await source.read(from * size, to * size), type),
    dispose: () => source.dispose(),
  };
  return { input, array, name };
}

function typeOf(path: string, given: string | undefined, input: SampleInput): ElementType {
  const ending = /^\.([uif])(\d+)$/i.exec(extname(path));
  const named = ending ? `${letters[ending[1]?.toLowerCase() ?? ''] ?? ''}${ending[2] ?? ''}` : '';
  const wish = given ?? (named || input.type);
  const type = rawTypes.find((one) => one === wish);
  if (type) return type;
  const text = `Elements of a raw file cannot be "${wish}".`;
  throw new BadData('wrong-type', text, basename(path), `Give one of ${rawTypes.join(', ')}.`);
}
