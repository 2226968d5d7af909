import fs from 'node:fs';
import { replaceFile, type PendingFile, writeFault } from './formats/atomicFile.ts';
import { attempt } from './formats/badFile.ts';
import type { FormatFault } from './formats/format.ts';
import { err, type Result } from './core/result.ts';

/** What may happen to a file that is there already. */
export interface WriteOptions {
  /** True: it is replaced. False (the default): the write is refused with the fault `exists`. */
  readonly overwrite?: boolean;
}

/**
 * Writes a file, all of it or nothing: beside the target first, synced, then renamed. For reports
 * and exports; a model is written by its format.
 */
export async function writeFileAtomic(
  target: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<Result<undefined, FormatFault>> {
  if (options.overwrite !== true && fs.existsSync(target)) {
    return err({
      code: 'exists',
      message: `${target} exists already.`,
      where: target,
      remedy: 'Choose another name, or allow the file to be overwritten.',
    });
  }
  return attempt(
    async () => {
      await replaceFile(target, (file) => fill(file, content));
      return undefined;
    },
    (error) => writeFault(error, target),
  );
}

async function fill(
  file: PendingFile,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (typeof content === 'string') await file.write(Buffer.from(content));
  else if (content instanceof Uint8Array) await file.write(content);
  else for await (const chunk of content) await file.write(chunk);
}
