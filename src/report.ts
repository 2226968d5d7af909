import type { FileRecord } from '../server/protocol/record.ts';
import type { LedgerRow, ModelState, ProofState } from '../server/protocol/model.ts';
import { t } from './l10n.ts';
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
          file.nodeCount === 1 ? t('1 node') : t('{0} nodes', grouped(file.nodeCount)),
          file.parameterCount === 1
            ? t('1 weight')
            : t('{0} weights', grouped(file.parameterCount)),
          `${file.inputs.join(', ')} → ${file.outputs.join(', ')}`,
        ].join(' · '),
      ),
      markdownText(t('Target: {0}', targetLabel)),
    ],
    [markdownText(verdict.map(({ text }) => text).join(''))],
    listed(
      t('Corrections'),
      changes.map(({ label, note }) => `${label}: ${note}`),
    ),
    listed(proofWords, proofs.map(proofLine)),
    ...(record ? recorded(record) : []),
    listed(
      t('Findings'),
      findings.map(({ title, text, code }) => `${title} (${code}). ${text}`),
    ),
    [
      `## ${t('Layers by rank')}`,
      '',
      `| | ${t('Layer')} | ${t('Operator')} | ${t('Shape')} | ${t('Weights')} |`,
      '| --- | --- | --- | --- | --- |',
      ...byRank(layers, state.target.granularity).map(
        (row) =>
          `| ${[glyphs[row.mark], row.name, row.operator, row.shape, describeRow(row)].map(markdownText).join(' | ')} |`,
      ),
    ],
    listed(t('Why not'), ledger.filter(({ outcome }) => outcome === 'refused').map(refusalLine)),
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
    `## ${t('Recorded in the file, not measured now')}`,
    '',
    markdownText(words),
    '',
    ...items(changes.map(({ label }) => label)),
  ],
  ...(repair ? [[t('It was said of the repair: “{0}”', markdownText(repair.summary))]] : []),
  ...(proofWords === undefined
    ? []
    : [
        [
          t('It was said of the proofs: “{0}”', markdownText(proofWords)),
          '',
          ...items(proofs.map(proofLine)),
        ],
      ]),
];

function proofLine({ step, ...proof }: ProofState): string {
  const { unavailable, exercised, tolerance, samples, source, note } = proof;
  if (unavailable !== undefined) return t('{0}: not proved, {1}', step, unavailable);
  if (!exercised) return t('{0}: not exercised by the probes', step);
  const by = proof.maxRel.toExponential(1);
  const move =
    tolerance === undefined
      ? t('{0}: outputs move by {1} of their largest value', step, by)
      : t(
          '{0}: outputs move by {1} of their largest value (allowed {2})',
          step,
          by,
          tolerance.toExponential(0),
        );
  const on = note === undefined ? probeText(samples) : sampleText(samples);
  return `${move}, ${on}, ${source}${note === undefined ? '' : `. ${note}`}`;
}

const probeText = (count: number): string =>
  count === 1 ? t('1 probe') : t('{0} probes', grouped(count));

const sampleText = (count: number): string =>
  count === 1 ? t('1 sample') : t('{0} samples', grouped(count));

/** `1,234`. */
const grouped = (count: number): string => count.toLocaleString('en');

/** `147.6 kB`, as the page and the HTML report write it. */
export function bytesText(sizeBytes: number): string {
  if (sizeBytes >= 1e9) return `${(sizeBytes / 1e9).toFixed(2)} GB`;
  if (sizeBytes >= 1e6) return `${(sizeBytes / 1e6).toFixed(2)} MB`;
  if (sizeBytes >= 1e3) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return `${sizeBytes} B`;
}

const refusalLine = ({ step, place, why, unblock }: LedgerRow): string =>
  `${step}, ${place}: ${why}${unblock === '' ? '' : ` ${t('To unblock: {0}', unblock)}`}`;
