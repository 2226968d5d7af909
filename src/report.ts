import type { LedgerRow, ModelState, ProofState } from '../server/protocol/model.ts';
import { byRank, describeRow, glyphs } from './layerRank.ts';

/** A model's state as Markdown: verdict, corrections with their proofs, findings, layers, refusals. */
export function reportOf(state: ModelState): string {
  const { file, targetLabel, verdict, changes, findings, layers, ledger, proofs } = state;
  const sections = [
    [`# ${file.name}`],
    [
      [
        file.label,
        `${(file.sizeBytes / 1e6).toFixed(2)} MB`,
        `${file.nodeCount.toLocaleString('en')} nodes`,
        `${file.parameterCount.toLocaleString('en')} weights`,
        `${file.inputs.join(', ')} → ${file.outputs.join(', ')}`,
      ].join(' · '),
      `Target: ${targetLabel}`,
    ],
    [verdict.map(({ text }) => text).join('')],
    listed(
      'Corrections',
      changes.map(({ label, note }) => `${label}: ${note}`),
    ),
    listed('Float still computes the same', proofs.map(proofLine)),
    listed(
      'Findings',
      findings.map(({ title, text, code }) => `${title} (${code}). ${text}`),
    ),
    [
      '## Layers by rank',
      '',
      '| | Layer | Operator | Shape | Weights |',
      '| --- | --- | --- | --- | --- |',
      ...byRank(layers, state.target.granularity).map(
        (row) =>
          `| ${glyphs[row.mark]} | ${cell(row.name)} | ${row.operator} | ${row.shape} | ${describeRow(row)} |`,
      ),
    ],
    listed('Why not', ledger.filter(({ outcome }) => outcome === 'refused').map(refusalLine)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines.map((line) => `- ${line}`)];

const cell = (text: string): string => text.replaceAll('|', '\\|');

function proofLine(proof: ProofState): string {
  if (proof.unavailable !== undefined) return `${proof.step}: not proved, ${proof.unavailable}`;
  if (!proof.exercised) return `${proof.step}: not exercised by the probes`;
  const move = `outputs move by ${proof.maxRel.toExponential(1)} of their largest value`;
  return `${proof.step}: ${move} (allowed ${proof.tolerance.toExponential(0)}), ${proof.samples} samples, ${proof.source}`;
}

const refusalLine = ({ step, place, why, unblock }: LedgerRow): string =>
  `${step}, ${place}: ${why}${unblock === '' ? '' : ` To unblock: ${unblock}`}`;
