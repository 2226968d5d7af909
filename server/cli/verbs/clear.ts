import type { ClearApplied } from '../../core/passes/clearDeadChannels.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Answer } from '../envelope.ts';
import { counted } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { skipText } from './skips.ts';
import { runAndSave } from './steps.ts';

/** `rangefinder clear`: dead and constant channels cleared. */
export function clear(place: Workplace): Promise<Answer> {
  return runAndSave(place, [clearWish(place)], ([outcome]) => {
    const applied = (outcome?.applied ?? []) as readonly ClearApplied[];
    const channels = applied.reduce((sum, one) => sum + one.channels.length, 0);
    return {
      fields: {
        applied: applied.map(({ maker, reader, channels: which, constant }) => ({
          layer: reader,
          maker,
          channels: which,
          constant,
        })),
      },
      text: [
        channels === 0
          ? 'No dead or constant channels.'
          : `${counted(channels, 'dead or constant channel')} cleared in ${counted(applied.length, 'place')}.`,
        ...skipText(place, outcome),
      ],
    };
  });
}

export const clearWish = (place: Workplace): Wish => ({
  step: 'clear',
  options: { layers: place.settings.list('layers'), ignore: place.settings.list('ignore') },
});
