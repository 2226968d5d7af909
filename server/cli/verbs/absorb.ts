import type { AbsorbApplied } from '../../core/passes/absorbHighBias.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Answer } from '../envelope.ts';
import type { Workplace } from '../workplace.ts';
import { counted } from '../text.ts';
import { foldWish } from './fold.ts';
import { skipText } from './skips.ts';
import { preparedText, runAndSave } from './steps.ts';

/** `rangefinder absorb`: high-bias absorption, after folding unless told not to. */
export function absorb(place: Workplace): Promise<Answer> {
  const wishes = [...(place.settings.has('no-fold') ? [] : [foldWish(place)]), absorbWish(place)];
  return runAndSave(
    place,
    wishes,
    (outcomes) => {
      const outcome = outcomes.find((one) => one.step === 'absorb');
      const applied = (outcome?.applied ?? []) as readonly AbsorbApplied[];
      const channels = applied.reduce((sum, one) => sum + one.channels, 0);
      return {
        fields: {
          applied: applied.map(({ layers, channels: count, of, c, borderEffect, reluBetween }) => ({
            layers,
            channels: count,
            of,
            absorbed: c,
            borderEffect,
            reluBetween,
          })),
        },
        text: [
          ...preparedText(outcomes),
          channels === 0
            ? 'No high biases to absorb.'
            : `High biases of ${counted(channels, 'channel')} absorbed in ${counted(applied.length, 'place')}.`,
          ...skipText(place, outcome),
        ],
      };
    },
    true,
  );
}

/** Absorbing with the options that were given. */
export function absorbWish({ given, settings }: Workplace): Wish {
  const isOwn = given.verb === 'absorb';
  const allowedChange = isOwn ? settings.share('allowed-change') : undefined;
  return {
    step: 'absorb',
    options: {
      pairs: isOwn ? settings.pairs('pairs') : [],
      layers: settings.list('layers'),
      ignore: settings.list('ignore'),
      allowBorderEffect: settings.has('allow-border-effect'),
      ...(allowedChange === undefined ? {} : { allowedChange }),
    },
  };
}
