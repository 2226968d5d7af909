import type { ElementType } from '../../core/graph/tensor.ts';
import type { EngineTensor } from '../../engines/engine.ts';
import type { Preprocessing } from '../preprocessing.ts';
import { BadImage, cropPicture, toColour, toGrey, type Picture } from './picture.ts';
import { resizePicture } from './resize.ts';

/** Preprocessing whose size is known. */
export type SizedPreprocessing = Preprocessing & {
  readonly size: readonly [height: number, width: number];
};

/** Cuts out and resizes a picture, and gives it the colours that the network takes. */
export function fitPicture(picture: Picture, preprocessing: SizedPreprocessing): Picture {
  const { colour, crop } = preprocessing;
  const coloured = colour === 'grey' ? toGrey(picture) : toColour(picture);
  return resized(crop ? cropped(coloured, crop) : coloured, preprocessing);
}

/** The elements of an input: of a picture that was fitted, scaled and laid out. */
export function pictureValues(
  { width, height, channels, pixels }: Picture,
  preprocessing: Preprocessing,
  type: ElementType,
): EngineTensor['values'] {
  const { colour, layout, scale, mean, std } = preprocessing;
  const count = width * height;
  const values =
    type === 'float64' ? new Float64Array(count * channels) : new Float32Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const from = colour === 'BGR' ? channels - 1 - c : c;
    const [factor, offset, divisor] = [at(scale, c), at(mean, c), at(std, c)];
    const step = layout === 'NCHW' ? 1 : channels;
    const start = layout === 'NCHW' ? c * count : c;
    for (let i = 0; i < count; i++) {
      values[start + i * step] = ((pixels[i * channels + from] ?? 0) * factor - offset) / divisor;
    }
  }
  return values;
}

/** One number for all channels, or that of the channel. */
const at = (value: number | readonly number[], channel: number): number =>
  typeof value === 'number' ? value : (value[channel] ?? 0);

function cropped(picture: Picture, crop: NonNullable<Preprocessing['crop']>): Picture {
  const { width, height } = picture;
  if ('fraction' in crop) {
    const wide = Math.max(1, Math.round(width * crop.fraction));
    const high = Math.max(1, Math.round(height * crop.fraction));
    return centre(picture, wide, high);
  }
  if (crop.left + crop.width > width || crop.top + crop.height > height) {
    throw new BadImage(
      `is ${width}×${height} pixels, and the crop goes to ${crop.left + crop.width}×${crop.top + crop.height}`,
    );
  }
  return cropPicture(picture, crop.left, crop.top, crop.width, crop.height);
}

function resized(picture: Picture, preprocessing: SizedPreprocessing): Picture {
  const { resize, size, filter, antialias, shorterSide, fill } = preprocessing;
  const [high, wide] = size;
  const { width, height } = picture;
  const to = (toWidth: number, toHeight: number): Picture =>
    resizePicture(picture, Math.max(1, toWidth), Math.max(1, toHeight), filter, antialias);
  switch (resize) {
    case 'exact':
      return to(wide, high);
    case 'none':
      if (width === wide && height === high) return picture;
      throw new BadImage(
        `is ${width}×${height} pixels, and the network takes ${wide}×${high}: "resize" is "none"`,
      );
    case 'crop': {
      if (shorterSide === undefined) {
        const factor = Math.max(high / height, wide / width);
        const covers = to(
          Math.max(wide, Math.round(width * factor)),
          Math.max(high, Math.round(height * factor)),
        );
        return centre(covers, wide, high);
      }
      // As torchvision's Resize(shorterSide): the longer side is cut to a whole number.
      const shorter = Math.min(width, height);
      const side = (length: number): number =>
        length === shorter ? shorterSide : Math.trunc((shorterSide * length) / shorter);
      return centre(to(side(width), side(height)), wide, high);
    }
    case 'letterbox': {
      const factor = Math.min(high / height, wide / width);
      const fitted = to(
        Math.min(wide, Math.round(width * factor)),
        Math.min(high, Math.round(height * factor)),
      );
      return onto(fitted, wide, high, fill);
    }
  }
}

/** The middle part; as torchvision's CenterCrop, which rounds a half to the even side. */
function centre(picture: Picture, width: number, height: number): Picture {
  const left = roundHalfToEven((picture.width - width) / 2);
  const top = roundHalfToEven((picture.height - height) / 2);
  return cropPicture(picture, left, top, width, height);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/** The picture in the middle of a plain one. */
function onto(picture: Picture, width: number, height: number, fill: number): Picture {
  const { channels, pixels } = picture;
  const out =
    picture.pixels instanceof Float32Array
      ? new Float32Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  out.fill(fill);
  const left = Math.floor((width - picture.width) / 2);
  const top = Math.floor((height - picture.height) / 2);
  for (let y = 0; y < picture.height; y++) {
    const row = pixels.subarray(y * picture.width * channels, (y + 1) * picture.width * channels);
    out.set(row, ((top + y) * width + left) * channels);
  }
  return { width, height, channels, pixels: out };
}
