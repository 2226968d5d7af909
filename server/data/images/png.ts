import type { DecodedPng } from 'fast-png';
import { pngChunks, viewOf } from './headers.ts';
import { BadImage, checkSize, type Picture } from './picture.ts';

/** Decodes a PNG of any depth and colour type. Throws `BadImage`. */
export async function decodePng(bytes: Uint8Array): Promise<Picture> {
  const [header] = pngChunks(bytes);
  if (header?.name !== 'IHDR') throw new BadImage('is a damaged PNG: it has no header');
  const view = viewOf(bytes);
  checkSize(view.getUint32(header.start), view.getUint32(header.start + 4));
  const { decode } = await import('fast-png');
  try {
    return toPicture(decode(bytes, { checkCrc: true }));
  } catch (thrown) {
    if (thrown instanceof BadImage) throw thrown;
    const why = thrown instanceof Error ? thrown.message : 'it is damaged';
    throw new BadImage(`cannot be decoded: ${why}`);
  }
}

function toPicture({ width, height, channels, depth, data, palette }: DecodedPng): Picture {
  const count = width * height;
  const sample = sampler(data, depth, width * channels);
  const isColour = palette !== undefined || channels >= 3;
  const pixels = new Uint8Array(count * (isColour ? 3 : 1));
  for (let at = 0; at < count; at++) {
    if (palette) {
      const entry = palette[sample(at)];
      if (!entry) throw new BadImage(`is damaged: its palette has no colour ${sample(at)}`);
      for (let c = 0; c < 3; c++) pixels[at * 3 + c] = entry[c] ?? 0;
    } else if (isColour) {
      for (let c = 0; c < 3; c++) pixels[at * 3 + c] = to8(sample(at * channels + c), depth);
    } else pixels[at] = to8(sample(at * channels), depth);
  }
  return { width, height, channels: isColour ? 3 : 1, pixels };
}

/** Reads samples one by one; those of less than 8 bits are packed, each row in whole bytes. */
function sampler(data: ArrayLike<number>, depth: number, perRow: number): (at: number) => number {
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(perRow / perByte);
  const rows = data.length / rowBytes;
  const isPacked = depth < 8 && Number.isInteger(rows) && data.length < perRow * rows;
  if (!isPacked) return (at) => data[at] ?? 0;
  return (at) => {
    const column = at % perRow;
    const byte = data[Math.floor(at / perRow) * rowBytes + Math.floor(column / perByte)] ?? 0;
    return (byte >> (8 - depth * ((column % perByte) + 1))) & (2 ** depth - 1);
  };
}

const to8 = (value: number, depth: number): number =>
  depth === 16 ? value >> 8 : depth === 8 ? value : (value * 255) / (2 ** depth - 1);
