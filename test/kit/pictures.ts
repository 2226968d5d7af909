import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Picture } from '../../server/data/images/picture.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
}

/** What Pillow made: test/oracle/make/pictures.py. */
export const pillow = JSON.parse(readFileSync('test/oracle/pictures.json', 'utf8')) as Pixels & {
  readonly rgb: string;
  readonly grey: string;
  readonly decoded: Readonly<Record<string, Pixels & { readonly rgb: string }>>;
  readonly resized: readonly (Pixels & {
    readonly mode: 'RGB' | 'L';
    readonly filter: 'bilinear' | 'bicubic' | 'nearest';
    readonly pixels: string;
  })[];
  readonly floating: readonly (Pixels & {
    readonly filter: 'bilinear' | 'bicubic';
    readonly pixels: string;
  })[];
  readonly fitted: readonly { readonly preprocess: object; readonly rgb: string }[];
};

/** The picture that Pillow resized, in colour and in grey. */
export const rgbPicture: Picture = {
  width: pillow.width,
  height: pillow.height,
  channels: 3,
  pixels: Uint8Array.from(Buffer.from(pillow.rgb, 'base64')),
};
export const greyPicture: Picture = {
  width: pillow.width,
  height: pillow.height,
  channels: 1,
  pixels: Uint8Array.from(Buffer.from(pillow.grey, 'base64')),
};

export const picturePath = (name: string): string => join('test/fixtures/pictures', name);
export const pictureFile = (name: string): Uint8Array => readFileSync(picturePath(name));

/** The beginning of a PNG of this size, without pixels. */
export function png(width: number, height: number): Uint8Array {
  const bytes = Buffer.alloc(33);
  bytes.write('\x89PNG\r\n\x1a\n', 'latin1');
  bytes.writeUInt32BE(13, 8);
  bytes.write('IHDR', 12, 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes[24] = 8;
  bytes[25] = 2;
  return bytes;
}
