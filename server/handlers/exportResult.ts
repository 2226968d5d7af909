import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import { writeFileAtomic } from '../files.ts';
import type { CompareSide } from '../protocol/compare.ts';
import type { ExportParams } from '../protocol/requests.ts';
import { isSamePath } from '../formats/samePath.ts';
import { Refused, refusedFile } from '../refused.ts';
import { comparedReport } from '../report/comparedReport.ts';
import { sessionReport } from '../report/sessionReport.ts';
import { reportKinds, tableFile, writeReport } from '../report/writeReport.ts';
import { compareSides } from '../session/compareSides.ts';
import { exportSession } from '../session/exportSession.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';

/** Writes encodings, a quantized QDQ ONNX model, the layers table, or a report of one model or two. */
export function exportResult(
  sessions: Sessions,
  { uri, revision, to, what }: ExportParams,
  job: Job,
): Promise<{ readonly notes: readonly string[] }> {
  const session = sessions.get(uri);
  return session.change(revision, job, async () => {
    const path = URI.parse(to).fsPath;
    if (what.kind === 'encodings' || what.kind === 'qdq') {
      return { notes: await exportSession(session, path, what, job) };
    }
    const sides = what.kind === 'comparison' ? what.sides : [];
    refuseOwn(session, path, sides);
    if (what.kind !== 'table') refuseUnwritable(path);
    const written =
      what.kind === 'table'
        ? await writeFileAtomic(path, tableFile(stateOf(session), what.as), { overwrite: true })
        : await writeReport(
            path,
            what.kind === 'report'
              ? await sessionReport(session, job)
              : await comparedReport(session, await compareSides(session, what.sides, job), job),
          );
    if (!written.ok) throw refusedFile(written.error);
    return { notes: [] };
  });
}

/** What is written here is no model: it may not take the place of one. */
function refuseOwn(
  { state: { document } }: Session,
  path: string,
  sides: readonly CompareSide[],
): void {
  const others = sides.flatMap((side) => (side.kind === 'other' ? side.path : []));
  const own = [document.path, ...(document.siblings ?? [])].some((one) => isSamePath(one, path));
  if (!own && !others.some((one) => isSamePath(one, path))) return;
  throw new Refused({
    code: 'is-the-model',
    message: `${path} is ${own ? 'the model itself' : 'the other model'}, and would be lost.`,
    where: path,
    remedy: 'Choose another name.',
  });
}

/** Known before the work: what a report cannot be, and where nothing can be written. */
function refuseUnwritable(path: string): void {
  const endings = Object.keys(reportKinds);
  if (!endings.includes(extname(path).toLowerCase())) {
    throw new Refused({
      code: 'cannot-hold',
      message: `A report ends in ${endings.join(', ')}, and ${basename(path)} does not.`,
      where: path,
      remedy: 'Name a page, such as report.html.',
    });
  }
  const folder = dirname(path);
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isThere && isWritable(folder)) return;
  throw new Refused({
    code: isThere ? 'read-only' : 'not-found',
    message: `The folder of ${path} ${isThere ? 'is read-only' : 'does not exist'}.`,
    where: path,
    remedy: isThere ? 'Choose a folder of yours.' : 'Create it, or choose another folder.',
  });
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
