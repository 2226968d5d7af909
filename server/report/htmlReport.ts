import { bytesText } from '../core/reports/words.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { depthSection } from './depthChart.ts';
import { count, markCell } from './figures.ts';
import { findingSection, ledgerSection } from './findingSection.ts';
import { sampleSettings } from './indexText.ts';
import { encodingSection, layerSection } from './layerSection.ts';
import { html, Markup, nameOf } from './markup.ts';
import { evaluationSection, proofSection } from './proofSection.ts';
import type { ReportInput } from './reportInput.ts';
import { withShortNames } from './shortInput.ts';
import { style } from './style.ts';

/** One file that says what was wrong, what was done and how it was proved. No script, no link out. */
export function htmlReport(whole: ReportInput): string {
  const { input, note } = withShortNames(whole);
  const { file, verdict, isPreview } = input;
  // The style is ours: escaping would break its quotes.
  const look = new Markup(style);
  const body = html`${evaluationSection(input)}${findingSection(input)}${depthSection(input)}${layerSection(input)}${encodingSection(input)}${proofSection(input)}${ledgerSection(input)}${noteSection(input)}${settingSection(input)}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="generator" content="Rangefinder ${input.version}" />
        <meta name="color-scheme" content="light dark" />
        <title>${file.name}: quantization report</title>
        <style>
          ${look}
        </style>
      </head>
      <body>
        <header>
          <h1>${nameOf(file.name)}</h1>
          <p class="dim">${fileWords(input)}</p>
          <p>Target: <strong>${input.targetLabel}</strong></p>
          <p class="verdict">${verdict}</p>
          ${isPreview ? html`<p class="note">Preview: this is the model as it would be. Nothing of it was applied.</p>` : undefined}${summary(input)}${note === '' ? undefined : html`<p class="dim">${note}</p>`}
        </header>
        ${contents(body)}
        <main>${body}</main>
        <footer>Made by ${input.madeBy}. Higher is better for every dB.</footer>
      </body>
    </html> `;
  return page.text;
}

/** What there is to read, for who does not read on from the beginning. */
function contents({ text }: Markup): Markup {
  const found = Array.from(text.matchAll(/<h2 id="([a-z-]+)">([^<]+)<\/h2>/g));
  return html`<nav aria-label="Contents">
    ${found.map(([, id = '', title = '']) => html`<a href="#${id}">${new Markup(title)}</a> `)}
  </nav>`;
}

/** What was worth saying on the way, at most so many. */
const mostNotes = 100;

function noteSection({ issues }: ReportInput): Markup | undefined {
  if (issues.length === 0) return undefined;
  const more = issues.length - mostNotes;
  return html`<h2 id="notes">Notes</h2>
    <ul>
      ${issues.slice(0, mostNotes).map(({ code, message }) => html`<li>${message} <code>${code}</code></li>`)}${more > 0 ? html`<li>and ${count(more)} more</li>` : undefined}
    </ul>`;
}

function fileWords({ file }: ReportInput): string {
  const shapes = `${file.inputs.join(', ')} → ${file.outputs.join(', ')}`;
  return [
    file.label,
    bytesText(file.sizeBytes),
    `${count(file.nodeCount)} nodes`,
    `${count(file.parameterCount)} weights`,
    shapes,
  ].join(' · ');
}

function summary({ layers, kind }: ReportInput): Markup | undefined {
  if (kind !== 'float') return undefined;
  const of = (mark: 'hurts' | 'watch' | 'fine'): Markup =>
    html`${markCell(mark)} ${count(layers.filter((row) => row.mark === mark).length)} ${mark}`;
  return html`<p>
    ${count(layers.length)} layers: ${of('hurts')}, ${of('watch')}, ${of('fine')}.
  </p>`;
}

function settingSection(input: ReportInput): Markup {
  const { settings, target, data, seed, indices = {}, version } = input;
  const preparing = data?.preprocessing;
  const samples = data
    ? [
        { name: 'Samples', value: data.label },
        ...(preparing
          ? [
              {
                name: 'Preprocessing',
                value: `${preparing.words}${preparing.isGuess ? ' (a guess)' : ''}`,
              },
            ]
          : []),
        ...data.notes.map((value) => ({ name: 'Note', value })),
      ]
    : [];
  const all = [
    ...targetSettings(target),
    ...samples,
    { name: 'Seed', value: String(seed) },
    ...sampleSettings(indices),
    ...settings,
    { name: 'Rangefinder', value: version },
  ];
  return html`<h2 id="settings">Settings</h2>
    <dl>
      ${all.map(
        ({ name, value }) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
}

function targetSettings(target: TargetSettings): { name: string; value: string }[] {
  const { activationBits, biasBits } = target;
  const activations =
    activationBits === 'float'
      ? 'float'
      : `${activationBits} bits, ${target.activationSymmetry}, ${target.activationRange}`;
  return [
    {
      name: 'Weights',
      value: `${target.weightBits} bits, per ${target.granularity}, ${target.symmetry}, ${target.weightRange}${target.isPowerOfTwo ? ', scales are powers of two' : ''}`,
    },
    { name: 'Activations', value: activations },
    { name: 'Biases', value: biasBits === 'float' ? 'float' : `${biasBits} bits` },
    { name: 'Rounding', value: `${target.rounding}, simulated in ${target.simulation}` },
    { name: 'Placement', value: target.placement },
  ];
}
