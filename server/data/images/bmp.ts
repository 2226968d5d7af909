import { viewOf } from './headers.ts';
import { BadImage, checkSize, type Picture } from './picture.ts';

/** BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS (wingdi.h, BITMAPINFOHEADER.biCompression). */
const uncompressed = 0;
const maskKinds = [3, 6];

/** Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits a pixel. Throws `BadImage`. */
export function decodeBmp(bytes: Uint8Array): Picture {
  if (bytes.length < 26) throw new BadImage('is a damaged BMP: its header is cut off');
  const view = viewOf(bytes);
  const headerSize = view.getUint32(14, true);
  const isCore = headerSize === 12;
  if (!isCore && (headerSize < 40 || bytes.length < 54)) {
    throw new BadImage('is a damaged BMP: its header is cut off');
  }
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const stored = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(stored);
  checkSize(width, height);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? uncompressed : view.getUint32(30, true);
  const hasMasks = maskKinds.includes(compression);
  if (compression !== uncompressed && !hasMasks) {
    throw new BadImage(
      'is a compressed BMP (RLE, JPEG or PNG inside); save it uncompressed or as PNG',
    );
  }
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new BadImage(`has ${bits} bits a pixel`);
  const dataStart = view.getUint32(10, true);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (dataStart + rowBytes * height > bytes.length) {
    throw new BadImage('is damaged: its pixels are cut off');
  }
  const colourOf =
    bits <= 8
      ? paletteReader(view, 14 + headerSize, isCore ? 3 : 4, dataStart, bits)
      : maskReader(view, bits, hasMasks);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = dataStart + rowBytes * (stored > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      const colour = colourOf(row, x);
      const to = (y * width + x) * 3;
      pixels[to] = colour >> 16;
      pixels[to + 1] = (colour >> 8) & 255;
      pixels[to + 2] = colour & 255;
    }
  }
  return { width, height, channels: 3, pixels };
}

/** A pixel of a row as 0xRRGGBB. */
type ColourReader = (row: number, x: number) => number;

function paletteReader(
  view: DataView,
  start: number,
  entryBytes: number,
  end: number,
  bits: number,
): ColourReader {
  const count = Math.min(2 ** bits, Math.floor((end - start) / entryBytes));
  return (row, x) => {
    const byte = view.getUint8(row + Math.floor((x * bits) / 8));
    const index = (byte >> (8 - bits - ((x * bits) % 8))) & (2 ** bits - 1);
    if (index >= count) throw new BadImage(`is damaged: its palette has no colour ${index}`);
    const at = start + index * entryBytes;
    return (view.getUint8(at + 2) << 16) | view.getUint16(at, true);
  };
}

function maskReader(view: DataView, bits: number, hasMasks: boolean): ColourReader {
  if (bits === 24) {
    return (row, x) => (view.getUint8(row + x * 3 + 2) << 16) | view.getUint16(row + x * 3, true);
  }
  // Without masks: 5 bits a colour, or 8 (wingdi.h).
  const masks = hasMasks
    ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
    : bits === 16
      ? [0x7c00, 0x3e0, 0x1f]
      : [0xff0000, 0xff00, 0xff];
  const parts = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, top: Math.max(1, mask >>> shift) };
  });
  return (row, x) => {
    const value =
      bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true);
    return parts.reduce((colour, { mask, shift, top }) => {
      const part = (value & mask) >>> shift;
      return (colour << 8) | Math.floor((part * 255) / top);
    }, 0);
  };
}
