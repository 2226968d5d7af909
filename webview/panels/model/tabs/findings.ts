import { html, nothing, type TemplateResult } from 'lit';
import type { FindingRow, ModelState, Remedy } from '../../../../server/protocol/model.ts';
import { fromWire } from '../../../../server/protocol/wire.ts';
import { gainDots, type RemedyLook } from '../../../kit/charts/gainDots.ts';
import { px, words } from '../../../kit/charts/pieces.ts';
import { mark } from '../../../kit/glyphs.ts';
import { decibels, percent, plural } from '../../../kit/numbers.ts';
import { tickText, type Scale } from '../../../kit/scales.ts';
import { previewSteps, revealLayer, runCommand } from '../actions.ts';
import {
  bestRemedy,
  checkedInWords,
  headOf,
  isHarmful,
  isIdle,
  isOfOutputs,
  nameHead,
  remedyAxis,
  repeated,
  sortFindings,
} from '../findingsModel.ts';
import { follow } from '../header.ts';
import { judgedFigure } from '../dataModel.ts';
import type { Page } from '../page.ts';
import { issuesView } from '../states.ts';
import { canRepair } from '../viewModel.ts';

/** How many layers a finding names before it counts the rest. */
const namedLayers = 4;

/** What helps: each cause in words, each remedy with the gain it was measured to have. */
export function findingsTab(page: Page): TemplateResult {
  const { model } = page.state;
  if (!model) return html``;
  const findings = sortFindings(model.findings);
  const again = repeated(findings);
  return html`<div class="pane findings">
    ${findings.length === 0 ? nothingFound(page, model) : nothing} ${measureHint(page, model)}
    ${repairHint(model)}
    ${findings.map((finding) => findingView(page, finding, model, again.has(finding)))}
    ${issuesView(model)}
  </div>`;
}

/** Says that only the weights are judged so far, with what measures the rest. */
function measureHint(page: Page, model: ModelState): TemplateResult | typeof nothing {
  const all = model.findings.flatMap(({ remedies }) => remedies);
  if (all.length === 0 || all.some(isOfOutputs)) return nothing;
  if (model.kind !== 'float' || model.measuring) return nothing;
  return html`<p class="hint">
    <span class="dim">What the remedies do to the ${judgedFigure(model)}: Not measured yet.</span>
    <button class="second" @click=${() => runCommand(page, measuringCommand(model))}>
      Measure${model.data ? nothing : '…'}
    </button>
  </p>`;
}

/** Says that Repair, too, is a remedy: what each does alone is listed, not what they do together. */
function repairHint(model: ModelState): TemplateResult | typeof nothing {
  const all = model.findings.flatMap(({ remedies }) => remedies);
  if (!canRepair(model) || !all.some(isOfOutputs)) return nothing;
  return html`<p class="hint">
    <span class="dim"
      >Each remedy is measured as it stands. Repair tries their steps in more ways, also set by set,
      and keeps what helps: it can reach more than is listed here.</span
    >
  </p>`;
}

/** Remedies are tried once every layer was measured by itself; without samples they come first. */
const measuringCommand = (model: ModelState): 'measureSensitivity' | 'chooseSamples' =>
  model.data ? 'measureSensitivity' : 'chooseSamples';

function nothingFound(page: Page, model: ModelState): TemplateResult {
  if (!model.isComplete)
    return html`<div class="empty" role="status">
      <p>Findings come when all layers are measured.</p>
    </div>`;
  return html`<div class="empty">
    <h2 class="strong">Nothing to repair at this target.</h2>
    <p>${checkedInWords(model)}</p>
    ${
      model.evaluation
        ? html`<p class="dim">
            Outputs were measured on ${plural(model.evaluation.samples, 'sample')}.
          </p>`
        : html`<p class="dim">
            Weights only: errors of outputs need samples.
            <a href="#" role="button" @click=${follow(() => runCommand(page, 'chooseSamples'))}
              >Choose samples</a
            >
          </p>`
    }
  </div>`;
}

/** What the mark of a finding says: it is of what happens, and those of layers are of layers. */
const findingMarks = { hurts: 'hurts', watch: 'worth a look', fine: 'costs nothing' } as const;

/** One layout for the remedies of all findings, so that their axes stand under each other. */
interface RemedyLayout {
  readonly x: Scale;
  readonly hasTop1: boolean;
}

const layoutOf = ({ findings }: ModelState): RemedyLayout => ({
  x: remedyAxis(findings, [18, 182]),
  hasTop1: findings.some(({ remedies }) => remedies.some(({ top1 }) => top1 !== undefined)),
});

/** Within a line of text a name of 200 letters would be four lines. */
const cutInMiddle = (name: string): string =>
  name.length > 48 ? `${name.slice(0, 20)}…${name.slice(-27)}` : name;

