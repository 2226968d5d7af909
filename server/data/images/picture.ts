/** A decoded picture: rows from the top, channels interleaved, 8 bits or floats of 0 to 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array | Float32Array;
}

/** More pixels than this are not decoded (8192 x 8192): a small file may claim any size. */
export const mostPixels = 2 ** 26;

/** Thrown by decoders: the rest of a sentence that begins with the file's name. */
export class BadImage extends Error {
  override readonly name = 'BadImage';
}

/** Refuses sizes that no picture has, or that would fill the memory. */
export function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new BadImage(`is ${width}×${height} pixels`);
  if (width * height <= mostPixels) return;
  const text = `is ${width}×${height} pixels, more than the ${mostPixels / 2 ** 20} million that are read`;
  throw new BadImage(text);
}

/** Red, green and blue of RGBA; transparency is dropped, as Pillow's `convert("RGB")` does. */
export function withoutAlpha(rgba: ArrayLike<number>, width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < pixels.length; from += 4, to += 3) {
    pixels[to] = rgba[from] ?? 0;
    pixels[to + 1] = rgba[from + 1] ?? 0;
    pixels[to + 2] = rgba[from + 2] ?? 0;
  }
  return { width, height, channels: 3, pixels };
}

/** A part of a picture. */
export function cropPicture(
  picture: Picture,
  left: number,
  top: number,
  width: number,
  height: number,
): Picture {
  const { channels, pixels } = picture;
  const out = picture.pixels.slice(0, width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * channels;
    out.set(pixels.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, pixels: out };
}

/** Luma of ITU-R 601-2 in 16-bit fixed point, as Pillow's `convert("L")`. */
export function toGrey(picture: Picture): Picture {
  if (picture.channels === 1) return picture;
  const { width, height, pixels } = picture;
  const isFloat = pixels instanceof Float32Array;
  const out = isFloat ? new Float32Array(width * height) : new Uint8Array(width * height);
  for (let from = 0, to = 0; to < out.length; from += 3, to++) {
    const [red = 0, green = 0, blue = 0] = [pixels[from], pixels[from + 1], pixels[from + 2]];
    const sum = red * 19595 + green * 38470 + blue * 7471;
    out[to] = isFloat ? sum / 65536 : (sum + 0x8000) >> 16;
  }
  return { width, height, channels: 1, pixels: out };
}

/** Three equal channels of a grey picture. */
export function toColour(picture: Picture): Picture {
  if (picture.channels === 3) return picture;
  const { width, height, pixels } = picture;
  const size = pixels.length * 3;
  const out = pixels instanceof Float32Array ? new Float32Array(size) : new Uint8Array(size);
  for (let i = 0; i < pixels.length; i++) out.fill(pixels[i] ?? 0, i * 3, i * 3 + 3);
  return { width, height, channels: 3, pixels: out };
}
