import { open, rm, stat } from 'node:fs/promises';

/** Bytes that are read in pieces, wherever they are. */
export interface ByteSource {
  readonly sizeBytes: number;
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  dispose(): Promise<void>;
}

/** A part of a file, by default all of it. The file is open only while it is read. */
export async function fileSource(
  path: string,
  start = 0,
  sizeBytes?: number,
  isTemporary = false,
): Promise<ByteSource> {
  const size = sizeBytes ?? (await stat(path)).size - start;
  return {
    sizeBytes: size,
    async read(from, to) {
      const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from));
      const file = await open(path, 'r');
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + from + at);
          if (bytesRead === 0) return bytes.slice(0, at);
          at += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
    dispose: () => (isTemporary ? rm(path, { force: true }) : Promise.resolve()),
  };
}

/** Bytes in memory. */
export const memorySource = (bytes: Uint8Array): ByteSource => ({
  sizeBytes: bytes.length,
  read: (start, end) => Promise.resolve(Uint8Array.from(bytes.subarray(start, end))),
  dispose: () => Promise.resolve(),
});
