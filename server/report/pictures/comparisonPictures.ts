import {
  comparedLines,
  depthSpan,
  depthWhats,
  perBinOf,
  type ComparedLine,
} from '../comparisonChart.ts';
import type { ComparisonInput } from '../comparisonInput.ts';
import { mostDifferent } from '../comparisonRows.ts';
import { count } from '../figures.ts';
import { dbOf, dbRows } from './dbRows.ts';
import { depthBody, type DepthLine } from './depthBody.ts';
import { depthNote } from './depthPicture.ts';
import type { Picture } from './frame.ts';
import * as keys from './keys.ts';
import { mostRows } from './layerPictures.ts';
import { ink } from './marks.ts';
import { answersPicture } from './modelPictures.ts';

/** Every chart of a comparison: the answers of both, the error by depth, and a row a layer. */
export const comparisonPictures = (input: ComparisonInput): Picture[] =>
  [answersPicture(input.evaluation), bothByDepth(input), bothByLayer(input)].filter(
    (one) => one !== undefined,
  );

const looks: Readonly<Record<ComparedLine['look'], Pick<DepthLine, 'stroke' | 'dashes' | 'dots'>>> =
  {
    was: { stroke: ink.dim, dashes: '4 3', dots: 'hollow' },
    now: { stroke: ink.now, dots: 'filled' },
    weights: { stroke: ink.dim, dashes: '7 2 1.5 2' },
    activations: { stroke: ink.dim, dashes: '1.5 2.5' },
  };

function bothByDepth(input: ComparisonInput): Picture | undefined {
  const lines = comparedLines(input);
  if (lines.length === 0) return undefined;
  const { pairs, figure } = input;
  const perBin = perBinOf(pairs);
  return {
    name: 'by-depth',
    title: figure === 'apart' ? 'Weights apart by depth' : 'Error by depth',
    notes: [depthNote(depthWhats[figure], perBin, depthSpan(input))],
    legend: [keys.limitLine],
    body: depthBody(
      pairs.map(({ name }) => name),
      lines.map(({ name, values, look }) => ({ name, values, ...looks[look] })),
      perBin,
    ),
  };
}

/** The figures of both in every layer that both have: the first hollow, the second filled. */
function bothByLayer(input: ComparisonInput): Picture | undefined {
  const { pairs, figure, sides } = input;
  if (figure === 'apart' || pairs.length === 0) return undefined;
  const kept = new Set(mostDifferent(input).slice(0, mostRows));
  const rows = pairs
    .filter((pair) => kept.has(pair))
    .map(({ name, first, second }) => ({ name, now: dbOf(second), before: dbOf(first) }));
  if (rows.every(({ now, before }) => Number.isNaN(now) && Number.isNaN(before))) return undefined;
  const left = pairs.length - rows.length;
  const some = `The ${count(mostRows)} of ${count(pairs.length)} layers that differ most; ${count(left)} are left out. `;
  const [first, second] = sides.map(({ head }) => head);
  return {
    name: figure === 'soFar' ? 'so-far-db' : 'weights-db',
    title: figure === 'soFar' ? 'SQNR so far' : 'SQNR of the weights',
    notes: [
      `${depthWhats[figure]}. Higher is better.`,
      `${left > 0 ? some : ''}Layers in the order of the first.`,
    ],
    ...dbRows(rows, {
      hasLimit: true,
      states: [
        { ...keys.before, words: first ?? 'first' },
        { ...keys.now, words: second ?? 'second' },
      ],
    }),
  };
}
