import { elementCount } from '../core/graph/tensor.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { pictureShape } from './guessPreprocessing.ts';
import { joinValues } from './joinValues.ts';
import { mustChoose } from './openDimensions.ts';
import { fitPicture, pictureValues, type SizedPreprocessing } from './images/preparePicture.ts';
import { BadImage, type Picture } from './images/picture.ts';
import { parsePreprocessing } from './parsePreprocessing.ts';
import { defaultPreprocessing, preprocessingText, type Preprocessing } from './preprocessing.ts';
import { roundTo } from './roundTo.ts';
import {
  BadData,
  BadSample,
  indicesOf,
  type DataIssue,
  type SampleInput,
  type SampleSet,
} from './samples.ts';
import type { SampleOptions } from './sampleOptions.ts';

/** Where pictures come from, one after the other. */
export interface PictureSource {
  readonly count: number;
  readonly name: string;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly issues: readonly DataIssue[];
  nameOf(index: number): string;
  /** Throws `BadImage`: the rest of a sentence that begins with the sample's name. */
  picture(index: number): Promise<Picture>;
  dispose?(): Promise<void>;
}

/** Samples from pictures: prepared as the options say, else as the model lets one guess. */
export function pictureSamples(
  source: PictureSource,
  inputs: readonly SampleInput[],
  options: SampleOptions,
): SampleSet {
  const input = onlyInput(inputs);
  const issues = [...source.issues];
  const preprocessing = sized(input, choose(options, issues));
  const { dims, fixedBatch } = inputDims(input, preprocessing);
  const count =
    fixedBatch === undefined ? source.count : source.count - (source.count % fixedBatch);
  if (count === 0) {
    const text = `The model takes ${fixedBatch ?? 1} samples at a time, and ${source.name} has ${source.count}.`;
    throw new BadData('no-data', text, source.name);
  }
  if (count < source.count) {
    const left = source.count - count;
    const message = `The model takes ${fixedBatch ?? 1} samples at a time: the last ${left} of ${source.count} are left out.`;
    issues.push({ code: 'left-out', severity: 'warning', message });
  }
  async function values(index: number): Promise<EngineTensor['values']> {
    try {
      const fitted = fitPicture(await source.picture(index), preprocessing);
      return roundTo(pictureValues(fitted, preprocessing, input.type), input.type, input.name);
    } catch (thrown) {
      if (!(thrown instanceof BadImage)) throw thrown;
      const name = source.nameOf(index);
      throw new BadSample('bad-image', `${name} ${thrown.message}.`, name);
    }
  }
  return {
    count,
    source: source.name,
    fixedBatch,
    issues,
    preprocessing,
    ...(source.labels ? { labels: source.labels.slice(0, count) } : {}),
    ...(source.classes ? { classes: source.classes } : {}),
    nameOf: (index) => source.nameOf(index),
    async feeds(index, batch = fixedBatch ?? 1) {
      const indices = indicesOf(index, batch, count);
      const parts: EngineTensor['values'][] = [];
      for (const each of indices) parts.push(await values(each));
      const shape = dims.hasBatchAxis ? [indices.length, ...dims.sample] : dims.sample;
      return new Map([[input.name, { type: input.type, dims: shape, values: joinValues(parts) }]]);
    },
    dispose: () => source.dispose?.() ?? Promise.resolve(),
  };
}

function onlyInput(inputs: readonly SampleInput[]): SampleInput {
  const [input, ...more] = inputs;
  if (input && more.length === 0) return input;
  const names = inputs.map(({ name }) => `"${name}"`).join(', ');
  const text = `Pictures are one input, and the model has ${inputs.length} (${names}).`;
  throw new BadData('wrong-inputs', text, undefined, 'Give an .npz with an array for each input.');
}

/** What the options say over what the model lets one guess; a guess is named as one. */
function choose({ preprocess, guess }: SampleOptions, issues: DataIssue[]): Preprocessing {
  const base = guess?.preprocessing ?? { ...defaultPreprocessing, resize: 'crop' as const };
  const saysValues =
    preprocess !== undefined && ['scale', 'mean', 'std'].some((name) => name in preprocess);
  // Scale, mean and deviation belong together: a part of a guess beside a part that is said is neither.
  const values = { scale: 1, mean: 0, std: 1 };
  const chosen = parsePreprocessing(
    preprocess ?? {},
    saysValues ? { ...base, ...values } : inColour(base, preprocess),
  );
  if (saysValues) return chosen;
  const said = Object.keys(preprocess ?? {});
  const start =
    said.length === 0
      ? 'Preprocessing is a guess'
      : `Preprocessing is a guess but for ${said.join(', ')}`;
  const why = guess ? `: ${guess.why}` : '; nothing in the model says how';
  const message = `${start} (${preprocessingText(chosen)})${why}. Give --preprocess, or "preprocess" in rangefinder.json, if it is another.`;
  issues.push({ code: 'guessed-preprocessing', severity: 'warning', message });
  return chosen;
}

