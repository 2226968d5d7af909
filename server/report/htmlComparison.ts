import { nounText } from '../core/reports/words.ts';
import { comparedDepth } from './comparisonChart.ts';
import type { ComparisonInput, PairChange } from './comparisonInput.ts';
import { comparedRows } from './comparisonRows.ts';
import { countsOf } from './comparisonVerdict.ts';
import { count } from './figures.ts';
import { fileWords } from './htmlReport.ts';
import { html, nameOf, type Markup } from './markup.ts';
import { noteSection, originPart, pageText, settingSection } from './pageParts.ts';
import { chanceText, scoreTable } from './scoreTable.ts';
import { withShortPairs } from './shortInput.ts';

/** Layers of one side alone that are listed one by one. */
const mostAlone = 200;

/** One file that says how two models differ, and what that does to them. No script, no link out. */
export function htmlComparison(whole: ComparisonInput): string {
  const { input, notes } = withShortPairs(whole);
  const { sides, madeBy, version } = input;
  const [first, second] = sides.map(({ title }) => title);
  const body = html`${scoreSection(input)}${matchSection(input)}${comparedDepth(input)}${comparedRows(input)}${aloneSection(input)}${noteSection(input)}${settingSection(input)}`;
  const header = html`<h1>
      ${nameOf(second ?? '')} <span class="dim">against</span> ${nameOf(first ?? '')}
    </h1>
    ${originPart(input)}
    <p>Target: <strong>${input.targetLabel}</strong></p>
    <p class="verdict">${input.verdict}</p>
    ${input.isPreview ? html`<p class="note">Preview: one of the two is the model as it would be. Nothing of it was applied.</p>` : undefined}
    <dl>
      ${sides.map(
        ({ title, file, words }, at) =>
          html`<dt>${at === 0 ? 'First' : 'Second'}</dt>
            <dd>
              ${nameOf(title)}
              <span class="dim">${fileWords({ file })}</span
              >${input.figure === 'soFar' ? html`<br />${words}` : undefined}
            </dd>`,
      )}
    </dl>
    ${notes.map((note) => html`<p class="dim">${note}</p>`)}`;
  const title = `${second ?? ''} against ${first ?? ''}: comparison`;
  return pageText({ title, version, madeBy, header, body });
}

/** The outputs of both on the samples, with intervals and the paired test. */
function scoreSection({ evaluation, targetLabel, sides }: ComparisonInput): Markup | undefined {
  if (!evaluation) return undefined;
  const { rows, samples, source, isSynthetic, paired } = evaluation;
  const [first, second] = sides.map(({ head }) => head);
  return html`<h2 id="evaluation">On samples</h2>
    <p>
      ${nounText(samples, 'sample')} from ${source}, at
      ${targetLabel}.${isSynthetic ? html` <strong>Synthetic inputs: accuracy on real data may differ.</strong>` : undefined}
    </p>
    ${scoreTable(rows)}
    ${paired ? html`<p>On the same samples: ${count(paired.onlySecond)} right only in ${second}, ${count(paired.onlyFirst)} only in ${first} (exact test of McNemar: ${chanceText(paired.p)}).</p>` : undefined}`;
}

/** How the layers were matched, what became of them, and on which grids. */
function matchSection(input: ComparisonInput): Markup {
  const said = [input.words.replace(/\.?$/, '.'), ...changeWords(input), ...input.remarks];
  return html`<h2 id="matching">How they were compared</h2>
    ${said.map((one) => html`<p>${one}</p>`)}`;
}

/** How many are the same, and how the others differ. */
function changeWords({ pairs, unmatched }: ComparisonInput): string[] {
  const { matched, same, changed, onlyFirst, onlySecond } = countsOf({ pairs, unmatched });
  if (matched === 0) return [];
  const of = (change: PairChange): number => pairs.filter((pair) => pair.change === change).length;
  const [biases, rescaled, weights] = [of('biases'), of('rescaled'), of('weights')];
  const how = [
    [biases, 'in the bias alone'],
    [rescaled, 'by factors of channels, as equalizing leaves them'],
    [
      weights,
      biases + rescaled > 0 ? 'otherwise' : matched === 1 ? 'in its weights' : 'in their weights',
    ],
  ] as const;
  const kinds = how.filter(([many]) => many > 0);
  const differ = `${changed === 1 ? 'differs' : 'differ'}${
    kinds.length === 1
      ? ` ${kinds[0]?.[1] ?? ''}`
      : `: ${kinds.map(([many, what]) => `${count(many)} ${what}`).join(', ')}`
  }`;
  const layers = nounText(matched, 'matched layer');
  const all = matched === 1 ? `the ${layers}` : `all ${layers}`;
  const result =
    changed === 0
      ? `${all} ${matched === 1 ? 'is' : 'are'} the same`
      : same === 0
        ? `${all} ${differ}`
        : `${count(same)} of ${layers} ${same === 1 ? 'is' : 'are'} the same, ${count(changed)} ${differ}`;
  const alone =
    onlyFirst + onlySecond === 0
      ? ''
      : ` ${count(onlyFirst)} ${onlyFirst === 1 ? 'is' : 'are'} in the first alone, ${count(onlySecond)} in the second.`;
  return [`With batch norms folded, ${result}.${alone}`];
}

/** Layers that only one of the two has. */
function aloneSection({ unmatched, sides }: ComparisonInput): Markup | undefined {
  const lists = [unmatched.first, unmatched.second];
  if (lists.every((names) => names.length === 0)) return undefined;
  return html`<h2 id="alone">Layers that only one side has</h2>
    ${lists.map((names, at) => {
      if (names.length === 0) return undefined;
      const more = names.length - mostAlone;
      return html`<section class="group">
        <h3>Only in ${nameOf(sides[at]?.title ?? '')} · ${count(names.length)}</h3>
        <ul>
          ${names.slice(0, mostAlone).map((name) => html`<li>${nameOf(name)}</li>`)}${more > 0 ? html`<li>and ${count(more)} more</li>` : undefined}
        </ul>
      </section>`;
    })}`;
}
