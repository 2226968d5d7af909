import { decodeBmp } from './bmp.ts';
import { Codec } from './codec.ts';
import { jpegHeader, webpSize } from './headers.ts';
import { exifOrientation, orient } from './orientation.ts';
import { BadImage, checkSize, type Picture } from './picture.ts';
import { decodePng } from './png.ts';

/** File name endings of the pictures that are read. */
export const imageEndings = /\.(jpe?g|png|bmp|webp)$/i;
/** Endings of pictures that are not. */
export const otherImageEndings = /\.(gif|tiff?|heic|heif|avif|jp2|jxl|ppm|pgm|tga|svg)$/i;

const jpeg = new Codec(
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  () => import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js'),
);
const webp = new Codec(
  '@jsquash/webp/codec/dec/webp_dec.wasm',
  () => import('@jsquash/webp/codec/dec/webp_dec.js'),
);

/**
 * Decodes a JPEG, PNG, BMP or WebP by what it begins with, not by its name, and turns it upright as
 * its EXIF orientation says. 16 bits become 8 (the upper ones); transparency is dropped. Throws
 * `BadImage`.
 */
export async function decodeImage(bytes: Uint8Array): Promise<Picture> {
  const picture = await decode(bytes);
  const orientation = exifOrientation(bytes);
  return orientation === 1 ? picture : orient(picture, orientation);
}

async function decode(bytes: Uint8Array): Promise<Picture> {
  if (bytes.length === 0) throw new BadImage('is empty');
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  if (head.startsWith('\xff\xd8\xff')) {
    const { width, height, components } = jpegHeader(bytes);
    checkSize(width, height);
    if (components === 4) throw new BadImage('is a CMYK JPEG; save it as RGB');
    return jpeg.decode(bytes, false);
  }
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return decodePng(bytes);
  if (head.startsWith('BM')) return decodeBmp(bytes);
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) {
    const { width, height, isAnimated } = webpSize(bytes);
    checkSize(width, height);
    if (isAnimated) throw new BadImage('is an animated WebP; save a single picture');
    return webp.decode(bytes);
  }
  throw new BadImage('is no JPEG, PNG, BMP or WebP');
}
