import { extname } from 'node:path';
import type { Result } from '../core/result.ts';
import { writeFileAtomic } from '../files.ts';
import type { FormatFault } from '../formats/format.ts';
import { htmlReport } from './htmlReport.ts';
import { jsonReport } from './jsonReport.ts';
import { layersTable } from './layersTable.ts';
import type { ReportInput } from './reportInput.ts';

/** What the ending of a report's name says it is: a page for people, the same as data, or the table of layers. */
export const reportKinds: Readonly<Record<string, (input: ReportInput) => string>> = {
  '.html': htmlReport,
  '.htm': htmlReport,
  '.csv': (input) => layersTable(input, 'csv'),
  '.json': jsonReport,
};

/** Writes a report as the ending of its name says; all of it, or nothing. */
export function writeReport(
  path: string,
  input: ReportInput,
): Promise<Result<undefined, FormatFault>> {
  const kind = reportKinds[extname(path).toLowerCase()] ?? htmlReport;
  return writeFileAtomic(path, kind(input), { overwrite: true });
}
