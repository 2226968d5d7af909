import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState, Phrase } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { cutInMiddle } from '../../kit/cutNames.ts';
import { glyph } from '../../kit/glyphs.ts';
import { runCommand } from './actions.ts';
import { dataPicker } from './dataPicker.ts';
import { keptInWords, limitsInWords } from './limits.ts';
import type { Page } from './page.ts';
import { factsOf } from './viewModel.ts';

/** Longer names of files are cut: two lines say enough. */
const mostOfName = 140;

/** What the file is, and the two pickers. */
export function fileLine(page: Page, model: ModelState): TemplateResult {
  return html`<header class="file">
    <h1 title=${model.file.name}>${cutInMiddle(model.file.name, mostOfName)}</h1>
    <span class="facts dim"
      >${factsOf(model.file).map((fact, i) => html`${i > 0 ? ' · ' : ''}<span>${fact}</span>`)}</span
    >
    <div class="pickers" ?hidden=${model.kind === 'no-layers'}>
      <span ?hidden=${!usesTarget(page, model)}>
        <span class="dim" id="target-label">Target</span>
        <button
          class="picker"
          id="target"
          aria-labelledby="target-label target"
          aria-describedby=${model.targetFrom ? 'target-from' : nothing}
          aria-haspopup="dialog"
          title="What the hardware can do: bits, granularity, symmetry"
          @click=${() => runCommand(page, 'chooseTarget')}
        >
          ${model.targetLabel}${glyph('open')}
        </button>
        ${model.targetFrom ? targetFrom(model.targetFrom) : nothing}
      </span>
      ${dataPicker(page, model)}
    </div>
  </header>`;
}

/** A quantized model has its grids: a target rounds only a float model that it is compared with. */
const usesTarget = ({ state: { comparison } }: Page, { kind }: ModelState): boolean =>
  kind !== 'quantized' || comparison.sides.some((side) => side.kind === 'other');

/** A target that nobody chose in this window, which may not be the one that is expected. */
const targetFrom = (from: NonNullable<ModelState['targetFrom']>): TemplateResult =>
  from === 'kept'
    ? html`<span
        class="dim small"
        id="target-from"
        title="It was chosen for this model before; the list of targets has the way back."
        >kept from last time</span
      >`
    : html`<span
        class="dim small"
        id="target-from"
        title="Until another is chosen, which is then kept for this model."
        >from rangefinder.json</span
      >`;

/** The verdict under the file name; its links are commands. */
export function verdict(page: Page, model: ModelState): TemplateResult {
  return html`<p class="verdict" role="status">${phrases(page, verdictOf(model))}</p>
    ${
      model.kind === 'quantized'
        ? html`<div class="bar">
            <button class="main" @click=${() => runCommand(page, 'openFloatModel')}>
              Open the float model…
            </button>
            <button class="second" @click=${() => runCommand(page, 'compareWithFile')}>
              Compare with float…
            </button>
          </div>`
        : nothing
    }`;
}

/** What the button under the verdict does need not be said as a link too. */
const verdictOf = (model: ModelState): readonly Phrase[] =>
  model.verdict.filter(({ command }) => command !== 'openFloatModel');

/** A figure with its unit is shorter than this, and stays on one line. */
const mostLetters = 24;

/** `weak`, `worth a look` or `fine`, with the limits for who asks. */
function keptView(db: number, weakDb: number): TemplateResult {
  const word = keptInWords(db, weakDb);
  return html`<b class=${word === 'weak' ? 'bad' : nothing} title=${limitsInWords(weakDb)}
    >${word}</b
  >`;
}

/** Pieces of a sentence as the server has them. */
export const phrases = (page: Page, pieces: readonly Phrase[]): TemplateResult[] =>
  pieces.map(({ text: whole, tone, command, keepsDb }) => {
    const text = page.names().text(whole);
    if (keepsDb !== undefined)
      return html`${text}: ${keptView(fromWire(keepsDb), page.state.weakDb)}`;
    if (command)
      return html`<a href="#" role="button" @click=${follow(() => runCommand(page, command))}
        >${text}</a
      >`;
    if (tone === 'dim') return html`<span class="dim">${text}</span>`;
    if (tone === 'bad') return html`<b class="bad">${text}</b>`;
    if (tone === 'strong')
      return html`<b class=${text.length < mostLetters ? 'figure' : nothing}>${text}</b>`;
    return html`${text}`;
  });

/** A link that does something in the page instead of leading away from it. */
export const follow =
  (run: () => void) =>
  (event: Event): void => {
    event.preventDefault();
    run();
  };
