import { elementCount } from '../core/graph/tensor.ts';
import { pictureShape } from './guessPreprocessing.ts';
import type { SampleOptions } from './sampleOptions.ts';
import type { DataIssue, SampleInput } from './samples.ts';

/** Height, width and channels of the pictures that an input takes; undefined: it takes none. */
function pictureOf(input: SampleInput): readonly number[] | undefined {
  const picture = pictureShape(input);
  const { height, width, channels } = picture ?? {};
  return typeof height === 'number' && typeof width === 'number' && channels !== undefined
    ? [height, width, channels]
    : undefined;
}

/** How the samples of a raw file are described, with what the input takes as the example. */
export function rawRemedy(input: SampleInput, sample: readonly number[], type: string): string {
  const shape = pictureOf(input) ?? sample;
  const told = `{"raw": {"type": "${type}", "shape": [${shape.join(', ')}]}}`;
  const remedy = `Say what one sample is in rangefinder.json beside the model, such as ${told} with the sizes of the file.`;
  return pictureOf(input)
    ? `${remedy} Pictures of another size are made to fit with --preprocess '{}'.`
    : remedy;
}

/**
 * What to know of raw bytes that a float network is given as they are: pictures are mostly scaled,
 * and stored with the channels last.
 */
export function rawIssues(
  name: string,
  input: SampleInput,
  array: { readonly type: string; readonly dims: readonly number[] },
  { preprocess, raw = {} }: SampleOptions,
): DataIssue[] {
  const picture = pictureOf(input);
  const isBytes = array.type === 'uint8' && /^float/.test(input.type);
  if (!picture || !isBytes || preprocess !== undefined) return [];
  const sample = array.dims.slice(1);
  const isTurned = raw.shape === undefined && sample.join() !== picture.join();
  const isSameSize = elementCount(sample) === elementCount(picture);
  const turned =
    isTurned && isSameSize
      ? ` Channels last: "raw": {"shape": [${picture.join(', ')}]} in rangefinder.json, too.`
      : '';
  const message = `${name} is fed as it is: numbers from 0 to 255, each sample [${sample.join(', ')}]. If these are pictures, --preprocess '{}' scales them as most models take them: see whether float is right then.${turned}`;
  return [{ code: 'raw-bytes', severity: 'warning', message }];
}
