import type { EvaluationState } from '../protocol/data.ts';
import type { ProofState } from '../protocol/model.ts';
import { countText, nounText } from '../core/reports/words.ts';
import { activityWords } from '../protocol/activity.ts';
import { count, db, size } from './figures.ts';
import { html, nameOf, type Markup } from './markup.ts';
import type { ReportInput } from './reportInput.ts';
import { chanceText, scoreTable } from './scoreTable.ts';

/** What the samples say of the outputs: a row a state, with intervals and the paired test. */
export function evaluationSection({ evaluation }: ReportInput): Markup | undefined {
  if (!evaluation) return undefined;
  const { rows, samples, source, isSynthetic, targetLabel, paired, pairedFloat, notes, isStale } =
    evaluation;
  return html`<h2 id="evaluation">On samples</h2>
    <p>
      ${nounText(samples, 'sample')} from ${source}, at
      ${targetLabel}.${isSynthetic ? html` <strong>Synthetic inputs: accuracy on real data may differ.</strong>` : undefined}
    </p>
    ${isStale ? html`<p class="note">The model, the target or the samples have changed since: these numbers are of before.</p>` : undefined}
    ${scoreTable(rows)}
    ${paired && rows.some(({ state }) => state === 'opened') ? html`<p>${pairedText(paired)}</p>` : undefined}${pairedFloat ? html`<p>${floatText(pairedFloat, samples)}</p>` : undefined}${hasLogits(evaluation) ? html`<p class="dim">Steps and remedies are judged by the logits: what the last Softmax or Sigmoid reads.</p>` : undefined}${notes.map((note) => html`<p>${note}</p>`)}${worstText(evaluation)}`;
}

/** Whether there is something before a last Softmax or Sigmoid. */
export const hasLogits = (evaluation: EvaluationState | undefined): boolean =>
  evaluation?.rows.some(({ logitsSqnrDb }) => logitsSqnrDb !== undefined) ?? false;

function pairedText({ onlyNow, onlyOpened, p }: NonNullable<EvaluationState['paired']>): string {
  return `On the same samples: ${count(onlyNow)} right only now, ${count(onlyOpened)} right only before (exact test of McNemar: ${chanceText(p)}).`;
}

function floatText(
  { onlyNow, onlyFloat, p }: NonNullable<EvaluationState['pairedFloat']>,
  samples: number,
): string {
  const better = onlyFloat > onlyNow ? 'better' : 'worse';
  const verdict =
    p > 0.05
      ? `: ${nounText(samples, 'sample')} cannot tell the two apart`
      : `: float is ${better}, and not by chance`;
  return `Against float: ${count(onlyFloat)} lost, ${count(onlyNow)} won (${chanceText(p)})${verdict}.`;
}

function worstText({ worstSamples }: EvaluationState): Markup | undefined {
  if (worstSamples.length === 0) return undefined;
  const listed = worstSamples.map(({ index, sqnrDb }) => `${index} (${db(sqnrDb)} dB)`).join(', ');
  return html`<p class="dim">Samples with the largest error: ${listed}.</p>`;
}

type Repair = NonNullable<ReportInput['repair']>;

/** What the figures of a repair are of. */
export const repairTitle = ({ of }: Repair): string =>
  of === undefined
    ? 'SQNR'
    : { logits: 'Logits SQNR', outputs: 'Output SQNR', weights: 'Lowest weight SQNR' }[of];

/** What became of a step. */
export function repairVerdict({ isKept, refused, isIdle }: Repair['rows'][number]): string {
  if (isKept) return '✓ kept';
  if (refused !== undefined) return `× ${count(refused)} refused`;
  return isIdle ? '– nothing to do' : '× rolled back';
}

