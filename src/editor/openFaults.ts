import type { Uri } from 'vscode';
import type { Fault } from '../../server/protocol/requests.ts';
import { t } from '../l10n.ts';

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
  message: t('Only files on a disk can be read; this one comes from “{0}”.', scheme),
  remedy:
    scheme === 'git'
      ? t('Press “Compare models” in the title bar: it reads what git has, and compares.')
      : t('Save a copy in a folder on this machine and open that.'),
});

/** The user stopped the reading. */
export const stoppedWhileOpening: Fault = {
  code: 'stopped',
  message: t('Opening was stopped.'),
  remedy: t('Choose “Try again” to read the file.'),
};
