import type { FoldApplied } from '../../core/passes/foldBatchNorm.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Answer } from '../envelope.ts';
import type { Workplace } from '../workplace.ts';
import { counted } from '../text.ts';
import { skipText } from './skips.ts';
import { runAndSave } from './steps.ts';

/** `rangefinder fold`: batch-norm folding. */
export function fold(place: Workplace): Promise<Answer> {
  return runAndSave(place, [foldWish(place)], ([outcome]) => {
    const applied = (outcome?.applied ?? []) as readonly FoldApplied[];
    const folded = applied.filter((one) => one.direction !== 'standalone').length;
    const alone = applied.length - folded;
    return {
      fields: {
        applied: applied.map(({ layer, batchNorm, direction }) => ({
          layer,
          batchNorm,
          direction,
        })),
      },
      text: [
        applied.length === 0
          ? 'No batch norm to fold.'
          : `${counted(folded, 'batch norm')} folded${alone > 0 ? `, ${alone} turned into a pure scale and shift` : ''}.`,
        ...skipText(place, outcome),
      ],
    };
  });
}

/** Folding with the options that were given. Before another step, only what to leave alone counts. */
export function foldWish(place: Workplace): Wish {
  const { given, settings } = place;
  const ignore = settings.list('ignore');
  if (given.verb !== 'fold') return { step: 'fold', options: { ignore } };
  const pairs = place.pairs().map(([layer, batchNorm]) => ({ layer, batchNorm }));
  return { step: 'fold', options: { pairs, layers: settings.list('layers'), ignore } };
}
