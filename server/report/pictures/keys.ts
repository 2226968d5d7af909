/** What the marks of the charts stand for. */
import { bar, cross, dot, dotAt, ink, line } from './marks.ts';
import type { LegendEntry } from './frame.ts';
import { linear } from './scale.ts';

const middle = 6;
/** Widths of a line, and of a dot. */
const [wide, small] = [22, 10];

const dotted = (sample: LegendEntry['sample'][number], words: string): LegendEntry => ({
  sample: [sample],
  width: small,
  words,
});
const lined = (sample: LegendEntry['sample'], words: string): LegendEntry => ({
  sample,
  width: wide,
  words,
});

const filled = dot(5, middle, ink.now);
const hollow = dot(5, middle, ink.dim, true);
export const now = dotted(filled, 'now');
export const before = dotted(hollow, 'as opened');
export const enough = dotted(filled, '20 dB or more');
export const hurts = dotted(dot(5, middle, ink.bad), 'below 20 dB');
export const limit = dotted(line([5, -1], [5, 13], ink.dim, { dashes: '3 3' }), '20 dB');
export const beyond = dotted(dotAt(2, linear(0, 1, 4), middle, ink.now), 'beyond the axis');
export const worse = dotted(cross(5, middle), 'worse');
export const notKept = dotted(cross(5, middle), 'not kept');
export const asItIs = dotted(hollow, 'without it');
export const remedied = dotted(filled, 'with it');
export const beforeStep = dotted(hollow, 'before the step');
export const afterStep = dotted(filled, 'after it');

export const allChannels = lined(
  [line([0, middle], [wide, middle], ink.now, { width: 1.5 })],
  'all channels',
);
export const middleHalf = lined([bar(3, middle - 3, 16, 6, ink.now)], 'middle half');
export const median = dotted(line([5, 0], [5, 12], ink.text, { width: 1.5 }), 'median');
export const resolved = lined([bar(0, 0, wide, 12, ink.soft)], 'resolved by one scale a tensor');
export const lost = lined(
  [line([0, middle], [wide, middle], ink.bad, { width: 1.5, dashes: '2 2' })],
  'rounds to 0 by one scale a tensor',
);
export const rangeBefore = lined(
  [line([0, middle], [wide, middle], ink.dim), bar(5, middle - 2, 12, 4, ink.ground, ink.dim)],
  'as opened',
);

const lineSample = (isNow: boolean): LegendEntry['sample'] => {
  const colour = isNow ? ink.now : ink.dim;
  const dashes = isNow ? {} : { dashes: '4 3' };
  return [
    line([0, middle], [wide, middle], colour, { width: 1.5, ...dashes }),
    dot(11, middle, colour, !isNow),
  ];
};
export const nowLine = lined(lineSample(true), 'now');
export const openedLine = lined(lineSample(false), 'as opened');
export const limitLine = lined(
  [line([0, middle], [wide, middle], ink.dim, { dashes: '3 3' })],
  '20 dB',
);
