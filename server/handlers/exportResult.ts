import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import { writeFileAtomic } from '../files.ts';
import type { ExportParams } from '../protocol/requests.ts';
import { isSamePath } from '../formats/samePath.ts';
import { Refused, refusedFile } from '../refused.ts';
import { layersTable } from '../report/layersTable.ts';
import { sessionReport } from '../report/sessionReport.ts';
import { writeReport } from '../report/writeReport.ts';
import { exportSession } from '../session/exportSession.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';

/** Writes encodings, a quantized QDQ ONNX model, the layers table, or a report. */
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
    refuseOwn(session, path);
    const written =
      what.kind === 'table'
        ? await writeFileAtomic(path, layersTable(stateOf(session), what.as), { overwrite: true })
        : await writeReport(path, await sessionReport(session, job));
    if (!written.ok) throw refusedFile(written.error);
    return { notes: [] };
  });
}

/** What is written here is no model: it may not take the place of one. */
function refuseOwn({ state: { document } }: Session, path: string): void {
  if (![document.path, ...(document.siblings ?? [])].some((own) => isSamePath(own, path))) return;
  throw new Refused({
    code: 'is-the-model',
    message: `${path} is the model itself, and would be lost.`,
    where: path,
    remedy: 'Choose another name.',
  });
}
