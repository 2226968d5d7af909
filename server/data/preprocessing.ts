import type { ElementType } from '../core/graph/tensor.ts';

/** A rectangle of a picture, in pixels from its top left. */
export interface PictureRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How the pixels between the pixels are found. `nearest` takes no average. */
export type ResizeFilter = 'nearest' | 'bilinear' | 'bicubic';

/**
 * From a picture to an input, in this order: colours, crop, resize, value = (pixel * scale - mean)
 * / std for each channel (pixels from 0 to 255), layout, type. Plain JSON.
 */
export interface Preprocessing {
  /** Cut out before resizing: a rectangle, or the middle `fraction` of width and height. */
  readonly crop?: PictureRegion | { readonly fraction: number };
  /** Height and width that the network takes; absent: those of the model's input. */
  readonly size?: readonly [height: number, width: number];
  /**
   * `exact`: squeezed to `size`. `crop`: the shorter side to `shorterSide`, then the middle of
   * `size`. `letterbox`: fitted whole into `size`, the rest filled with `fill`. `none`: the picture
   * must have `size` already.
   */
  readonly resize: 'exact' | 'crop' | 'letterbox' | 'none';
  /** For `crop`; absent: the smallest that covers `size`. */
  readonly shorterSide?: number;
  readonly filter: ResizeFilter;
  /** Averages over all pixels that fall into one when shrinking, as Pillow does. */
  readonly antialias: boolean;
  /** Pixel value of the borders of a letterbox. */
  readonly fill: number;
  readonly colour: 'RGB' | 'BGR' | 'grey';
  readonly layout: 'NCHW' | 'NHWC';
  /** One number, or one a channel in the order of `colour`. */
  readonly scale: number | readonly number[];
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
  /** Element type of the input; absent: the model's. */
  readonly type?: ElementType;
}

/** What holds for fields that are left out. */
export const defaultPreprocessing: Preprocessing = {
  resize: 'exact',
  filter: 'bilinear',
  antialias: true,
  fill: 0,
  colour: 'RGB',
  layout: 'NCHW',
  scale: 1,
  mean: 0,
  std: 1,
};

/** In words, for a line of a report. */
export function preprocessingText(preprocessing: Preprocessing): string {
  const { size, resize, filter, colour, layout, scale, mean, std, shorterSide } = preprocessing;
  const to = size ? `${size[0]}×${size[1]}` : 'the size of the input';
  const how = {
    exact: `resized to ${to} (${filter})`,
    crop: `shorter side to ${shorterSide ?? 'fit'} (${filter}), middle ${to}`,
    letterbox: `fitted into ${to} (${filter})`,
    none: `${to} as it is`,
  }[resize];
  const numbers = scalingText('pixels', { scale, mean, std });
  return `${how}, ${colour}, ${layout}, ${numbers === 'pixels' ? 'pixels 0 to 255' : numbers}`;
}

/** `pixels × 0.007843 − 1`: what becomes of numbers; their name alone where they stay. */
export function scalingText(
  name: string,
  { scale, mean, std }: Pick<Preprocessing, 'scale' | 'mean' | 'std'>,
): string {
  const list = (value: number | readonly number[]): string =>
    (typeof value === 'number' ? [value] : value)
      .map((one) => Number(one.toPrecision(4)))
      .join(' ');
  const is = (value: number | readonly number[], neutral: number): boolean =>
    (typeof value === 'number' ? [value] : value).every((one) => one === neutral);
  const values = [
    is(scale, 1) ? '' : `× ${list(scale)}`,
    is(mean, 0) ? '' : `− ${list(mean)}`,
    is(std, 1) ? '' : `÷ ${list(std)}`,
  ].filter((part) => part !== '');
  return [name, ...values].join(' ');
}
