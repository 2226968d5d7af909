import { jpegSegments, pngChunks, riffChunks, viewOf } from './headers.ts';
import type { Picture } from './picture.ts';

/** Orientation of a picture, 1 (upright) to 8 (Exif 2.32, tag 0x0112); 1 where it says none. */
export function exifOrientation(bytes: Uint8Array): number {
  for (const tiff of exifBlocks(bytes)) {
    const found = orientationOf(tiff);
    if (found !== undefined) return found;
  }
  return 1;
}

/** Turns and mirrors a picture so that it is upright. */
export function orient(picture: Picture, orientation: number): Picture {
  const { width, height, channels, pixels } = picture;
  const isTurned = orientation >= 5;
  const out = pixels.slice();
  const [wide, high] = isTurned ? [height, width] : [width, height];
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const [fromX, fromY] = source(orientation, x, y, width, height);
      const from = (fromY * width + fromX) * channels;
      const to = (y * wide + x) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = pixels[from + c] ?? 0;
    }
  }
  return { width: wide, height: high, channels, pixels: out };
}

/** Where the pixel at (x, y) of the upright picture is in the stored one. */
function source(
  orientation: number,
  x: number,
  y: number,
  width: number,
  height: number,
): [x: number, y: number] {
  const right = width - 1;
  const bottom = height - 1;
  switch (orientation) {
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
    default:
      return [x, y];
  }
}

function* exifBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  const isExif = (at: number): boolean =>
    String.fromCharCode(...bytes.subarray(at, at + 6)) === 'Exif\0\0';
  if (bytes[0] === 0xff) {
    for (const { marker, start, end } of jpegSegments(bytes)) {
      if (marker === 0xe1 && isExif(start)) yield bytes.subarray(start + 6, end);
    }
  } else if (bytes[0] === 0x89) {
    for (const { name, start, end } of pngChunks(bytes)) {
      if (name === 'eXIf') yield bytes.subarray(start, end);
    }
  } else if (bytes[0] === 0x52) {
    for (const { name, start, end } of riffChunks(bytes)) {
      if (name === 'EXIF') yield bytes.subarray(isExif(start) ? start + 6 : start, end);
    }
  }
}

/** The orientation in the first directory of a TIFF structure. */
function orientationOf(tiff: Uint8Array): number | undefined {
  if (tiff.length < 14) return undefined;
  const view = viewOf(tiff);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const isLittle = order === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return undefined;
  const count = view.getUint16(directory, isLittle);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.length) return undefined;
    if (view.getUint16(entry, isLittle) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, isLittle);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}
