import type { Uri } from 'vscode';
import type { Fault } from '../../server/protocol/requests.ts';

/** Faults of `open` with a change log that mean: the log does not fit, the file may be fine. */
export const logFaults: ReadonlySet<string> = new Set([
  'file-changed',
  'not-repeated',
  'unknown-change',
  'undo-not-kept',
]);

/** The file is in a version control's past, in an archive, on a web server. */
export const notOnDisk = ({ scheme }: Uri): Fault => ({
  code: 'not-on-disk',
  message: `Only files on a disk can be read; this one comes from “${scheme}”.`,
  remedy:
    scheme === 'git'
      ? 'Press “Compare Models” in the title bar: it reads what git has, and compares.'
      : 'Save a copy in a folder on this machine and open that.',
});

/** The user stopped the reading. */
export const stoppedWhileOpening: Fault = {
  code: 'stopped',
  message: 'Opening was stopped.',
  remedy: 'Choose “Try Again” to read the file.',
};
