import type { EngineTensor } from '../engines/engine.ts';
import { pictureShape } from './guessPreprocessing.ts';
import { toColour, type Picture } from './images/picture.ts';
import { resizePicture } from './images/resize.ts';
import type { Preprocessing } from './preprocessing.ts';
import type { SampleSet } from './samples.ts';

/** What the network will see of a sample. Plain JSON. */
export interface SamplePreview {
  /** The sample's file, or its number. */
  readonly name: string;
  readonly label?: number;
  /** The name of the label's class, where the data has one. */
  readonly className?: string;
  readonly input: string;
  readonly dims: readonly number[];
  readonly type: string;
  /** As the network gets them, in its order of channels; one entry where there are no channels. */
  readonly channels: readonly {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
  }[];
  /** A small picture made back from those values: RGBA, base64; absent where it is none. */
  readonly thumbnail?: { readonly width: number; readonly height: number; readonly rgba: string };
}

/**
 * A preview of one sample: the values that are fed, summarized, and a picture of them no larger
 * than `side`. With preprocessing the scaling is undone, so that wrong colours or a wrong crop
 * show; without, the values are stretched from least to greatest. Throws `BadSample`.
 */
export async function previewSample(
  samples: SampleSet,
  index: number,
  input?: string,
  side = 96,
): Promise<SamplePreview> {
  const feeds = await samples.feeds(index);
  const [first] = feeds.keys();
  const name = input ?? first ?? '';
  const tensor = feeds.get(name);
  if (!tensor) throw new Error(`no input ${name}`);
  const { preprocessing } = samples;
  const planes = planesOf(tensor, preprocessing?.layout);
  const label = samples.labels?.[index];
  const className = label === undefined ? undefined : samples.classes?.[label];
  return {
    name: samples.nameOf?.(index) ?? `#${index}`,
    ...(label === undefined ? {} : { label }),
    ...(className === undefined ? {} : { className }),
    input: name,
    dims: tensor.dims,
    type: tensor.type,
    channels: planes.channels.map(summary),
    ...(planes.width > 0 ? { thumbnail: thumbnail(planes, preprocessing, side) } : {}),
  };
}

interface Planes {
  /** 0 where the values are no picture. */
  readonly width: number;
  readonly height: number;
  readonly channels: readonly Float64Array[];
}

/** The values of the first sample of a batch, a plane a channel. */
function planesOf(tensor: EngineTensor, layout: Preprocessing['layout'] | undefined): Planes {
  const values = Float64Array.from(tensor.values as ArrayLike<number | bigint>, Number);
  const shape = pictureShape({ shape: tensor.dims });
  const { height, width, channels } = shape ?? {};
  if (!shape || typeof height !== 'number' || typeof width !== 'number' || channels === undefined) {
    return { width: 0, height: 0, channels: [values] };
  }
  const count = width * height;
  const isPlanar = (layout ?? shape.layout) === 'NCHW';
  const planes = Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length: count }, (_unused, i) =>
      Number(values[isPlanar ? c * count + i : i * channels + c]),
    ),
  );
  return { width, height, channels: planes };
}

function summary(values: Float64Array): { min: number; max: number; mean: number } {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / Math.max(1, values.length) };
}

function thumbnail(
  { width, height, channels }: Planes,
  preprocessing: Preprocessing | undefined,
  side: number,
): NonNullable<SamplePreview['thumbnail']> {
  const count = channels.length === 1 ? 1 : 3;
  const ranges = channels.map(summary);
  const low = Math.min(...ranges.map(({ min }) => min));
  const high = Math.max(...ranges.map(({ max }) => max));
  const pixels = new Uint8Array(width * height * count);
  for (const [c, plane] of channels.entries()) {
    const at = preprocessing?.colour === 'BGR' ? count - 1 - c : c;
    const pixelOf = preprocessing
      ? undoing(preprocessing, c)
      : (value: number): number => ((value - low) / (high - low || 1)) * 255;
    for (let i = 0; i < plane.length; i++) {
      pixels[i * count + at] = Math.min(255, Math.max(0, Math.round(pixelOf(plane[i] ?? 0))));
    }
  }
  const picture: Picture = { width, height, channels: count, pixels };
  const factor = Math.min(1, side / Math.max(width, height));
  const [wide, tall] = [width, height].map((size) => Math.max(1, Math.round(size * factor)));
  const small = toColour(resizePicture(picture, wide ?? 1, tall ?? 1, 'bilinear', true));
  return { width: small.width, height: small.height, rgba: opaque(small.pixels) };
}

/** pixel = (value * std + mean) / scale, the inverse of `Preprocessing`. */
function undoing(preprocessing: Preprocessing, channel: number): (value: number) => number {
  const of = (list: number | readonly number[]): number =>
    typeof list === 'number' ? list : (list[channel] ?? 1);
  const [scale, mean, std] = [preprocessing.scale, preprocessing.mean, preprocessing.std].map(of);
  return (value) => (value * (std ?? 1) + (mean ?? 0)) / (scale || 1);
}

function opaque(rgb: ArrayLike<number>): string {
  const rgba = Buffer.alloc((rgb.length / 3) * 4, 255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] ?? 0;
    rgba[to + 1] = rgb[from + 1] ?? 0;
    rgba[to + 2] = rgb[from + 2] ?? 0;
  }
  return rgba.toString('base64');
}