/** The values of a guess for the colours that are asked for: of those of a channel each, in their order. */
function inColour(base: Preprocessing, preprocess: object | undefined): Preprocessing {
  const colour = preprocess && 'colour' in preprocess ? preprocess.colour : base.colour;
  if (colour === base.colour) return base;
  const turned = (value: Preprocessing['mean']): Preprocessing['mean'] => {
    if (typeof value === 'number') return value;
    return colour === 'grey'
      ? value.reduce((sum, one) => sum + one, 0) / value.length
      : value.toReversed();
  };
  const { scale, mean, std } = base;
  return { ...base, scale: turned(scale), mean: turned(mean), std: turned(std) };
}

function sized(input: SampleInput, preprocessing: Preprocessing): SizedPreprocessing {
  if (preprocessing.size) return { ...preprocessing, size: preprocessing.size };
  const shape = pictureShape(input);
  const [rows, columns] = [shape?.height, shape?.width];
  if (typeof rows === 'number' && typeof columns === 'number') {
    return { ...preprocessing, size: [rows, columns] };
  }
  if (!shape || !input.shape) {
    const text = `${shapeText(input)}: give the size of the pictures.`;
    const remedy = `Give --preprocess '{"size": [height, width]}'.`;
    throw new BadData('dynamic-dimension', text, input.name, remedy);
  }
  const first = (shape.hasBatchAxis ? 1 : 0) + (shape.layout === 'NCHW' ? 1 : 0);
  const axis = typeof rows === 'number' ? first + 1 : first;
  throw mustChoose(input, axis, `, or --preprocess '{"size": [height, width]}'`);
}

const shapeText = ({ name, shape }: SampleInput): string =>
  shape
    ? `The input "${name}" takes [${shape.map((size) => size ?? '?').join(', ')}]`
    : `The model does not say the shape of its input "${name}"`;

interface InputDims {
  readonly dims: { readonly sample: readonly number[]; readonly hasBatchAxis: boolean };
  readonly fixedBatch: number | undefined;
}

/** The dimensions that pictures are given in. Throws where the input takes others. */
function inputDims(input: SampleInput, preprocessing: SizedPreprocessing): InputDims {
  const { colour, layout, size, type } = preprocessing;
  if (type !== undefined && type !== input.type) {
    const text = `The preprocessing makes ${type}, and the input "${input.name}" takes ${input.type}.`;
    throw new BadData('wrong-type', text, 'type', 'Leave "type" out: it is that of the input.');
  }
  const channels = colour === 'grey' ? 1 : 3;
  const made = layout === 'NCHW' ? [channels, ...size] : [...size, channels];
  const { shape } = input;
  if (!shape) return { dims: { sample: made, hasBatchAxis: true }, fixedBatch: undefined };
  const [batch] = shape;
  const fixedBatch = typeof batch === 'number' && batch > 0 ? batch : undefined;
  const fits = (wanted: SampleInput['shape']): boolean =>
    wanted?.length === made.length &&
    wanted.every((one, axis) => typeof one !== 'number' || one <= 0 || one === made[axis]);
  if (shape.length === 4 && fits(shape.slice(1))) {
    return { dims: { sample: made, hasBatchAxis: true }, fixedBatch };
  }
  if (shape.length === 3 && fits(shape)) {
    return { dims: { sample: made, hasBatchAxis: false }, fixedBatch: 1 };
  }
  const rest = shape.slice(1);
  const flat = rest.every((one) => typeof one === 'number') ? rest : undefined;
  if (flat && shape.length !== 4 && elementCount(flat) === elementCount(made)) {
    return { dims: { sample: flat, hasBatchAxis: true }, fixedBatch };
  }
  const text = `${shapeText(input)}, and pictures are made into [1, ${made.join(', ')}] (${colour}, ${layout}).`;
  const remedy = 'Change "size", "colour" or "layout" of the preprocessing.';
  throw new BadData('wrong-shape', text, input.name, remedy);
}
