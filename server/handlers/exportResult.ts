import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import { writeFileAtomic } from '../files.ts';
import type { ExportParams } from '../protocol/requests.ts';
import { refusedFile } from '../refused.ts';
import { layersTable } from '../report/layersTable.ts';
import { exportSession } from '../session/exportSession.ts';
import type { Sessions } from '../sessions.ts';
import { stateOf } from '../toWire/modelState.ts';

/** Writes encodings, a quantized QDQ ONNX model, or the layers table. */
export function exportResult(
  sessions: Sessions,
  { uri, revision, to, what }: ExportParams,
  job: Job,
): Promise<{ readonly notes: readonly string[] }> {
  const session = sessions.get(uri);
  return session.change(revision, job, async () => {
    const path = URI.parse(to).fsPath;
    if (what.kind !== 'table') return { notes: await exportSession(session, path, what, job) };
    const text = layersTable(stateOf(session), what.as);
    const written = await writeFileAtomic(path, text, { overwrite: true });
    if (!written.ok) throw refusedFile(written.error);
    return { notes: [] };
  });
}
