import { extname } from 'node:path';
import type { Result } from '../core/result.ts';
import { writeFileAtomic } from '../files.ts';
import type { FormatFault } from '../formats/format.ts';
import { comparisonCsv, comparisonJson } from './comparisonData.ts';
import { isComparison, type AnyReport } from './comparisonInput.ts';
import { csvFile } from './csv.ts';
import { htmlComparison } from './htmlComparison.ts';
import { htmlReport } from './htmlReport.ts';
import { jsonReport } from './jsonReport.ts';
import { layersTable, type LayersTableInput } from './layersTable.ts';

const asPage = (report: AnyReport): string =>
  isComparison(report) ? htmlComparison(report) : htmlReport(report);

/** What the ending of a report's name says it is: a page for people, the same as data, or a table. */
export const reportKinds: Readonly<Record<string, (report: AnyReport) => string>> = {
  '.html': asPage,
  '.htm': asPage,
  '.csv': (report) =>
    isComparison(report) ? csvFile(comparisonCsv(report)) : tableFile(report, 'csv'),
  '.json': (report) => (isComparison(report) ? comparisonJson(report) : jsonReport(report)),
};

/** The table of layers as a file. */
export const tableFile = (input: LayersTableInput, as: 'csv' | 'json'): string =>
  as === 'csv' ? csvFile(layersTable(input, as)) : layersTable(input, as);

/** Writes a report as the ending of its name says; all of it, or nothing. */
export function writeReport(
  path: string,
  report: AnyReport,
): Promise<Result<undefined, FormatFault>> {
  const kind = reportKinds[extname(path).toLowerCase()] ?? asPage;
  return writeFileAtomic(path, kind(report), { overwrite: true });
}
