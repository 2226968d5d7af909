import { bytesText, nounText } from '../core/reports/words.ts';
import { markWords } from '../protocol/marks.ts';
import { depthSection } from './depthChart.ts';
import { count, markCell } from './figures.ts';
import { findingSection, ledgerSection } from './findingSection.ts';
import { encodingSection, layerSection } from './layerSection.ts';
import { html, nameOf, type Markup } from './markup.ts';
import { noteSection, originPart, pageText, settingSection } from './pageParts.ts';
import { evaluationSection, proofSection } from './proofSection.ts';
import { recordSection } from './recordSection.ts';
import type { ReportInput } from './reportInput.ts';
import { withShortNames } from './shortInput.ts';

/** One file that says what was wrong, what was done and how it was proved. No script, no link out. */
export function htmlReport(whole: ReportInput): string {
  const { input, note } = withShortNames(whole);
  const { file, verdict, isPreview } = input;
  const body = html`${evaluationSection(input)}${findingSection(input)}${depthSection(input)}${layerSection(input)}${encodingSection(input)}${proofSection(input)}${recordSection(input)}${ledgerSection(input)}${noteSection(input)}${settingSection(input)}`;
  const header = html`<h1>${nameOf(file.name)}</h1>
    <p class="dim">${fileWords(input)}</p>
    ${originPart(input)}
    <p>Target: <strong>${input.targetLabel}</strong></p>
    <p class="verdict">${verdict}</p>
    ${isPreview ? html`<p class="note">Preview: this is the model as it would be. Nothing of it was applied.</p>` : undefined}${summary(input)}${note === '' ? undefined : html`<p class="dim">${note}</p>`}`;
  const title = `${file.name}: quantization report`;
  return pageText({ title, version: input.version, madeBy: input.madeBy, header, body });
}

/** Format, size, and what goes in and comes out. */
export function fileWords({ file }: Pick<ReportInput, 'file'>): string {
  const shapes = `${file.inputs.join(', ')} → ${file.outputs.join(', ')}`;
  return [
    file.label,
    bytesText(file.sizeBytes),
    nounText(file.nodeCount, 'node'),
    nounText(file.parameterCount, 'weight'),
    shapes,
  ].join(' · ');
}

function summary({ layers, kind }: ReportInput): Markup | undefined {
  if (kind !== 'float') return undefined;
  const of = (mark: 'hurts' | 'watch' | 'fine'): Markup =>
    html`${markCell(mark)} ${count(layers.filter((row) => row.mark === mark).length)}
    ${markWords[mark]}`;
  return html`<p>
    ${nounText(layers.length, 'layer')}: ${of('hurts')}, ${of('watch')}, ${of('fine')}.
  </p>`;
}