/** What was done, what each step was judged by, and what became of what float computes. */
export function proofSection(input: ReportInput): Markup | undefined {
  const { changes, repair, proofs, proofWords, correction, isPreview } = input;
  const parts = [
    changes.length > 0
      ? html`<h3>${isPreview ? 'Would be done' : 'Done, in this order'}</h3>
          <ol>
            ${changes.map(({ label, note }) => html`<li>${label}${note === '' ? undefined : html` <span class="dim">${note}</span>`}</li>`)}
          </ol>`
      : undefined,
    repair
      ? html`<h3 id="repair">Repair report</h3>
          ${repairTable(repair)}`
      : undefined,
    correction
      ? html`<h3>Corrected biases</h3>
          <p>${correction.words}</p>
          <p class="dim">
            Made for ${correction.grid},
            ${nounText(correction.layers, 'layer')}.${correction.differs === undefined ? '' : ` They were ${correction.differs}.`}
          </p>`
      : undefined,
    proofs.length > 0
      ? html`<h3 id="proof">${proofWords ?? 'Proof of each step'}</h3>
          ${proofTable(proofs)}`
      : undefined,
  ];
  if (parts.every((part) => part === undefined)) return undefined;
  return html`<h2 id="done">What was done, and proof</h2>
    ${parts}`;
}

/** What a repair came to, and what it tried and kept. */
export const repairTable = (repair: Repair): Markup =>
  html`<p>${repair.summary}</p>
    ${repair.note === undefined ? undefined : html`<p>${repair.note}</p>`}
    <div class="wide" role="region" aria-label="Steps of the repair" tabindex="0">
      <table class="repair">
        <thead>
          <tr>
            <th>Step</th>
            <th>Verdict</th>
            <th class="n">${repairTitle(repair)} before, dB</th>
            <th class="n">after, dB</th>
            <th class="n">Float moves by</th>
            <th class="whole">What happened</th>
          </tr>
        </thead>
        <tbody>
          ${repair.rows.map(
            (row) =>
              html`<tr>
                <td>${row.title}</td>
                <td>${repairVerdict(row)}</td>
                <td class="n">${db(row.beforeDb)}</td>
                <td class="n">
                  ${db(row.afterDb)}${row.isWithCorrection ? html`<br /><small class="dim">with Correct</small>` : undefined}
                </td>
                <td class="n">${size(row.movedBy)}</td>
                <td class="whole">${row.text}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;

/** What each step did to what float computes. */
export const proofTable = (proofs: readonly ProofState[]): Markup =>
  html`<div class="wide" role="region" aria-label="Proof of each step" tabindex="0">
    <table class="proofs">
      <thead>
        <tr>
          <th>Step</th>
          <th>Verdict</th>
          <th class="n">Outputs move by</th>
          <th class="n">of the largest</th>
          <th class="n">Allowed</th>
          <th class="whole">What was run</th>
        </tr>
      </thead>
      <tbody>
        ${proofs.map(proofRow)}
      </tbody>
    </table>
  </div>`;

function proofRow(proof: ProofState): Markup {
  const { step, maxAbs, maxRel, tolerance, samples, source, unavailable } = proof;
  if (unavailable !== undefined) {
    return html`<tr>
      <td>${step}</td>
      <td>not proved</td>
      <td colspan="4">${unavailable}</td>
    </tr>`;
  }
  const { float32, values, note } = proof;
  const run = [
    `${nounText(samples, note === undefined ? 'probe' : 'sample')}, ${source}.`,
    ...activityWords(proof, countText),
    ...(float32 && 'exact' in float32
      ? [`In float32: ${size(float32.maxRel)} (allowed ${size(float32.tolerance)}).`]
      : []),
    ...(note === undefined ? [] : [note]),
  ].join(' ');
  const worst = [...values].sort((a, b) => b.maxRel - a.maxRel).slice(0, 3);
  return html`<tr>
    <td>${step}</td>
    <td>${verdictOf(proof)}</td>
    <td class="n">${size(maxAbs)}</td>
    <td class="n">${size(maxRel)}</td>
    <td class="n">${size(tolerance)}</td>
    <td class="whole">
      ${run}${worst.map(({ name, maxRel: by }) => html`<br /><small class="dim">${nameOf(name)} ${size(by)}</small>`)}
    </td>
  </tr>`;
}

function verdictOf({ rolledBack, exercised, exact, note }: ProofState): Markup {
  if (rolledBack !== undefined)
    return html`<span class="bad-text">× rolled back: ${rolledBack}</span>`;
  if (!exercised) return html`not exercised by the probes`;
  if (exact) return html`✓ exact`;
  return note === undefined ? html`moved, not exact` : html`moved: made for the grid`;
}
