import { err, ok, type Result } from '../core/result.ts';
import type { FormatFault } from './format.ts';

/** Thrown inside a format only; its door turns it into a fault. */
export class BadFile extends Error {
  override readonly name = 'BadFile';
  constructor(readonly fault: FormatFault) {
    super(fault.message);
  }
}

/** Ends the reading or writing of a file with this fault. */
export function refuse(fault: FormatFault): never {
  throw new BadFile(fault);
}

/**
 * The door of a format: what `run` gives, or the fault it ended with. What the operating system
 * refuses is a fault too, put in words by `explain`. Anything else is a bug or a stop, thrown on.
 */
export async function attempt<T>(
  run: () => Promise<T>,
  explain: (error: NodeJS.ErrnoException) => FormatFault,
): Promise<Result<T, FormatFault>> {
  try {
    return ok(await run());
  } catch (thrown) {
    if (thrown instanceof BadFile) return err(thrown.fault);
    if (isSystemError(thrown)) return err(explain(thrown));
    throw thrown;
  }
}

/** True for an error of the operating system, such as ENOENT. */
export const isSystemError = (thrown: unknown): thrown is NodeJS.ErrnoException =>
  thrown instanceof Error && 'errno' in thrown && 'code' in thrown;

/** What it means when a file cannot be read. */
export function readFault(error: NodeJS.ErrnoException, path: string): FormatFault {
  const where = error.path ?? path;
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        code: 'not-found',
        message: `${where} does not exist.`,
        where,
        remedy: 'Check the path; the file may have been moved or deleted.',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'no-access',
        message: `${where} may not be read.`,
        where,
        remedy: 'Give yourself read permission on the file.',
      };
    case 'EISDIR':
      return notAFile(where);
    default:
      return { code: 'read-failed', message: `${where} cannot be read: ${error.message}`, where };
  }
}

/** A folder, a socket or the like where a file is needed. */
export const notAFile = (path: string): FormatFault => ({
  code: 'not-a-file',
  message: `${path} is not a file.`,
  where: path,
  remedy: 'Choose the model file itself.',
});
