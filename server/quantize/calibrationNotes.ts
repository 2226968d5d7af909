import type { FormatIssue } from '../formats/format.ts';
import type { Calibration } from './calibrate.ts';

/** What a user should know of a calibration besides its grids. */
export function calibrationNotes({ statistics }: Pick<Calibration, 'statistics'>): FormatIssue[] {
  const issues: FormatIssue[] = [];
  for (const [name, { count, notFinite, min, max }] of statistics) {
    if (notFinite > 0) {
      const message = `"${name}" has ${notFinite} values that are not finite on these samples; its range leaves them out.`;
      issues.push({ code: 'not-finite', severity: 'warning', message, where: name });
    }
    if (count > 0 && min === max) {
      const message = `"${name}" is ${min} on every sample: its range says nothing.`;
      issues.push({ code: 'constant-activation', severity: 'info', message, where: name });
    }
  }
  return issues;
}
