import type { FindingRow, LedgerRow, Remedy } from '../protocol/model.ts';
import { gainOf } from '../protocol/gains.ts';
import { fromWire } from '../protocol/wire.ts';
import { change, count, db, markCell, percent } from './figures.ts';
import { areMeasured } from './layerSection.ts';
import { html, nameOf, type Markup } from './markup.ts';
import type { ReportInput } from './reportInput.ts';

/** Names of layers that are listed one by one. */
const mostNames = 12;
/** Places of one reason that are listed one by one. */
const mostPlaces = 60;

/**
 * What hurts, why, and what each remedy was measured to do. Of a model that was changed both what
 * was wrong as it was opened and what is left of it.
 */
export function findingSection({
  findings,
  layers,
  kind,
  opened,
  isPreview,
}: ReportInput): Markup | undefined {
  if (findings.length === 0 && kind !== 'float') return undefined;
  if (!opened) {
    const isMeasured = areMeasured(layers) && findings.some(isEstimated);
    return html`<h2 id="findings">Findings</h2>
      ${
        isMeasured
          ? html`<p class="note">
              What layers keep alone is estimated here. Samples measured it: the
              <a href="#layers">layers</a> below stand by that.
            </p>`
          : undefined
      }
      ${findingParts(findings, layers, 'Nothing to repair at this target.')}`;
  }
  if (textsOf(opened.findings) === textsOf(findings)) {
    return html`<h2 id="findings">
        Findings, as opened and ${isPreview ? 'as it would be' : 'now'}
      </h2>
      ${findingParts(findings, layers, 'Nothing to repair at this target, then as now.')}`;
  }
  return html`<h2 id="findings">What was wrong, as opened</h2>
    ${findingParts(opened.findings, opened.layers, 'Nothing was to repair at this target.')}
    <h2 id="left">${isPreview ? 'Findings that would be left' : 'Findings left now'}</h2>
    ${findingParts(findings, layers, 'None: nothing is left to repair at this target.')}`;
}

const isEstimated = ({ remedies }: FindingRow): boolean =>
  remedies.some((one) => one.of === 'estimate');

const textsOf = (findings: readonly FindingRow[]): string =>
  JSON.stringify(findings.map(({ code, title, text }) => [code, title, text]));

function findingParts(
  findings: readonly FindingRow[],
  layers: readonly { readonly id: number; readonly name: string }[],
  none: string,
): Markup | Markup[] {
  const names = new Map(layers.map(({ id, name }) => [id, name]));
  if (findings.length === 0) return html`<p>${none}</p>`;
  return findings.map((finding) => findingPart(finding, names));
}

function findingPart(finding: FindingRow, names: ReadonlyMap<number, string>): Markup {
  const { code, mark, title, text, layers, remedies } = finding;
  const listed = layers
    .slice(0, mostNames)
    .map((id, at) => html`${at > 0 ? ', ' : ''}${nameOf(names.get(id) ?? String(id))}`);
  const more = layers.length - mostNames;
  return html`<section class="one">
    <h3>${markCell(mark)} ${title} <code>${code}</code></h3>
    <p>${text}</p>
    ${layers.length > 0 ? html`<p class="dim">Layers: ${listed}${more > 0 ? ` and ${count(more)} more` : ''}.</p>` : undefined}
    ${
      remedies.length > 0
        ? html`<div class="wide" role="region" aria-label="Remedies" tabindex="0">
            <table>
              <thead>
                <tr>
                  <th>Remedy</th>
                  <th class="n">SQNR, dB</th>
                  <th class="n">Gain, dB</th>
                  <th class="n">Top-1</th>
                </tr>
              </thead>
              <tbody>
                ${remedies.map(remedyRow)}
              </tbody>
            </table>
          </div>`
        : undefined
    }
  </section>`;
}

function remedyRow({ label, fromDb, toDb, isMeasured, note, of, top1 }: Remedy): Markup {
  const what = of ?? 'weights';
  if (!isMeasured) {
    return html`<tr>
      <td>${label}</td>
      <td class="n dim" colspan="3">${note ?? 'not measured'}</td>
    </tr>`;
  }
  const gain = gainOf(fromWire(fromDb), fromWire(toDb));
  const isHarm = gain < 0;
  const text = gain === 0 ? 'none' : Number.isNaN(gain) ? '–' : `${isHarm ? '' : '+'}${db(gain)}`;
  return html`<tr>
    <td>${label}</td>
    <td class="n">${change(fromDb, toDb)} <span class="dim">${what}</span></td>
    <td class="n">${isHarm ? html`<span class="bad-text">× ${text}</span>` : text}</td>
    <td class="n">${percent(top1)}</td>
  </tr>`;
}

const outcomes = {
  refused: 'Refused',
  available: 'Available',
  'not-needed': 'Not needed',
  done: 'Done',
} as const;

/** Every place that a step looked at, by outcome and reason. */
export function ledgerSection({ ledger }: ReportInput): Markup | undefined {
  if (ledger.length === 0) return undefined;
  const order = Object.keys(outcomes) as LedgerRow['outcome'][];
  const groups = new Map<string, LedgerRow[]>();
  for (const row of ledger) {
    const key = JSON.stringify([row.outcome, row.step, row.why, row.unblock]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const sorted = [...groups.values()].sort(
    ([a], [b]) => order.indexOf(a?.outcome ?? 'done') - order.indexOf(b?.outcome ?? 'done'),
  );
  const totals = order.flatMap((outcome) => {
    const rows = ledger.filter((row) => row.outcome === outcome);
    if (rows.length === 0) return [];
    return [`${outcomes[outcome].toLowerCase()} ${count(rows.length)} (${byStep(rows)})`];
  });
  return html`<h2 id="ledger">Why, and why not</h2>
    <p>Places that the steps looked at: ${totals.join(', ')}.</p>
    ${sorted.map(groupPart)}`;
}

/** `Equalize 2, Absorb 26`: as many as the steps of the panel say. */
function byStep(rows: readonly LedgerRow[]): string {
  const counts = new Map<string, number>();
  for (const { step } of rows) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].map(([step, many]) => `${step} ${count(many)}`).join(', ');
}

function groupPart(rows: readonly LedgerRow[]): Markup {
  const [first] = rows;
  if (!first) return html``;
  const { outcome, step, why, unblock } = first;
  const more = rows.length - mostPlaces;
  // What all places say alike is said once, above them.
  const isShared = rows.length > 1 && rows.every(({ detail }) => detail === first.detail);
  return html`<section class="group" data-outcome="${outcome}">
    <h3>${outcomes[outcome]} · ${step} · ${count(rows.length)}</h3>
    <p>
      ${why}${unblock === '' ? undefined : html` <span class="dim">To unblock: ${unblock}</span>`}
    </p>
    <ul>
      ${rows.slice(0, mostPlaces).map((row) => placeItem(row, isShared))}${more > 0 ? html`<li>and ${count(more)} more</li>` : undefined}
    </ul>
  </section>`;
}

function placeItem({ place, channels, detail }: LedgerRow, isShared: boolean): Markup {
  const words = [
    ...(channels === '' ? [] : [`${channels} ${channels === '1' ? 'channel' : 'channels'}`]),
    ...(detail === undefined || isShared ? [] : [detail]),
  ];
  return html`<li>
    ${nameOf(place)}${words.length === 0 ? undefined : html` <span class="dim">${words.join(' · ')}</span>`}
  </li>`;
}
