import { pictureDims } from './arrayPictures.ts';
import type { BoundArray } from './arraySamples.ts';
import type { NpyArray } from './npy.ts';
import { parsePreprocessing } from './parsePreprocessing.ts';
import { scalingText } from './preprocessing.ts';
import { BadData, type DataIssue } from './samples.ts';

/** What of preprocessing numbers take that are no picture. */
const valueFields = ['scale', 'mean', 'std'] as const;

/** Numbers that become inputs: value = (number * scale - mean) / std, in doubles. */
type Scaling = Readonly<Record<(typeof valueFields)[number], number>>;

/** Whether the samples of an array cannot be pictures: features, spectra, tables. */
export const isFeatures = ({ dims }: Pick<NpyArray, 'dims'>): boolean =>
  !pictureDims(dims.slice(1));

/** Whether preprocessing asks for nothing but scaled numbers. */
const isScalingOnly = (preprocess: object): boolean => {
  const names = Object.keys(preprocess);
  return names.length > 0 && names.every((name) => valueFields.some((field) => field === name));
};

/**
 * Features as the preprocessing scales them, and what is to be said of it. Throws `BadData` where it
 * asks for what only pictures have.
 */
export function scaledFeatures(
  { array, input, name }: BoundArray,
  preprocess: object,
): { readonly bound: BoundArray; readonly issue: DataIssue } {
  const { scale, mean, std } = parsePreprocessing(preprocess);
  const isPlain = typeof scale === 'number' && typeof mean === 'number' && typeof std === 'number';
  if (!isPlain || !isScalingOnly(preprocess)) {
    const sample = array.dims.slice(1).join(', ');
    const text = `The samples of ${name}, [${sample}], are no pictures: they take "scale", "mean" and "std" alone, one number each.`;
    const remedy = `Say by what they are scaled, such as --preprocess '{"scale": 0.1}': (value * scale - mean) / std is fed. Without --preprocess they are fed as they are; pictures are saved as [N, H, W, 3].`;
    throw new BadData('wrong-shape', text, name, remedy);
  }
  const scaling = { scale, mean, std };
  const message = `${name} is fed as ${scalingText('value', scaling)}.`;
  return {
    bound: { input, name, array: scaled(array, scaling) },
    issue: { code: 'scaled-values', severity: 'info', message },
  };
}

const scaled = (array: NpyArray, { scale, mean, std }: Scaling): NpyArray => ({
  type: 'float64',
  dims: array.dims,
  async read(from, to) {
    const values = Float64Array.from(await array.read(from, to), Number);
    for (let i = 0; i < values.length; i++) values[i] = ((values[i] ?? 0) * scale - mean) / std;
    return values;
  },
  dispose: () => array.dispose(),
});
