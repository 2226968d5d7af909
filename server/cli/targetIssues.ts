import { basename } from 'node:path';
import type { Graph } from '../core/graph/graph.ts';
import { isBuiltInPlacement } from '../core/quant/placements/builtIn.ts';
import type { FormatIssue } from '../formats/format.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { targetFileProblems } from '../targetFile.ts';

/** What is to be said of the quantsim configuration of a target, with its lines and columns. */
export function targetIssues({ placement }: TargetSettings, { nodes }: Graph): FormatIssue[] {
  if (isBuiltInPlacement(placement)) return [];
  const problems = targetFileProblems(placement, new Set(nodes.map(({ op }) => op)));
  return problems.map(({ code, severity, message, line, column }) => ({
    code,
    severity,
    message: `${basename(placement)}:${line}:${column}: ${message}`,
    where: `${placement}:${line}:${column}`,
  }));
}
