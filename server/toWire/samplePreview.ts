import { deflateSync } from 'node:zlib';
import { crc32 } from '../data/crc32.ts';
import type { SamplePreview as Seen } from '../data/previewSample.ts';
import type { SamplePreview } from '../protocol/requests.ts';
import { rangeText } from '../core/reports/words.ts';

/** A sample as the network will see it, its picture as a PNG. */
export function samplePreviewOf(index: number, seen: Seen): SamplePreview {
  const { name, label, className, dims, type, channels, thumbnail } = seen;
  const low = Math.min(...channels.map(({ min }) => min));
  const high = Math.max(...channels.map(({ max }) => max));
  const labelled =
    label === undefined
      ? ''
      : `, label ${label}${className === undefined ? '' : ` (${className})`}`;
  return {
    index,
    ...(label === undefined ? {} : { label }),
    ...(thumbnail ? { picture: pngOf(thumbnail) } : {}),
    channels,
    words: `${name}${labelled}: ${dims.join('×')} ${type}, ${rangeText(low)} to ${rangeText(high)}.`,
  };
}

/** An 8-bit RGBA picture as a PNG (ISO/IEC 15948) in a data URI. */
function pngOf({ width, height, rgba }: NonNullable<Seen['thumbnail']>): string {
  const pixels = Buffer.from(rgba, 'base64');
  const rows = Buffer.alloc(height * (1 + 4 * width));
  for (let y = 0; y < height; y++) {
    pixels.copy(rows, y * (1 + 4 * width) + 1, y * 4 * width, (y + 1) * 4 * width);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', none)];
  return `data:image/png;base64,${Buffer.concat([signature, ...chunks]).toString('base64')}`;
}

const none = Buffer.alloc(0);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
