import type { Graph } from '../core/graph/graph.ts';
import { biasOverflows } from '../core/quant/biasEncodings.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { FormatIssue } from '../formats/format.ts';
import type { Calibration } from './calibrate.ts';
import { nounText } from '../core/reports/words.ts';

/** What a user should know of a calibration besides its grids; of its biases where `graph` is given. */
export function calibrationNotes(
  { statistics, encodings }: Pick<Calibration, 'statistics' | 'encodings'>,
  graph?: Pick<Graph, 'tensors'>,
): FormatIssue[] {
  const issues: FormatIssue[] = graph ? overflowNotes(encodings, graph) : [];
  for (const [name, { count, notFinite, min, max }] of statistics) {
    if (notFinite > 0) {
      const message = `"${name}" has ${nounText(notFinite, 'value that is', 'values that are')} not finite on these samples; its range leaves them out.`;
      issues.push({ code: 'not-finite', severity: 'warning', message, where: name });
    }
    if (count > 0 && min === max) {
      const message = `"${name}" is ${min} on every sample: its range says nothing.`;
      issues.push({ code: 'constant-activation', severity: 'info', message, where: name });
    }
  }
  return issues;
}

/** Biases that do not fit into the integers that the target has for them. */
function overflowNotes(encodings: EncodingSet, { tensors }: Pick<Graph, 'tensors'>): FormatIssue[] {
  return [...encodings.values()].flatMap((encoding) => {
    const tensor = encoding.kind === 'bias' ? tensors.get(encoding.tensor) : undefined;
    const found = tensor ? biasOverflows(tensor, encoding) : [];
    if (found.length === 0) return [];
    const most = Math.max(...found.map(({ factor }) => factor));
    const channels = found.length === 1 ? '1 channel' : `${found.length} channels`;
    const message = `The bias "${encoding.tensor}" overflows its ${encoding.grids.bits}-bit integers in ${channels}, by up to ${most.toPrecision(3)}x: the scales of input and weight are too small for it.`;
    return [
      { code: 'bias-overflow', severity: 'warning' as const, message, where: encoding.tensor },
    ];
  });
}
