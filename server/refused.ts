import type { FormatFault } from './formats/format.ts';
import type { Fault } from './protocol/requests.ts';

/** A request that is refused for a reason the user can act on; becomes `error.data`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** There is nothing to run the model with. */
export const noEngine = (): Refused =>
  new Refused({
    code: 'no-engine',
    message: 'There is no engine here that runs a model on samples.',
    remedy: 'Weights are measured and corrected without one; the log says why it is missing.',
  });

/** What is wrong with a file, as a refusal. */
export function refusedFile(fault: FormatFault): Refused {
  const { code, message, offset, where, remedy, beside } = fault;
  return new Refused({
    code,
    message,
    ...(offset === undefined ? {} : { offset }),
    ...(where === undefined ? {} : { where }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(beside === undefined ? {} : { beside }),
  });
}

/** What the system says of a file or folder, by its code: what that means, and what to do. */
const systemWords: Readonly<Record<string, readonly [code: string, what: string, todo: string]>> = {
  ENOENT: ['file-missing', 'is not there', 'Put it back, or save it elsewhere with Save As'],
  ENOTDIR: ['file-missing', 'is not in a folder', 'Put it back, or save it elsewhere with Save As'],
  EACCES: ['read-only', 'may not be accessed', 'Change its rights, or save it elsewhere'],
  EPERM: ['read-only', 'may not be accessed', 'Change its rights, or save it elsewhere'],
  EROFS: ['read-only', 'is on a read-only disk', 'Save it elsewhere with Save As'],
  EIO: ['disk', 'could not be read or written: the disk failed', 'Save it elsewhere with Save As'],
  ENOSPC: ['disk', 'could not be written: the disk is full', 'Make room, or save it elsewhere'],
};

/** An error of the file system as a refusal; undefined for any other. */
export function systemFault(thrown: unknown): Fault | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  const words = systemWords[String(thrown.code)];
  if (!words) return undefined;
  const [code, what, todo] = words;
  const path = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : undefined;
  return {
    code,
    message: `${path ?? 'A file that is needed'} ${what}.`,
    ...(path === undefined ? {} : { where: path }),
    remedy: `${todo}.`,
  };
}
