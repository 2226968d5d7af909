import { open, rename, rm } from 'node:fs/promises';

export type Append = (bytes: Uint8Array) => Promise<void>;

/** Most that one write call is given: Linux takes no more than 2 GiB at once. */
const pieceBytes = 64 * 2 ** 20;

/** Writes a file beside `path`, syncs it, and renames it over `path`; on failure nothing is left. */
export async function writeAtomically(
  path: string,
  write: (append: Append) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(async (bytes) => {
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          await file.appendFile(bytes.subarray(at, at + pieceBytes));
        }
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (failure) {
    await rm(temporary, { force: true });
    throw failure;
  }
}
