import { sameDb } from '../core/compare/layerDifference.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import { sqnrDots, sqnrHead } from './charts.ts';
import type { ComparedPair, ComparisonInput, PairChange } from './comparisonInput.ts';
import { count, db } from './figures.ts';
import { html, nameOf, type Markup } from './markup.ts';

/** A page with more rows than these is slow to open and read by nobody. */
const mostRows = 300;

const changeWords: Readonly<Record<PairChange, string>> = {
  same: 'the same',
  biases: 'another bias',
  rescaled: 'channels rescaled',
  weights: 'other weights',
};

const foundBy: Readonly<Record<ComparedPair['match'], string>> = {
  name: '',
  weights: 'found by its weights',
  structure: 'found by shape and order only',
};

/** Columns that there are figures for. */
interface Columns {
  readonly hasFigures: boolean;
  readonly hasGain: boolean;
  readonly hasOutput: boolean;
  readonly hasShares: boolean;
}

/** The layers of both, what differs most first. */
export function comparedRows(input: ComparisonInput): Markup | undefined {
  const { pairs, figure, sides, isUnlike } = input;
  if (pairs.length === 0) return undefined;
  const columns: Columns = {
    hasFigures: figure !== 'apart',
    hasGain: figure !== 'apart' && isUnlike !== true,
    hasOutput: pairs.some(({ output }) => output !== undefined),
    hasShares: pairs.some(({ holds }) => holds !== undefined),
  };
  const what = figure === 'soFar' ? 'So far' : 'Weights';
  const more = pairs.length - mostRows;
  const [first, second] = sides.map(({ head }) => head);
  return html`<h2 id="layers">Layers, what differs most first</h2>
    ${
      more > 0
        ? html`<p class="note">
            The ${count(mostRows)} of ${count(pairs.length)} layers that differ most. All of them
            are in the same report as <code>.csv</code> or <code>.json</code>.
          </p>`
        : undefined
    }
    <p class="dim">${explained(columns, figure)}</p>
    <div class="wide" role="region" aria-label="Layers compared" tabindex="0">
      <table class="layers compared">
        <thead>
          <tr>
            <th>Layer</th>
            ${
              columns.hasFigures
                ? html`<th class="spare">${what}, dB${sqnrHead()}</th>
                    <th class="n">${first}<small>${what}, dB</small></th>
                    <th class="n">${second}<small>${what}, dB</small></th>`
                : undefined
            }
            ${columns.hasGain ? html`<th class="n">Gain, dB</th>` : undefined}
            <th class="n">Apart, dB<small>weights</small></th>
            ${columns.hasOutput ? html`<th class="n">Apart, dB<small>outputs</small></th>` : undefined}
            ${
              columns.hasShares
                ? html`<th class="n">Weights<small>only, dB</small></th>
                    <th class="n">Activations<small>only, dB</small></th>
                    <th>Holds it<br />back</th>`
                : undefined
            }
          </tr>
        </thead>
        <tbody>
          ${mostDifferent(input)
            .slice(0, mostRows)
            .map((pair) => pairRow(pair, columns))}
        </tbody>
      </table>
    </div>`;
}

/** What the columns are. */
function explained(
  { hasFigures, hasOutput, hasShares }: Columns,
  figure: ComparisonInput['figure'],
): string {
  return [
    ...(figure === 'soFar'
      ? ['So far: SQNR of the output with everything before the layer rounded too.']
      : []),
    ...(hasFigures ? ['Dots: the first hollow, the second filled; dashed line: 20 dB.'] : []),
    'Apart: SQNR of what the second has against what the first has; same: nothing is between them but the rounding of float32.',
    ...(hasOutput ? ['Outputs are apart as the files are, without the target.'] : []),
    ...(hasShares
      ? [
          'Weights only, activations only: the second with just these rounded; the lower one holds it back.',
        ]
      : []),
  ].join(' ');
}

function pairRow(pair: ComparedPair, columns: Columns): Markup {
  const { first, second, gain, weights, activations, holds, apart, output } = pair;
  const from = [pair.operator, changeWords[pair.change], foundBy[pair.match]]
    .filter((one) => one !== '')
    .join(' · ');
  return html`<tr>
    <td class="layer">
      ${nameOf(pair.name)}<br /><small class="dim"
        >${from}${pair.otherName === undefined ? undefined : html` · in the second ${nameOf(pair.otherName)}`}</small
      >
    </td>
    ${
      columns.hasFigures
        ? html`<td class="spare">${sqnrDots(number(first), number(second) ?? NaN)}</td>
            <td class="n">${db(first)}</td>
            <td class="n">${db(second)}</td>`
        : undefined
    }
    ${columns.hasGain ? html`<td class="n">${gainText(gain)}</td>` : undefined}
    <td class="n">${apartText(apart)}</td>
    ${columns.hasOutput ? html`<td class="n">${apartText(output)}</td>` : undefined}
    ${
      columns.hasShares
        ? html`<td class="n">${db(weights)}</td>
            <td class="n">${db(activations)}</td>
            <td>${holds ?? '–'}</td>`
        : undefined
    }
  </tr>`;
}

function gainText(gain: number | undefined): Markup | string {
  if (gain === undefined) return '–';
  const text = `${gain > 0 ? '+' : ''}${db(gain)}`;
  return gain < 0 ? html`<span class="bad-text">${text}</span>` : text;
}

function apartText(value: WireNumber | undefined): string {
  return value !== undefined && fromWire(value) > sameDb ? 'same' : db(value);
}

/** The largest gain or loss first; where there is none, what is furthest apart, or lost most. */
export function mostDifferent({ pairs, figure }: ComparisonInput): ComparedPair[] {
  const key = ({ gain, apart, first, second }: ComparedPair): number => {
    if (figure === 'apart') return -number(apart, Infinity);
    if (gain !== undefined) return Math.abs(gain);
    return -Math.min(number(first, Infinity), number(second, Infinity));
  };
  const has = ({ gain }: ComparedPair): number => (gain === undefined ? 1 : 0);
  return pairs
    .map((pair, at) => ({ pair, at, key: key(pair) }))
    .sort(
      (a, b) =>
        has(a.pair) - has(b.pair) ||
        (a.key === b.key ? 0 : b.key - a.key) ||
        number(a.pair.apart, Infinity) - number(b.pair.apart, Infinity) ||
        0 ||
        a.at - b.at,
    )
    .map(({ pair }) => pair);
}

function number(value: WireNumber | undefined): number | undefined;
function number(value: WireNumber | undefined, otherwise: number): number;
function number(value: WireNumber | undefined, otherwise?: number): number | undefined {
  const known = value === undefined ? NaN : fromWire(value);
  return Number.isNaN(known) ? otherwise : known;
}
