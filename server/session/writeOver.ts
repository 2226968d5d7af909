import { realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Job } from '../core/job.ts';
import { Refused, refusedFile } from '../refused.ts';
import { fileIdentity, hashModel } from './fileHash.ts';
import { notesFor } from './saveSession.ts';
import type { Session } from './session.ts';

/** True where the file on disk is not the one that the session has open. */
export const isFileChanged = async ({ state }: Session): Promise<boolean> =>
  (await hashModel(state.document)) !== state.fileHash;

/**
 * Writes the applied changes over a file that somebody else has put in the place of the model's.
 * The weights that were not edited are read from the file as it was opened, which the handle still
 * holds; where that very file was written to, they are gone, and nothing is written.
 */
export async function writeOver(session: Session, job: Job): Promise<void> {
  const { document, graph, fileId } = session.state;
  if ((document.siblings ?? []).length > 0) throw inSeveralFiles(session);
  // Where that is a link, the file that it leads to is written.
  const path = await realpath(document.path).catch(() => document.path);
  if ((await fileIdentity(path)) === fileId) throw writtenInPlace(session);
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.mine`);
  try {
    const written = await document.write(graph, aside, notesFor(session), job);
    if (!written.ok) throw refusedFile(written.error);
    written.value.dispose();
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}

const inSeveralFiles = ({ name }: Session): Refused =>
  new Refused({
    code: 'several-files',
    message: `${name} keeps its weights in files of their own, and the files on disk are not the ones that were opened. Written over them, they would no longer fit each other.`,
    where: name,
    remedy: 'Use Save As to write your corrections into another folder.',
  });

const writtenInPlace = ({ name }: Session): Refused =>
  new Refused({
    code: 'file-rewritten',
    message: `${name} was written to in place since it was opened, so that the weights you did not edit are gone from it.`,
    where: name,
    remedy: 'Load the file as it is now and repeat the corrections.',
  });
