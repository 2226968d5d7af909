import type { TargetSettings } from '../protocol/target.ts';
import { count } from './figures.ts';
import { sampleSettings } from './indexText.ts';
import { html, Markup } from './markup.ts';
import { originLine, originSettings } from './origin.ts';
import type { ReportInput } from './reportInput.ts';
import { style } from './style.ts';

/** What every page has around what it says. */
interface Page {
  readonly title: string;
  readonly version: string;
  readonly madeBy: string;
  readonly header: Markup;
  readonly body: Markup;
}

/** A whole file of HTML. No script, no link out; light or dark as the reader has it. */
export function pageText({ title, version, madeBy, header, body }: Page): string {
  // The style is ours: escaping would break its quotes.
  const look = new Markup(style);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="generator" content="Rangefinder ${version}" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${look}
        </style>
      </head>
      <body>
        <header>${header}</header>
        ${contents(body)}
        <main>${body}</main>
        <footer>Made by ${madeBy}. Higher is better for every dB.</footer>
      </body>
    </html> `;
  return page.text;
}

/** Which bytes this is of, when it was made and by what. */
export const originPart = ({
  origin,
  version,
}: Pick<ReportInput, 'origin' | 'version'>): Markup | undefined =>
  origin && html`<p class="dim origin">${originLine(origin)} · Rangefinder ${version}</p>`;

/** What there is to read, for who does not read on from the beginning. */
function contents({ text }: Markup): Markup {
  const found = Array.from(text.matchAll(/<h2 id="([a-z-]+)">([^<]+)<\/h2>/g));
  return html`<nav aria-label="Contents">
    ${found.map(([, id = '', title = '']) => html`<a href="#${id}">${new Markup(title)}</a> `)}
  </nav>`;
}

/** So many notes are listed. */
const mostNotes = 100;

/** What was worth saying on the way. */
export function noteSection({ issues }: Pick<ReportInput, 'issues'>): Markup | undefined {
  if (issues.length === 0) return undefined;
  const more = issues.length - mostNotes;
  return html`<h2 id="notes">Notes</h2>
    <ul>
      ${issues.slice(0, mostNotes).map(({ code, message }) => html`<li>${message} <code>${code}</code></li>`)}${more > 0 ? html`<li>and ${count(more)} more</li>` : undefined}
    </ul>`;
}

type Settings = Pick<
  ReportInput,
  'settings' | 'target' | 'data' | 'seed' | 'indices' | 'version' | 'origin'
>;

/** What somebody needs who does it again. */
export function settingSection(input: Settings): Markup {
  const { settings, target, data, seed, indices = {}, version, origin } = input;
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
    ...(origin ? originSettings(origin) : []),
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
