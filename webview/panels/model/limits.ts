import type { Mark, ModelState } from '../../../server/protocol/model.ts';
import type { CompareFigure } from '../../../server/protocol/compare.ts';
import { markWords } from '../../../server/protocol/marks.ts';
import { hasSamples } from './dataModel.ts';
import { areEstimated } from './layersModel.ts';

/** What a layer should keep with only it rounded, in dB: the limits that the server marks by. */
export const keptLimitsDb = { hurts: 20, watch: 28 } as const;
/** What a layer may lose by sharing one scale, in dB. */
export const gapLimitsDb = { hurts: 15, watch: 10 } as const;

/** What the marks of the layers go by. */
export type MarkedBy = 'samples' | 'estimates' | 'sharing' | 'weights';

/** By samples where there are some, else by what is estimated, else by the weights on the grid of the target. */
export function markedBy(model: ModelState | undefined): MarkedBy {
  if (hasSamples(model)) return 'samples';
  if (model && areEstimated(model.layers)) return 'estimates';
  return model?.target.granularity === 'tensor' ? 'sharing' : 'weights';
}

/** What each mark says of a layer, and from which limit on. */
export function markInWords(mark: Mark, by: MarkedBy): string {
  const word = markWords[mark];
  if (mark === 'fine') return word;
  const [kept, gap] = [keptLimitsDb[mark], gapLimitsDb[mark]];
  if (by === 'sharing') return `${word}: gap over ${gap} or under ${kept} dB`;
  if (by === 'estimates') return `${word}: under about ${kept} dB alone`;
  return `${word}: under ${kept} dB${by === 'samples' ? ' by itself' : ''}`;
}

/** What a mark says of a layer beside the figure of one side of a comparison. */
export function comparedMarkInWords(mark: Mark, figure: CompareFigure): string {
  if (mark === 'fine') return markWords[mark];
  const of = figure === 'soFar' ? 'so far' : 'of its weights';
  return `${markWords[mark]}: under ${keptLimitsDb[mark]} dB ${of} on the second side`;
}

/**
 * Whether what a layer keeps is fine. `weakDb`: below it the Problems panel names a layer, which the
 * settings can change; 0: none is weak.
 */
export function keptInWords(db: number, weakDb: number): 'weak' | 'worth a look' | 'fine' {
  if (db < weakDb) return 'weak';
  return db < keptLimitsDb.watch ? 'worth a look' : 'fine';
}

/** The limits in force, for who asks what the word means. */
export const limitsInWords = (weakDb: number): string =>
  [
    ...(weakDb > 0 ? [`Under ${weakDb} dB is weak`] : []),
    ...(weakDb < keptLimitsDb.watch ? [`under ${keptLimitsDb.watch} dB is worth a look`] : []),
    'the rest is fine',
  ]
    .join(', ')
    .replace(/^u/, 'U');
