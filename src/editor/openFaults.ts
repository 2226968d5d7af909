import type { Uri } from 'vscode';
import type { ChangeLog, Fault } from '../../server/protocol/requests.ts';
import { Refused, toSentence } from '../server/answers.ts';
import { t } from '../l10n.ts';

/** Faults of `open` with a change log that mean: the log does not fit, the file may be fine. */
const logFaults: ReadonlySet<string> = new Set([
  'file-changed',
  'not-repeated',
  'unknown-change',
  'undo-not-kept',
]);

/** What is told of a log that does not fit; undefined for all other faults. */
export const misfitInWords = (thrown: unknown): string | undefined =>
  thrown instanceof Refused && logFaults.has(thrown.fault.code)
    ? t('Unsaved corrections could not be restored. {0}', toSentence(thrown.fault))
    : undefined;

/** What is told of saved changes that were undone, where that was not saved. */
export const undoneInWords = ({ undone = [] }: ChangeLog): string =>
  t(
    'What had been saved and then undone could not be undone again: {0}. The weights from before were not kept over the restart.',
    undone.map(({ label }) => label).join(', '),
  );

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
