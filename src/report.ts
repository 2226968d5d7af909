import type { FileRecord } from '../server/protocol/record.ts';
import type { LedgerRow, ModelState, ProofState } from '../server/protocol/model.ts';
import { byRank, describeRow, glyphs } from './layerRank.ts';
import { markdownText } from './markdown.ts';

/** A model's state as Markdown: verdict, corrections with their proofs, findings, layers, refusals. */
export function reportOf(state: ModelState): string {
  const {
    file,
    targetLabel,
    verdict,
    changes,
    findings,
    layers,
    ledger,
    proofs,
    proofWords = '',
    record,
  } = state;
  const sections = [
    [`# ${markdownText(file.name)}`],
    [
      markdownText(
        [
          file.label,
          bytesText(file.sizeBytes),
          countText(file.nodeCount, 'node'),
          countText(file.parameterCount, 'weight'),
          `${file.inputs.join(', ')} → ${file.outputs.join(', ')}`,
        ].join(' · '),
      ),
      `Target: ${markdownText(targetLabel)}`,
    ],
    [markdownText(verdict.map(({ text }) => text).join(''))],
    listed(
      'Corrections',
      changes.map(({ label, note }) => `${label}: ${note}`),
    ),
    listed(proofWords, proofs.map(proofLine)),
    ...(record ? recorded(record) : []),
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
          `| ${[glyphs[row.mark], row.name, row.operator, row.shape, describeRow(row)].map(markdownText).join(' | ')} |`,
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
  lines.length === 0 ? [] : [`## ${markdownText(title)}`, '', ...items(lines)];

const items = (lines: readonly string[]): string[] =>
  lines.map((line) => `- ${markdownText(line)}`);

/** What the file says was done to it before. */
const recorded = ({ words, changes, repair, proofs, proofWords }: FileRecord): string[][] => [
  [
    '## Recorded in the file, not measured now',
    '',
    markdownText(words),
    '',
    ...items(changes.map(({ label }) => label)),
  ],
  ...(repair ? [[`It was said of the repair: “${markdownText(repair.summary)}”`]] : []),
  ...(proofWords === undefined
    ? []
    : [
        [
          `It was said of the proofs: “${markdownText(proofWords)}”`,
          '',
          ...items(proofs.map(proofLine)),
        ],
      ]),
];

function proofLine(proof: ProofState): string {
  if (proof.unavailable !== undefined) return `${proof.step}: not proved, ${proof.unavailable}`;
  if (!proof.exercised) return `${proof.step}: not exercised by the probes`;
  const allowed =
    proof.tolerance === undefined ? '' : ` (allowed ${proof.tolerance.toExponential(0)})`;
  const move = `outputs move by ${proof.maxRel.toExponential(1)} of their largest value${allowed}`;
  const note = proof.note === undefined ? '' : `. ${proof.note}`;
  return `${proof.step}: ${move}, ${countText(proof.samples, proof.note === undefined ? 'probe' : 'sample')}, ${proof.source}${note}`;
}

/** `1 node`, `1,234 nodes`. */
const countText = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** `147.6 kB`, as the page and the HTML report write it. */
export function bytesText(sizeBytes: number): string {
  if (sizeBytes >= 1e9) return `${(sizeBytes / 1e9).toFixed(2)} GB`;
  if (sizeBytes >= 1e6) return `${(sizeBytes / 1e6).toFixed(2)} MB`;
  if (sizeBytes >= 1e3) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return `${sizeBytes} B`;
}

const refusalLine = ({ step, place, why, unblock }: LedgerRow): string =>
  `${step}, ${place}: ${why}${unblock === '' ? '' : ` To unblock: ${unblock}`}`;