/** One finding of the model: its cause, where it is, and what helps. */
export function findingView(
  page: Page,
  finding: FindingRow,
  model: ModelState,
  isRepeated = false,
): TemplateResult {
  const nameOf = (layer: number): string => {
    const row = model.layers.find(({ id }) => id === layer);
    return row ? page.names().name(row.name) : `layer ${layer}`;
  };
  const rest = finding.layers.length - namedLayers;
  return html`<section class="finding" aria-label=${finding.title}>
    <div class="mark-box">${mark(finding.mark, findingMarks[finding.mark])}</div>
    <div>
      <h2 class="strong">${page.names().text(finding.title)}</h2>
      <p>${page.names().text(finding.text)}</p>
      <p class="small dim">
        <a
          href="#"
          title="What this finding means"
          @click=${follow(() => page.post({ type: 'openPage', code: finding.code }))}
          >${finding.code}</a
        >${finding.layers.length > 0 ? ' · ' : ''}${finding.layers
          .slice(0, namedLayers)
          .map(
            (id, i) =>
              html`${i > 0 ? ', ' : ''}<a
                  href="#"
                  title=${nameOf(id)}
                  @click=${follow(() => revealLayer(page, id))}
                  >${cutInMiddle(nameOf(id))}</a
                >`,
          )}${
          rest > 0
            ? html` and
                <a href="#" @click=${follow(() => showAll(page, finding))}>${rest}&nbsp;more</a>`
            : nothing
        }
      </p>
    </div>
    ${
      isRepeated
        ? html`<p class="dim">The same remedies as above help, by the same figures.</p>`
        : finding.remedies.length > 0
          ? remediesView(page, finding.remedies, layoutOf(model))
          : html`<div></div>`
    }
  </section>`;
}

/** All layers of a finding, in the layers table. */
const showAll = (page: Page, finding: FindingRow): void =>
  page.keep({ tab: 'layers', filter: finding.code });

function remediesView(
  page: Page,
  remedies: readonly Remedy[],
  { x, hasTop1 }: RemedyLayout,
): TemplateResult {
  const best = bestRemedy(remedies);
  const figure = headOf(remedies);
  return html`<div class="remedies ${hasTop1 ? 'with-top1' : ''}">
    <span class="head">${nameHead(remedies)}</span>
    <span class="head plot">
      <svg width="190" height="14" aria-hidden="true">
        ${x.ticks.map((tick) => words(px(x(tick)), 11, 'tick middle', tick === 0 ? '0 dB' : tickText(tick)))}
      </svg>
    </span>
    <span class="head end" title=${figure.about}>${figure.head}</span>
    ${hasTop1 ? html`<span class="head end top1">Top-1</span>` : nothing}
    <span class="head act"></span>
    ${remedies.map((remedy) => remedyView(page, remedy, x, remedy === best, hasTop1))}
  </div>`;
}

function remedyView(
  page: Page,
  remedy: Remedy,
  x: Scale,
  isBest: boolean,
  hasTop1: boolean,
): TemplateResult {
  const strong = isBest ? 'strong' : '';
  const { fromDb, toDb, isMeasured } = remedy;
  return html`<span class=${strong}>${remedy.label}</span>
    <span class="plot"
      >${isMeasured ? gainDots(fromWire(fromDb), fromWire(toDb), x, remedyLook(remedy, isBest)) : nothing}</span
    >
    <span class="end">
      ${
        isIdle(remedy)
          ? html`<span>${decibels(toDb)} <span class="dim">no gain</span></span>`
          : isMeasured
            ? html`<span
                >${isHarmful(remedy) ? html`<span class="bad harm" aria-hidden="true">× </span>` : nothing}<span
                  class="dim"
                  >${decibels(fromDb)}</span
                ><span class="arrow">→</span><span class=${strong}>${decibels(toDb)}</span></span
              >`
            : html`<span class="dim unmeasured">${remedy.note ?? 'Not measured yet'}</span>`
      }
    </span>
    ${
      hasTop1
        ? html`<span class="end top1"
            >${remedy.top1 === undefined ? '–' : percent(remedy.top1)}</span
          >`
        : nothing
    }
    <span class="end act">${remedyButton(page, remedy)}</span>`;
}

const remedyLook = (remedy: Remedy, isBest: boolean): RemedyLook =>
  isHarmful(remedy) ? 'worse' : isBest ? 'best' : 'plain';

function remedyButton(page: Page, remedy: Remedy): TemplateResult | typeof nothing {
  const { step, target, label } = remedy;
  const steps = remedy.steps ?? (step ? [step] : undefined);
  const { model } = page.state;
  if (!model || isHarmful(remedy) || isIdle(remedy)) return nothing;
  if (target)
    return html`<button
      class="second"
      aria-label="Try: ${label}"
      @click=${() => page.post({ type: 'setTarget', target })}
    >
      Try
    </button>`;
  if (steps)
    return model.preview === undefined
      ? html`<button
          class="second"
          aria-label="Preview: ${label}"
          @click=${() => previewSteps(page, steps)}
        >
          Preview
        </button>`
      : nothing;
  if (remedy.isMeasured) return nothing;
  return html`<button
    class="second"
    aria-label="Measure: ${label}"
    @click=${() => runCommand(page, measuringCommand(model))}
  >
    Measure
  </button>`;
}
