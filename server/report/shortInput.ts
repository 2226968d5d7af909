import { shortNamesOf } from '../cli/shortNames.ts';
import type { FindingRow } from '../protocol/model.ts';
import type { ComparisonInput } from './comparisonInput.ts';
import type { ReportInput } from './reportInput.ts';

/** The input with short names, and the sentence that says what was left out; empty: nothing was. */
export function withShortNames(input: ReportInput): {
  readonly input: ReportInput;
  readonly note: string;
} {
  const short = shortNamesOf(input.layers.map(({ name }) => name));
  const [note = ''] = short.note;
  if (note === '') return { input, note };
  const { text } = short;
  const { opened } = input;
  return {
    note,
    input: {
      ...input,
      verdict: text(input.verdict),
      layers: input.layers.map((row) => ({ ...row, name: text(row.name) })),
      findings: input.findings.map((row) => shortFinding(row, text)),
      ...(opened
        ? {
            opened: {
              findings: opened.findings.map((row) => shortFinding(row, text)),
              layers: opened.layers.map((row) => ({ ...row, name: text(row.name) })),
            },
          }
        : {}),
      ledger: input.ledger.map((row) => ({
        ...row,
        place: text(row.place),
        why: text(row.why),
        unblock: text(row.unblock),
        ...(row.detail === undefined ? {} : { detail: text(row.detail) }),
      })),
      proofs: input.proofs.map((proof) => ({
        ...proof,
        values: proof.values.map((value) => ({ ...value, name: text(value.name) })),
      })),
      encodings: input.encodings.map((row) => ({ ...row, tensor: text(row.tensor) })),
      issues: input.issues.map((issue) => ({ ...issue, message: text(issue.message) })),
    },
  };
}

/** The same for two models, each with what its own names begin with; a sentence for each that has. */
export function withShortPairs(input: ComparisonInput): {
  readonly input: ComparisonInput;
  readonly notes: readonly string[];
} {
  const { pairs, unmatched } = input;
  const first = shortNamesOf([...pairs.map(({ name }) => name), ...unmatched.first]);
  const second = shortNamesOf([
    ...pairs.map(({ name, otherName }) => otherName ?? name),
    ...unmatched.second,
  ]);
  const notes = [...new Set([...first.note, ...second.note])];
  if (notes.length === 0) return { input, notes };
  const both = (text: string): string => second.text(first.text(text));
  return {
    notes,
    input: {
      ...input,
      verdict: both(input.verdict),
      remarks: input.remarks.map(both),
      issues: input.issues.map((issue) => ({ ...issue, message: both(issue.message) })),
      pairs: pairs.map(({ otherName, ...pair }) => ({
        ...pair,
        name: first.text(pair.name),
        ...(otherName === undefined ? {} : { otherName: second.text(otherName) }),
      })),
      unmatched: {
        first: unmatched.first.map(first.text),
        second: unmatched.second.map(second.text),
      },
    },
  };
}

const shortFinding = (row: FindingRow, text: (long: string) => string): FindingRow => ({
  ...row,
  title: text(row.title),
  text: text(row.text),
  remedies: row.remedies.map((one) => ({ ...one, label: text(one.label) })),
});
