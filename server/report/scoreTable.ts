import type { EvaluationRow } from '../protocol/data.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import { intervalBar } from './charts.ts';
import { db, percent, size } from './figures.ts';
import { html, type Markup } from './markup.ts';

/** A network on the samples, whatever it is the state of. */
type Scored = Omit<EvaluationRow, 'state'> & { readonly state: string };

/** What samples say of several networks: a row each, with the columns that there are figures for. */
export function scoreTable(rows: readonly Scored[]): Markup {
  const has = (of: (row: Scored) => unknown): boolean => rows.some((row) => of(row) !== undefined);
  const [hasTop1, hasTop5] = [has(({ top1 }) => top1), has(({ top5 }) => top5)];
  const hasInterval = has(({ interval }) => interval);
  const hasLogits = has(({ logitsSqnrDb }) => logitsSqnrDb);
  const share = ({ top1, agreement }: Scored): number => top1 ?? agreement ?? 0;
  return html`<div class="wide" role="region" aria-label="States on samples" tabindex="0">
    <table class="evaluation">
      <thead>
        <tr>
          <th>State</th>
          ${hasTop1 ? html`<th class="n">Top-1</th>` : undefined}${hasInterval ? html`<th>95 % interval<small>Wilson, 0 to 100 %</small></th>` : undefined}${hasTop5 ? html`<th class="n">Top-5</th>` : undefined}
          <th class="n">Agrees with float</th>
          ${hasLogits ? html`<th class="n">Logits SQNR, dB</th>` : undefined}
          <th class="n">Output SQNR, dB</th>
          <th class="n">Cosine</th>
          <th class="n">MSE</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr data-state="${row.state}">
              <td class="name">${row.title}</td>
              ${hasTop1 ? html`<td class="n">${percent(row.top1)}</td>` : undefined}${hasInterval ? html`<td>${row.interval ? html`${intervalBar(share(row), row.interval)}<small class="dim">${percent(row.interval[0])} to ${percent(row.interval[1])}</small>` : '–'}</td>` : undefined}${hasTop5 ? html`<td class="n">${percent(row.top5)}</td>` : undefined}
              <td class="n">${percent(row.agreement)}</td>
              ${hasLogits ? html`<td class="n">${sqnr(row, row.logitsSqnrDb)}</td>` : undefined}
              <td class="n">${sqnr(row, row.sqnrDb)}</td>
              <td class="n">${row.cosine === undefined ? '–' : row.cosine.toFixed(4)}</td>
              <td class="n">${row.mse === undefined ? '–' : size(fromWire(row.mse))}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Float is what the others are held against: it loses nothing. */
const sqnr = ({ state }: Scored, figure: WireNumber | undefined): string =>
  state === 'float' && figure === undefined ? 'exact' : db(figure);

/** `p = 0.031`, `p < 0.001`. */
export const chanceText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);
