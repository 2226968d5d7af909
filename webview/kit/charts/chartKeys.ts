import { svg, type TemplateResult } from 'lit';
import { dot, diamond } from './pieces.ts';

/** What a mark of a chart stands for: drawn in 22 × 12 pixels, and said. */
export interface ChartKey {
  readonly drawing: TemplateResult;
  readonly words: string;
}

/** Of the bars that show the ranges of channels, which may share one grid. */
export const rangeKeys = (hasBefore: boolean, hasGrid: boolean): readonly ChartKey[] => [
  ...(hasGrid ? [gridKey] : []),
  {
    drawing: svg`<path d="M0 6H22" class="now-line" /><rect x="6" y="3" width="10" height="6" class="now" />`,
    words: 'channels',
  },
  ...(hasGrid ? [lostKey] : []),
  ...(hasBefore ? [beforeBar(10)] : []),
];

const gridKey: ChartKey = {
  drawing: svg`<rect x="0.5" y="1" width="21" height="10" class="reach" />`,
  words: 'grid of the tensor',
};
const lostKey: ChartKey = {
  drawing: svg`<path d="M0 6H22" class="lost" />`,
  words: 'below half a step',
};

const beforeBar = (width: number): ChartKey => ({
  drawing: svg`<path d="M0 6H22" class="ghost" /><rect x=${11 - width / 2} y="3.5" width=${width} height="5" class="ghost-box" />`,
  words: 'before',
});

/** Of dots that are hollow as it was and filled as it is; nothing to say where all are filled. */
export const dotKeys = (
  hasBefore: boolean,
  [before, now] = ['before', 'now'],
): readonly ChartKey[] =>
  hasBefore
    ? [
        { drawing: dot(11, 6, 'ghost-dot'), words: before },
        { drawing: dot(11, 6, 'now'), words: now },
      ]
    : [];

/** Of the end of a remedy that harms. */
export const worseKey: ChartKey = {
  drawing: svg`<path d="M7.5 2.5l7 7m0-7l-7 7" class="worse-mark" />`,
  words: 'worse',
};

/** Of the two ways to scale weights. */
export const weightKeys = (hasBefore: boolean): readonly ChartKey[] => [
  { drawing: dot(11, 6, 'now'), words: 'one scale for the tensor' },
  { drawing: diamond(11, 6, 'now'), words: 'one scale a channel' },
  ...(hasBefore
    ? [
        {
          drawing: svg`${dot(5, 6, 'ghost-dot')}${diamond(17, 6, 'ghost-dot')}`,
          words: 'both before',
        },
      ]
    : []),
];

/** Of bars from the least to the greatest value. */
export const spanKeys = (hasBefore: boolean): readonly ChartKey[] =>
  hasBefore
    ? [
        {
          drawing: svg`<rect x="0.5" y="3.5" width="21" height="5" class="ghost-box" />`,
          words: 'before',
        },
        { drawing: svg`<rect x="0.5" y="2.5" width="21" height="7" class="now" />`, words: 'now' },
      ]
    : [];
