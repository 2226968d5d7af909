import { BadImage } from './picture.ts';

/** Size and number of colour components of a JPEG (ITU-T T.81, B.2.2: the frame header). */
export function jpegHeader(bytes: Uint8Array): {
  width: number;
  height: number;
  components: number;
} {
  for (const { marker, start, end } of jpegSegments(bytes)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (!isFrame || end - start < 6) continue;
    const view = viewOf(bytes);
    return {
      height: view.getUint16(start + 1),
      width: view.getUint16(start + 3),
      components: view.getUint8(start + 5),
    };
  }
  throw new BadImage('is a damaged JPEG: it has no frame header');
}

/** The segments before the pixels; `start` and `end` are those of the payload. */
export function* jpegSegments(
  bytes: Uint8Array,
): Generator<{ marker: number; start: number; end: number }> {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) return;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const end = at + 2 + viewOf(bytes).getUint16(at + 2);
    if (end > bytes.length || end < at + 4) return;
    yield { marker, start: at + 4, end };
    at = end;
  }
}

/** Size of a WebP (RFC 9649, section 2). */
export function webpSize(bytes: Uint8Array): {
  width: number;
  height: number;
  isAnimated: boolean;
} {
  const view = viewOf(bytes);
  for (const { name, start, end } of riffChunks(bytes)) {
    if (name === 'VP8X' && end - start >= 10) {
      const third = (at: number): number =>
        view.getUint16(at, true) + view.getUint8(at + 2) * 65536;
      const isAnimated = (view.getUint8(start) & 2) !== 0;
      return { width: third(start + 4) + 1, height: third(start + 7) + 1, isAnimated };
    }
    if (name === 'VP8 ' && end - start >= 10) {
      const side = (at: number): number => view.getUint16(at, true) & 0x3fff;
      return { width: side(start + 6), height: side(start + 8), isAnimated: false };
    }
    if (name === 'VP8L' && end - start >= 5) {
      const bits = view.getUint32(start + 1, true);
      return {
        width: (bits & 0x3fff) + 1,
        height: ((bits >>> 14) & 0x3fff) + 1,
        isAnimated: false,
      };
    }
  }
  throw new BadImage('is a damaged WebP: it has no picture');
}

/** The chunks of a RIFF file; a last one that is cut off is given as far as it goes. */
export function* riffChunks(
  bytes: Uint8Array,
): Generator<{ name: string; start: number; end: number }> {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    yield { name, start, end: Math.min(start + size, bytes.length) };
    at = start + size + (size % 2);
  }
}

/** The chunks of a PNG before its pixels' end. */
export function* pngChunks(
  bytes: Uint8Array,
): Generator<{ name: string; start: number; end: number }> {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length;) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + size > bytes.length) return;
    yield { name, start: at + 8, end: at + 8 + size };
    at += 12 + size;
  }
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
